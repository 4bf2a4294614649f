"""YouTube channels: watched, their videos and the comments below them listed.

YouTube takes no texts or pictures from programs, only videos: publishing is not offered. One
question costs one of the 10,000 units that a registration has per day (docs:
determine_quota_cost), so a limit is never a channel's. Which channel is meant, of a person or of a
brand, is chosen on the consent page itself.

Sources: docs = developers.google.com/youtube/v3.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote, urlencode

from dashboard.domain.calendar import FoundPost
from dashboard.domain.capabilities import Capability, MissingKind
from dashboard.domain.checks import CheckOutcome, Works
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.links import Identity
from dashboard.domain.mentions import FoundMention
from dashboard.domain.quotas import Quota
from dashboard.domain.wire import Http
from dashboard.platforms import google_answers
from dashboard.platforms.answers import Reply
from dashboard.platforms.google_events import Keyring
from dashboard.platforms.google_log_in import AUTH, HOSTS, TESTING, TOLD_AT_ONCE, GooglePlatform
from dashboard.platforms.hosts import Hosts, through_sandbox
from dashboard.platforms.permissions import by_relink, lacking, missing_permissions
from dashboard.platforms.protocol import About, AppGuide, Platform
from dashboard.platforms.values import (
    Body,
    instant_of,
    lines_of,
    object_of,
    text_of,
    web_address,
)

KEY = "youtube"
_READ, _COMMENTS = f"{AUTH}youtube.readonly", f"{AUTH}youtube.force-ssl"
_LABELS = {_READ: "see the channel and its videos", _COMMENTS: "see the comments"}
_ROLE = "a channel, or a role on it"
_CHANNELS = "youtube#channelListResponse"
_POSTS_A_PAGE, _COMMENTS_A_PAGE = "50", "100"


@dataclass(frozen=True, slots=True, kw_only=True)
class YouTube(GooglePlatform):
    """See the module. A remote id is the id of a channel ("UC...")."""

    hosts: Hosts = field(default_factory=lambda: HOSTS)
    keyring: Keyring = field(default_factory=Keyring, compare=False, repr=False)

    scopes = ("openid", "email", _READ, _COMMENTS)
    about = About(
        key=KEY,
        label="YouTube",
        account_word="channel",
        conditions=(
            "You must own or manage the channel. For a brand, choose its channel when Google asks.",
            "Leave all boxes ticked: Google lets you give permissions one by one.",
            "YouTube takes only videos from programs, so posts cannot be published from here.",
        ),
        before_relink=(
            "Log in with a Google account that owns or manages the channel.",
            "Choose the same channel as before, and leave all boxes ticked.",
        ),
        wants={
            Capability.MONITOR_MENTIONS: frozenset({_COMMENTS}),
            Capability.READ_PUBLICATIONS: frozenset({_READ}),
        },
        grant_at="YouTube Studio > Settings > Permissions",
        grant_url="https://studio.youtube.com/",
        history_reach="YouTube lists all videos of a channel, up to about 20,000.",
        quota=Quota(
            word="reads",
            source="developers.google.com/youtube/v3/determine_quota_cost",
            per_day=10_000,
            costs=(
                "Google gives a registration 10,000 units a day.",
                "A check or a page of videos is one.",
                "Nothing has to be paid. Google gives more on request: enter that number then.",
            ),
        ),
    )
    guide = AppGuide(
        console_url="https://console.cloud.google.com/auth/clients",
        steps=(
            "Make a project and, under APIs and services, enable the YouTube Data API v3 in it.",
            "Under Google Auth Platform > Audience choose External; fill in Branding.",
            (
                "Under Data Access add openid, email, .../auth/youtube.readonly and "
                ".../auth/youtube.force-ssl."
            ),
            "Under Clients make a client of the type Web application.",
            "Enter the address below as Authorized redirect URI.",
            "Copy the Client ID and the Client secret to here.",
            "Under Audience choose Publish app.",
            TOLD_AT_ONCE,
        ),
        conditions=(
            TESTING,
            (
                "Use a project of its own, not that of Google Business Profile: with one project, "
                "removing one link of a person ends all links of that person."
            ),
            "A project may ask 10,000 units a day; Google raises that on request.",
        ),
        push_label="Receiver address for Cross-Account Protection",
    )

    def through(self, sandbox_url: str) -> Platform:
        return YouTube(hosts=through_sandbox(self.hosts, KEY, sandbox_url))

    def app(self, client_id: str, client_secret: str, options: Mapping[str, str]) -> App:
        _ = options
        return self.registration(client_id, client_secret)

    async def identities(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, tuple[Identity, ...]]:
        subject = await self.person(http, app, credential)
        reply = await self._mine(http, app, credential, "list the channels", "id,snippet")
        items = _items(reply, _CHANNELS)
        if items is None:
            raise google_answers.failure(self.about, reply)
        return subject, tuple(one for item in items if (one := _channel(item)) is not None)

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        reply = await self._mine(http, app, credential, "read the channel", "id")
        items = _items(reply, _CHANNELS)
        if items is None:
            return await self._found(http, app, credential, reply)
        mine = {text_of(item.get("id"), 100) for item in items}
        missing = by_relink(
            missing_permissions(self.about, credential.scopes, _LABELS, covers=_covers)
        )
        if not mine:
            missing = lacking(self.about, MissingKind.ROLE, "channels.list", _ROLE)
        elif identity.remote_id not in mine:
            return reply.unclear()
        return Works(missing=missing, renew_by=credential.refresh_expires_at)

    async def _found(
        self, http: Http, app: App | None, credential: Credential, reply: Reply
    ) -> CheckOutcome:
        """What an answer means; a dead token is noticed although the day's units are used up."""
        found = self._meaning(reply, credential)
        if not google_answers.day_is_used_up(reply):
            return found
        person = await self.read_person(http, app, credential)
        if person.status != HTTPStatus.UNAUTHORIZED:
            return found
        return self._meaning(person, credential)

    def _meaning(self, reply: Reply, credential: Credential) -> CheckOutcome:
        return google_answers.meaning(
            self.about, reply, credential, permission=_LABELS[_READ], role=_ROLE
        )

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        """The videos of the playlist that holds all uploads of the channel."""
        query = {
            "part": "snippet,contentDetails",
            "playlistId": await self._uploads(http, credential, identity),
            "maxResults": _POSTS_A_PAGE,
        }
        items, following = await self._listed(
            http, None, credential, "list the posts", "playlistItems", query, cursor
        )
        return [post for item in items if (post := _video(item)) is not None], following

    async def mentions(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        *,
        cursor: str,
    ) -> tuple[Sequence[FoundMention], str]:
        query = {
            "part": "snippet",
            "allThreadsRelatedToChannelId": identity.remote_id,
            "maxResults": _COMMENTS_A_PAGE,
            "order": "time",
            "textFormat": "plainText",
        }
        items, following = await self._listed(
            http, app, credential, "list the comments", "commentThreads", query, cursor
        )
        found = [one for item in items if (one := _comment(item)) is not None]
        return [one for one, author in found if author != identity.remote_id], following

    async def _uploads(self, http: Http, credential: Credential, identity: Identity) -> str:
        reply = await self._mine(http, None, credential, "read the channel", "id,contentDetails")
        for item in _items(reply, _CHANNELS) or []:
            lists = object_of(object_of(item.get("contentDetails")).get("relatedPlaylists"))
            uploads = text_of(lists.get("uploads"), 100)
            if item.get("id") == identity.remote_id and uploads:
                return uploads
        raise google_answers.failure(self.about, reply)

    async def _mine(
        self, http: Http, app: App | None, credential: Credential, call: str, part: str
    ) -> Reply:
        query = urlencode({"part": part, "mine": "true", "maxResults": "50"})
        return await google_answers.read(
            http, app, credential, call, self._url(f"channels?{query}")
        )

    async def _listed(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        call: str,
        what: str,
        query: Mapping[str, str],
        cursor: str,
    ) -> tuple[list[Body], str]:
        asked = urlencode({**query, **({"pageToken": cursor} if cursor else {})})
        reply = await google_answers.read(http, app, credential, call, self._url(f"{what}?{asked}"))
        items = _items(reply, f"youtube#{what.removesuffix('s')}ListResponse")
        if items is None:
            raise google_answers.failure(self.about, reply)
        following = reply.text("nextPageToken", 300)
        return items, following if following != cursor else ""

    def _url(self, path: str) -> str:
        return f"{self.hosts['www']}/youtube/v3/{path}"


