"""X, formerly Twitter."""

from dashboard.platforms.x.platform import X

__all__ = ["X"]
