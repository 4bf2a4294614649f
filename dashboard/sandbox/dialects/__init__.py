"""The dialects of other platforms, each a module with a `SPEAKER`.

To add one: its module and its line in `SPEAKERS`; what it stands on is in `kit`.
"""

from dashboard.sandbox.dialects import (
    bluesky,
    facebook,
    google_business,
    instagram,
    instagram_page,
    linkedin,
    pinterest,
    reddit,
    threads,
    tiktok,
    x,
    youtube,
)
from dashboard.sandbox.dialects.kit import Speaker

SPEAKERS: tuple[Speaker, ...] = (
    facebook.SPEAKER,
    instagram.SPEAKER,
    instagram_page.SPEAKER,
    threads.SPEAKER,
    x.SPEAKER,
    linkedin.SPEAKER,
    youtube.SPEAKER,
    google_business.SPEAKER,
    tiktok.SPEAKER,
    pinterest.SPEAKER,
    reddit.SPEAKER,
    bluesky.SPEAKER,
)
"""All dialects that Sandbox speaks."""
