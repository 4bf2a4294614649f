"""Pictures that people upload: taken apart and drawn anew, so that only the picture is kept (R24).

What a camera wrote beside it (the place, the owner) is gone, and nothing hidden in the file gets
to a platform. Every platform takes what comes out: a JPEG, sRGB, of less than a megabyte.
"""

import io
from threading import BoundedSemaphore

from PIL import Image, ImageCms, ImageOps

from dashboard.domain.errors import InvalidInputError

_FORMS = ("JPEG", "PNG", "WEBP")
_MOST_PIXELS = 50_000_000  # of a good telephone; decoded they take 200 MB
_LONGEST_SIDE = 2_048  # pixels; platforms show no more
_LARGEST = 950_000  # bytes; Bluesky takes a million, the others more
_QUALITIES = (90, 82, 74, 66)
_NOT_READABLE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)  # Pillow's ways
_one_at_a_time = BoundedSemaphore(1)  # so that many at once do not exhaust the memory


def redrawn(data: bytes) -> bytes:
    """Return a JPEG of it; raises InvalidInputError("picture", ...) for what cannot be one."""
    with _one_at_a_time:
        try:
            with Image.open(io.BytesIO(data), formats=_FORMS) as picture:
                _refuse_giant(picture)
                return _small_enough(_plain(picture))
        except _NOT_READABLE as error:
            why = "Choose a picture in the form JPEG, PNG or WebP; this file cannot be read."
            raise InvalidInputError("picture", why) from error


def _refuse_giant(picture: Image.Image) -> None:
    """By what its head says, before anything of it is decoded."""
    if picture.width * picture.height > _MOST_PIXELS:
        raise InvalidInputError("picture", "The picture has more than 50 million pixels.")


def _plain(picture: Image.Image) -> Image.Image:
    """Upright, in sRGB, on white where it is transparent, no larger than platforms show."""
    picture.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
    profile = picture.info.get("icc_profile")
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    if upright.has_transparency_data:
        layer = upright.convert("RGBA")
        upright = Image.new("RGB", layer.size, "white")
        upright.paste(layer, mask=layer)
    return _in_srgb(upright.convert("RGB"), profile)


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """The same colours without the profile; a profile that is broken is ignored, as browsers do."""
    if not profile:
        return picture
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        seen = ImageCms.profileToProfile(
            picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError):
        return picture
    return picture if seen is None else seen


def _small_enough(picture: Image.Image) -> bytes:
    """As good as fits."""
    while True:
        for quality in _QUALITIES:
            out = io.BytesIO()
            clean = Image.new("RGB", picture.size)
            clean.paste(picture)  # carries nothing of what stood beside the picture
            clean.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
            if out.tell() <= _LARGEST:
                return out.getvalue()
        picture = picture.resize((picture.width * 4 // 5, picture.height * 4 // 5))
