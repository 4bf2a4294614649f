"""Reddit."""

from dashboard.platforms.reddit.platform import Reddit

__all__ = ["Reddit"]