def _covers(granted: Collection[str], wanted: str) -> bool:
    """Who may manage comments may also read (docs: channels/list)."""
    return wanted in granted or (wanted == _READ and _COMMENTS in granted)


def _items(reply: Reply, kind: str) -> list[Body] | None:
    """What a list holds; None unless it is such a list. YouTube leaves out an empty one."""
    body = reply.body or {}
    items = body.get("items", [])
    if reply.status != HTTPStatus.OK or body.get("kind") != kind or not isinstance(items, list):
        return None
    return [object_of(item) for item in items]


def _channel(item: Body) -> Identity | None:
    remote_id, snippet = text_of(item.get("id"), 100), object_of(item.get("snippet"))
    if not remote_id:
        return None
    picture = object_of(object_of(snippet.get("thumbnails")).get("default"))
    return Identity(
        remote_id=remote_id,
        name=text_of(snippet.get("title")) or remote_id,
        handle=text_of(snippet.get("customUrl"), 100),
        url=f"https://www.youtube.com/channel/{quote(remote_id, safe='')}",
        avatar_url=web_address(picture.get("url")),
    )


def _video(item: Body) -> FoundPost | None:
    snippet, details = object_of(item.get("snippet")), object_of(item.get("contentDetails"))
    remote_id = text_of(details.get("videoId"), 100)
    at = instant_of(details.get("videoPublishedAt")) or instant_of(snippet.get("publishedAt"))
    if not remote_id or at is None:
        return None
    words = f"{text_of(snippet.get('title'), 200)}\n\n{lines_of(snippet.get('description'), 6_000)}"
    return FoundPost(
        remote_id=remote_id,
        text=words.strip(),
        url=f"https://www.youtube.com/watch?v={quote(remote_id, safe='')}",
        published_at=at,
    )


def _comment(item: Body) -> tuple[FoundMention, str] | None:
    """The first comment of a thread, and the channel that wrote it."""
    top = object_of(object_of(item.get("snippet")).get("topLevelComment"))
    snippet, remote_id = object_of(top.get("snippet")), text_of(top.get("id"), 200)
    at = instant_of(snippet.get("publishedAt"))
    if not remote_id or at is None:
        return None
    video = text_of(snippet.get("videoId"), 100)
    address = f"https://www.youtube.com/watch?{urlencode({'v': video, 'lc': remote_id})}"
    found = FoundMention(
        remote_id=remote_id,
        author=text_of(snippet.get("authorDisplayName")),
        text=lines_of(snippet.get("textDisplay"), 10_000),
        url=address if video else "",
        at=at,
    )
    return found, text_of(object_of(snippet.get("authorChannelId")).get("value"), 100)
