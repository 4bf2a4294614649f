"""What others see: an account's posts, what is said about it, and publishing."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from dashboard.domain.calendar import FoundPost
from dashboard.domain.credentials import App, Credential
from dashboard.domain.links import Identity
from dashboard.domain.mentions import FoundMention
from dashboard.domain.publishing import Outgoing, PostRules, PublishOutcome
from dashboard.domain.wire import Http


@runtime_checkable
class ListsPosts(Protocol):
    """One page of an account's posts, newest first; `cursor` "" starts, "" in the answer ends.

    Raises PlatformError or NoAnswerError: about the link they say nothing, a check does.
    """

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]: ...


@runtime_checkable
class ListsMentions(Protocol):
    """One page of what others say about an account, newest first; cursors as in `ListsPosts`.

    Raises PlatformError or NoAnswerError: about the link they say nothing, a check does.
    """

    async def mentions(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        *,
        cursor: str,
    ) -> tuple[Sequence[FoundMention], str]: ...


@runtime_checkable
class Publishes(Protocol):
    """A text, with a link and a picture where `rules` say so, goes out once.

    `publish` never raises for what a platform says or for its silence: once the question that
    makes the post public has left, no answer is PublishUnclear. It repeats nothing that may have
    made something public. Steps before (uploads) may fail freely: that is NotPublished.
    """

    rules: PostRules

    async def publish(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        post: Outgoing,
    ) -> PublishOutcome: ...


@runtime_checkable
class TellsFate(Protocol):
    """It works on a post for a while, and says later what became of it.

    `trace` is that of an earlier `PublishUnclear`. Nothing is sent again. Never raises for what a
    platform says or for its silence: that leaves the fate as unclear as it was.
    """

    async def fate(
        self, http: Http, app: App | None, credential: Credential, trace: str
    ) -> PublishOutcome: ...
