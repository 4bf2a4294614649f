"""Mastodon and servers that speak its interface."""

from dashboard.platforms.mastodon.platform import Mastodon

__all__ = ["Mastodon"]
