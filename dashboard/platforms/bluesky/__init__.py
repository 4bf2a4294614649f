"""Bluesky and other services of the AT Protocol."""

from dashboard.platforms.bluesky.platform import Bluesky

__all__ = ["Bluesky"]
