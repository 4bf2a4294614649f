"""The social networks, one file each, behind one small protocol.

To add one: its file, its line in `PLATFORMS`, its recorded answers in `tests/platforms/data/<key>/`
and its icon in `static/img/platforms/<key>.svg`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from dashboard.platforms.bluesky import Bluesky
from dashboard.platforms.facebook import Facebook
from dashboard.platforms.google_business import GoogleBusiness
from dashboard.platforms.instagram import Instagram
from dashboard.platforms.instagram_page import InstagramPage
from dashboard.platforms.linkedin import LinkedIn
from dashboard.platforms.mastodon import Mastodon
from dashboard.platforms.pinterest import Pinterest
from dashboard.platforms.protocol import DatesItsQuestions, Platform, SpeaksThroughSandbox
from dashboard.platforms.reddit import Reddit
from dashboard.platforms.sandbox import Sandbox
from dashboard.platforms.threads import Threads
from dashboard.platforms.tiktok import TikTok
from dashboard.platforms.x import X
from dashboard.platforms.youtube import YouTube

PLATFORMS: tuple[Platform, ...] = (
    Facebook(),
    Instagram(),
    InstagramPage(),
    Threads(),
    LinkedIn(),
    X(),
    YouTube(),
    GoogleBusiness(),
    TikTok(),
    Pinterest(),
    Reddit(),
    Mastodon(),
    Bluesky(),
    Sandbox(),
)
"""All that Linkkeeper speaks, in the order in which people see them."""


def available(
    sandbox_url: str | None,
    *,
    dialects: bool = False,
    clock: Callable[[], datetime] | None = None,
) -> Mapping[str, Platform]:
    """The platforms that this installation offers, by key; the Sandbox only with its address.

    With `dialects` the Sandbox also stands in for all platforms whose addresses are fixed. Without
    a `clock` nothing can be asked that carries a date.
    """
    offered = {platform.about.key: platform for platform in PLATFORMS}
    del offered[Sandbox.about.key]
    for key, platform in offered.items():
        chosen = platform
        if sandbox_url and dialects and isinstance(chosen, SpeaksThroughSandbox):
            chosen = chosen.through(sandbox_url)
        if clock is not None and isinstance(chosen, DatesItsQuestions):
            chosen = chosen.with_clock(clock)
        offered[key] = chosen
    if sandbox_url:
        offered[Sandbox.about.key] = Sandbox(address=sandbox_url)
    return offered
