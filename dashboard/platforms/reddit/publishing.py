"""Posting to a subreddit; what is wrong with a post is said inside a 200.

A subreddit has rules of its own (no links, a flair, who may post at all): Reddit names the broken
one in words, which are passed on. A 403 here is about the subreddit, which is closed to the account
or to everybody; what is wrong with the link itself a check finds.

Sources: github.com/reddit-archive/reddit (errors.py), github.com/praw-dev/praw.
"""

from http import HTTPStatus

from dashboard.domain.credentials import Credential
from dashboard.domain.publishing import (
    NotPublished,
    Outgoing,
    PublishOutcome,
    PublishUnclear,
    with_link,
)
from dashboard.domain.wire import Ask, Http
from dashboard.platforms.answers import Reply, bearer
from dashboard.platforms.posting import CALL, Taken, by_status, published, send_publicly
from dashboard.platforms.reddit.reading import full_name
from dashboard.platforms.values import Body, object_of, text_of, web_address

_LATER = frozenset({"RATELIMIT"})
_ABOUT_THE_LINK = frozenset({"USER_REQUIRED"})
_SHUT = "Reddit does not let the account post in this subreddit."


async def publish(
    http: Http, url: str, credential: Credential, post: Outgoing, hide: tuple[str, ...]
) -> PublishOutcome:
    """Post it; the answer names the post."""
    ask = Ask(
        call=CALL,
        method="POST",
        url=url,
        headers=bearer(credential.access),
        form=_submission(post),
    )
    done = await send_publicly(http, ask, hide, refused=_not_published)
    if not isinstance(done, Taken):
        return done
    said = object_of((done.reply.body or {}).get("json"))
    if refusal := _errors(said):
        code, words = refusal
        later = code in _LATER
        return NotPublished(
            evidence=done.reply.evidence(code=code, text=words),
            about_the_post=not later and code not in _ABOUT_THE_LINK,
            again=later,
        )
    data = object_of(said.get("data"))
    return published(done, full_name(data), web_address(data.get("url")))


def _not_published(reply: Reply) -> NotPublished | PublishUnclear:
    plain = reply.text("message", 40) == "Forbidden" and "www-authenticate" not in reply.headers
    if reply.status == HTTPStatus.FORBIDDEN and plain:
        return NotPublished(evidence=reply.evidence(text=_SHUT), about_the_post=True)
    return by_status(reply)


def _submission(post: Outgoing) -> dict[str, str]:
    """A link alone is a post of its own kind; with words it stands below them."""
    bare = bool(post.link) and post.text.strip() in {"", post.title.strip()}
    content = {"kind": "link", "url": post.link} if bare else {"kind": "self"}
    return {
        "sr": post.target.strip().removeprefix("r/"),
        "title": post.title,
        "api_type": "json",
        **content,
        **({} if bare else {"text": with_link(post)}),
    }


def _errors(said: Body) -> tuple[str, str] | None:
    """The first refusal inside a 200: [code, words, field]."""
    errors = said.get("errors")
    if not isinstance(errors, list) or not errors:
        return None
    first = errors[0] if isinstance(errors[0], list) else []
    words = [text_of(part, 200) for part in first[:2]]
    return (words[0] if words else "") or "refused", words[1] if len(words) > 1 else ""
