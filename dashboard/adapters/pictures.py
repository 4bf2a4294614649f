"""The way to `redrawing`, whose library is loaded only where a picture comes."""


class Pictures:
    """Implements `services.ports.Pictures`."""

    def redrawn(self, data: bytes) -> bytes:
        """Return a JPEG of it; raises InvalidInputError("picture", ...) for what cannot be one."""
        from dashboard.adapters.redrawing import redrawn  # noqa: PLC0415 - 10 MB, rarely needed

        return redrawn(data)
