"""Pinterest."""

from dashboard.platforms.pinterest.platform import Pinterest

__all__ = ["Pinterest"]
