"""A post of a location: a text, a button for the link, a picture that Google fetches.

Source: developers.google.com/my-business/content/posts-data (version 4).
"""

from dashboard.domain.credentials import App, Credential
from dashboard.domain.publishing import NotPublished, Outgoing, PublishOutcome
from dashboard.domain.wire import Ask, Http
from dashboard.platforms import google_answers
from dashboard.platforms.answers import bearer, secrets_of
from dashboard.platforms.google_business.reading import last_part
from dashboard.platforms.posting import CALL, Taken, published, send_publicly
from dashboard.platforms.values import web_address


async def publish(
    http: Http, app: App | None, credential: Credential, url: str, post: Outgoing
) -> PublishOutcome:
    """Post to the list at `url`, in one question."""
    ask = Ask(
        call=CALL,
        method="POST",
        url=url,
        headers=bearer(credential.access),
        json=_local_post(post),
    )
    hide = secrets_of(credential, app)
    done = await send_publicly(http, ask, hide, refused=google_answers.not_published)
    if not isinstance(done, Taken):
        return done
    if done.reply.text("state", 20) == "REJECTED":
        text = "Google has rejected the post: see its content policy."
        evidence = done.reply.evidence(code="REJECTED", text=text)
        return NotPublished(evidence=evidence, about_the_post=True)
    address = web_address((done.reply.body or {}).get("searchUrl"))
    return published(done, last_part(done.reply.text("name", 300)), address)


def _local_post(post: Outgoing) -> dict[str, object]:
    made: dict[str, object] = {"topicType": "STANDARD", "summary": post.text}
    if post.link:
        made["callToAction"] = {"actionType": "LEARN_MORE", "url": post.link}
    if post.picture is not None:
        made["media"] = [{"mediaFormat": "PHOTO", "sourceUrl": post.picture.url}]
    return made
