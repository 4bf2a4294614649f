"""R24: of an uploaded file only the picture is kept, in a form that every platform takes."""

import io
import struct
import zlib

import pytest
from PIL import Image, ImageCms

from dashboard.adapters.pictures import Pictures
from dashboard.domain.errors import InvalidInputError

ORIENTATION, GPS = 0x0112, 0x8825
PHONE = "Ada's phone"


def redrawn(data: bytes) -> Image.Image:
    made = Image.open(io.BytesIO(Pictures().redrawn(data)))
    made.load()
    return made


def saved(picture: Image.Image, form: str = "PNG", **more: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **more)
    return out.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_what_cameras_and_programs_make_becomes_a_jpeg(form: str) -> None:
    made = redrawn(saved(Image.new("RGB", (40, 20), "red"), form))
    assert (made.format, made.mode, made.size) == ("JPEG", "RGB", (40, 20))
    red, green, blue = made.getpixel((20, 10))
    assert red > 240
    assert max(green, blue) < 15


def test_place_and_owner_that_a_camera_noted_are_gone() -> None:
    notes = Image.Exif()
    notes[0x010F] = PHONE
    notes.get_ifd(GPS)[2] = (52.0, 5.0, 0.0)
    taken = saved(Image.new("RGB", (40, 20)), "JPEG", exif=notes, comment=b"at home")
    assert PHONE.encode() in taken
    kept = Pictures().redrawn(taken)
    assert PHONE.encode() not in kept
    assert b"at home" not in kept
    assert not Image.open(io.BytesIO(kept)).getexif()


def test_a_picture_taken_on_its_side_stands_upright() -> None:
    notes = Image.Exif()
    notes[ORIENTATION] = 6
    assert redrawn(saved(Image.new("RGB", (40, 20)), "JPEG", exif=notes)).size == (20, 40)


def test_what_is_transparent_becomes_white() -> None:
    assert min(redrawn(saved(Image.new("RGBA", (9, 9), (0, 0, 0, 0)))).getpixel((4, 4))) > 250


@pytest.mark.parametrize("space", ["sRGB", "LAB"], ids=["its own", "one that does not fit"])
def test_a_colour_profile_is_used_and_left_behind_and_a_wrong_one_spoils_nothing(
    space: str,
) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile(space)).tobytes()
    made = redrawn(saved(Image.new("RGB", (9, 9), (200, 100, 50)), icc_profile=profile))
    assert "icc_profile" not in made.info
    assert made.getpixel((4, 4)) == pytest.approx((200, 100, 50), abs=6)


def test_a_large_photo_is_made_to_fit_every_platform() -> None:
    noise = Image.effect_noise((4_000, 3_000), 90).convert("RGB")
    kept = Pictures().redrawn(saved(noise, "JPEG", quality=95))
    assert len(kept) <= 950_000
    width, height = Image.open(io.BytesIO(kept)).size
    assert max(width, height) <= 2_048
    assert width / height == pytest.approx(4 / 3, abs=0.01)


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


GOOD = saved(Image.new("RGB", (40, 20), "red"), "JPEG")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html><script>alert(1)</script>",
        b"\xff\xd8\xff\xe0 only the beginning of a JPEG",
        GOOD[:-200],
        saved(Image.new("RGB", (9, 9)), "GIF"),
        saved(Image.new("RGB", (9, 9)), "BMP"),
        png_that_claims(50_000, 50_000),
        png_that_claims(9, 9),
        png_that_claims(0, 9),
    ],
    ids=range(11),
)
def test_what_is_no_picture_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Pictures().redrawn(data)
    assert caught.value.field == "picture"


def test_what_hides_behind_a_picture_does_not_get_to_a_platform() -> None:
    assert b"<script>" not in Pictures().redrawn(GOOD + b"<script>alert(1)</script>")
