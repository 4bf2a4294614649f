"""TikTok."""

from dashboard.platforms.tiktok.platform import TikTok

__all__ = ["TikTok"]
