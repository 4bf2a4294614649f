"""What is asked of TikTok about an account, and its videos. Everything read here is hostile."""

from urllib.parse import urlencode

from dashboard.domain.calendar import FoundPost
from dashboard.domain.credentials import App, Credential
from dashboard.domain.links import Identity
from dashboard.domain.wire import Ask, Http
from dashboard.platforms.answers import Reply, bearer, secrets_of, send
from dashboard.platforms.hosts import Hosts
from dashboard.platforms.tiktok.findings import data_of
from dashboard.platforms.values import (
    Body,
    epoch_of,
    is_count,
    lines_of,
    object_of,
    text_of,
    web_address,
)

_PAGE = 20  # the most that TikTok gives
_VIDEO = urlencode({"fields": "id,title,video_description,create_time,share_url"})


def url_of(hosts: Hosts, path: str) -> str:
    return f"{hosts['api']}/v2/{path}"


async def read_user(
    http: Http, hosts: Hosts, app: App | None, credential: Credential, call: str, fields: str
) -> Reply:
    """Ask for the account behind a token; raises NoAnswerError."""
    url = url_of(hosts, f"user/info/?{urlencode({'fields': fields})}")
    ask = Ask(call=call, method="GET", url=url, headers=bearer(credential.access))
    return await send(http, ask, secrets_of(credential, app))


def user_of(reply: Reply) -> Body:
    return object_of(data_of(reply).get("user"))


def open_id_of(user: Body) -> str:
    return text_of(user.get("open_id"), 200)


def identity_of(user: Body) -> Identity | None:
    """The account; None without an id."""
    remote_id, handle = open_id_of(user), text_of(user.get("username"), 100)
    if not remote_id:
        return None
    return Identity(
        remote_id=remote_id,
        name=text_of(user.get("display_name")) or handle or remote_id,
        handle=f"@{handle}" if handle else "",
        url=web_address(user.get("profile_deep_link")),
        avatar_url=web_address(user.get("avatar_url")),
    )


async def list_videos(http: Http, hosts: Hosts, credential: Credential, cursor: str) -> Reply:
    """Public videos, newest first; a cursor is a count of milliseconds. Raises NoAnswerError."""
    more = {"cursor": int(cursor)} if is_count(cursor[:-3]) and is_count(cursor[-3:]) else {}
    ask = Ask(
        call="list the posts",
        method="POST",
        url=url_of(hosts, f"video/list/?{_VIDEO}"),
        headers=bearer(credential.access),
        json={"max_count": _PAGE, **more},
    )
    return await send(http, ask, secrets_of(credential))


def videos_of(reply: Reply, cursor: str) -> tuple[list[FoundPost], str] | None:
    """A page of videos with the cursor of the next one; None for no list."""
    data = data_of(reply)
    items = data.get("videos", [] if "has_more" in data else None)
    if not isinstance(items, list):
        return None
    found = [post for item in items if (post := _video(item)) is not None]
    following = data.get("cursor")
    goes_on = data.get("has_more") is True and type(following) is int and following > 0
    return found, str(following) if goes_on and str(following) != cursor else ""


def _video(item: object) -> FoundPost | None:
    video = object_of(item)
    remote_id, at = text_of(video.get("id"), 100), epoch_of(video.get("create_time"))
    if not remote_id or at is None:
        return None
    words = lines_of(video.get("video_description"), 10_000) or text_of(video.get("title"))
    return FoundPost(
        remote_id=remote_id, text=words, url=web_address(video.get("share_url")), published_at=at
    )
