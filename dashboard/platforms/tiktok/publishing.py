"""A picture with words goes to TikTok, which fetches it, works on it, and is asked what became.

TikTok names no post before it has looked it over, which takes a minute or some hours (docs:
content-posting-api-reference-get-video-status); until then its own name of the task is the trace
by which it is asked again. That photo posts are among the videos that it lists is not established.
"""

from dashboard.domain.checks import Evidence
from dashboard.domain.credentials import App, Credential
from dashboard.domain.publishing import (
    NotPublished,
    Outgoing,
    Picture,
    Published,
    PublishOutcome,
    PublishUnclear,
    with_link,
)
from dashboard.domain.wire import Ask, Http
from dashboard.platforms.answers import Reply, bearer, secrets_of
from dashboard.platforms.hosts import Hosts
from dashboard.platforms.posting import CALL, Taken, prepare, send_publicly
from dashboard.platforms.tiktok.findings import (
    BANNED,
    OURS,
    code_of,
    data_of,
    is_fine,
    not_published,
    said_in,
)
from dashboard.platforms.tiktok.reading import url_of
from dashboard.platforms.values import text_of, token_of

_SEEN_BY_OTHERS = ("PUBLIC_TO_EVERYONE", "FOLLOWER_OF_CREATOR")
_LONGEST_TITLE = 90
_NOT_OF_THE_POST = OURS | {BANNED, "auth_removed"}


def creator_ask(hosts: Hosts, credential: Credential) -> Ask:
    """What the account may post; TikTok wants this asked before every post."""
    return Ask(
        call="ask what may be posted",
        method="POST",
        url=url_of(hosts, "post/publish/creator_info/query/"),
        headers=bearer(credential.access),
        json={},
    )


async def publish(
    http: Http, hosts: Hosts, app: App | None, credential: Credential, post: Outgoing
) -> PublishOutcome:
    """Ask what the account may do, have the picture fetched, ask what became of it."""
    hide = secrets_of(credential, app)
    if post.picture is None or not post.picture.url:
        text = "TikTok needs a picture that it can fetch from a public address."
        return NotPublished(evidence=Evidence(call=CALL, text=text), about_the_post=True)
    creator = await prepare(http, creator_ask(hosts, credential), hide)
    if isinstance(creator, NotPublished):
        return creator
    level = _level(creator.reply)
    if not level:
        return _not_allowed(creator.reply)
    ask = Ask(
        call=CALL,
        method="POST",
        url=url_of(hosts, "post/publish/content/init/"),
        headers=bearer(credential.access),
        json=_photo(post, post.picture, level),
    )
    done = await send_publicly(http, ask, hide, refused=not_published)
    if not isinstance(done, Taken):
        return done
    trace = token_of(data_of(done.reply).get("publish_id"))
    if not trace:
        return not_published(done.reply)
    return await fate(http, hosts, app, credential, trace)


async def fate(
    http: Http, hosts: Hosts, app: App | None, credential: Credential, trace: str
) -> PublishOutcome:
    """What became of a post; TikTok misspells the name under which its id stands."""
    ask = Ask(
        call="ask what became of the post",
        method="POST",
        url=url_of(hosts, "post/publish/status/fetch/"),
        headers=bearer(credential.access),
        json={"publish_id": trace},
    )
    told = await prepare(http, ask, secrets_of(credential, app))
    if isinstance(told, NotPublished):
        return PublishUnclear(evidence=told.evidence, trace=trace)
    data = data_of(told.reply)
    status = text_of(data.get("status"), 40)
    if status == "FAILED":
        why = text_of(data.get("fail_reason"), 80)
        evidence = told.reply.evidence(code=why, text="TikTok could not make the post.")
        return NotPublished(evidence=evidence, about_the_post=why not in _NOT_OF_THE_POST)
    if status == "PUBLISH_COMPLETE":
        ids = data.get("publicaly_available_post_id")
        first = ids[0] if isinstance(ids, list) and ids else None
        named = isinstance(first, int | str) and not isinstance(first, bool)
        return Published(remote_id=str(first)[:100] if named else trace[:500])
    text = "TikTok has taken the post and is still working on it."
    return PublishUnclear(evidence=told.reply.evidence(code=status, text=text), trace=trace)


def _level(reply: Reply) -> str:
    """Who will see the post: everybody, or at a private account its followers; "" for nobody."""
    offered = data_of(reply).get("privacy_level_options")
    if not isinstance(offered, list):
        return ""
    return next((level for level in _SEEN_BY_OTHERS if level in offered), "")


def _not_allowed(reply: Reply) -> NotPublished:
    if not is_fine(reply):
        return NotPublished(evidence=reply.evidence(code=code_of(reply), text=said_in(reply)))
    text = "TikTok lets this registration post only what nobody else can see."
    return NotPublished(evidence=reply.evidence(text=text))


def _photo(post: Outgoing, picture: Picture, level: str) -> dict[str, object]:
    first = with_link(post).partition("\n")[0]
    return {
        "media_type": "PHOTO",
        "post_mode": "DIRECT_POST",
        "post_info": {
            "title": (post.title or first)[:_LONGEST_TITLE],
            "description": with_link(post),
            "privacy_level": level,
            "disable_comment": False,
            "auto_add_music": True,
        },
        "source_info": {
            "source": "PULL_FROM_URL",
            "photo_cover_index": 0,
            "photo_images": [picture.url],
        },
    }
