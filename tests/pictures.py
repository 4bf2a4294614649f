"""Small pictures for tests."""

import io

from PIL import Image


def drawn(form: str, size: tuple[int, int] = (40, 20)) -> bytes:
    """Red, in the form "JPEG", "PNG" or another that Pillow writes."""
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, form)
    return out.getvalue()
