"""LinkedIn: members, and the pages of organisations that they look after."""

from dashboard.platforms.linkedin.platform import LinkedIn

__all__ = ["LinkedIn"]
