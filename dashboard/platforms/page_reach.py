"""What one person's consent at Facebook reaches: which Pages, with which permissions and tasks.

Most Pages are listed with the person; those that are held by a business portfolio only are listed
with the portfolio, to who may see portfolios (github.com/gitroomhq/postiz-app walks both). A
permission may be given for some Pages only: debug_token names them.

Sources: docs = developers.facebook.com/docs, graph-api/reference/{user/accounts,debug_token}.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus

from dashboard.domain.credentials import Subject
from dashboard.platforms import graph
from dashboard.platforms.answers import Reply
from dashboard.platforms.graph import id_of
from dashboard.platforms.values import Body, object_of, text_of

PORTFOLIOS = "business_management"
_PAGE = "100"
_MOST_TURNS = 20
_MOST_PORTFOLIOS = 50
_OWN = "id,name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who gave the permission, and what was allowed."""

    subject: Subject
    granted: frozenset[str]


async def person(caller: graph.Caller) -> Person:
    """Whose consent it is; raises PlatformError, NoAnswerError."""
    fields = "id,name,permissions{permission,status}"
    me = await caller.read("read who gave the permission", "me", fields=fields)
    remote_id = id_of((me.body or {}).get("id"))
    if me.status != HTTPStatus.OK or not remote_id:
        raise graph.failure(caller.about, me)
    subject = Subject(remote_id=remote_id, name=me.text("name", 255) or remote_id)
    return Person(subject=subject, granted=granted_in(me.body or {}))


async def pages(
    caller: graph.Caller, granted: frozenset[str], *, fields: str
) -> AsyncIterator[tuple[Body, bool]]:
    """All Pages, each once; True marks those that only a portfolio lists.

    `fields` may name the person's tasks, which a portfolio does not know. Raises PlatformError,
    NoAnswerError.
    """
    seen: set[str] = set()
    async for page in _every(caller, "list the Pages", "me/accounts", fields):
        seen.add(id_of(page.get("id")))
        yield page, False
    if PORTFOLIOS not in granted:
        return
    known = ",".join(name for name in fields.split(",") if name != "tasks")
    portfolios = [
        id_of(one.get("id"))
        async for one in _every(caller, "list the portfolios", "me/businesses", _OWN)
    ]
    for portfolio in list(filter(None, portfolios))[:_MOST_PORTFOLIOS]:
        for kind in ("owned_pages", "client_pages"):
            path = f"{portfolio}/{kind}"
            async for page in _every(caller, "list the Pages of a portfolio", path, known):
                if id_of(page.get("id")) not in seen:
                    seen.add(id_of(page.get("id")))
                    yield page, True


def granted_in(body: Body) -> frozenset[str]:
    """The permissions that a person has given and not taken back."""
    data = object_of(body.get("permissions")).get("data")
    items = [object_of(item) for item in data] if isinstance(data, list) else []
    return frozenset(
        text_of(item.get("permission"), 100) for item in items if item.get("status") == "granted"
    ) - {""}


def page_in(mine: Reply, page_id: str) -> tuple[Body | None, bool]:
    """One Page of those that are listed with a person, and whether the list is known to be whole.

    Without the permission to list Pages none is listed.
    """
    body = mine.body or {}
    accounts = object_of(body.get("accounts"))
    items = accounts.get("data")
    listed = [object_of(item) for item in items] if isinstance(items, list) else []
    found = next((item for item in listed if id_of(item.get("id")) == page_id), None)
    more = bool(object_of(accounts.get("paging")).get("next"))
    return found, not more and "pages_show_list" in granted_in(body)


async def _every(caller: graph.Caller, call: str, path: str, fields: str) -> AsyncIterator[Body]:
    cursor = ""
    for _ in range(_MOST_TURNS):
        items, cursor = await caller.listed(call, path, cursor=cursor, fields=fields, limit=_PAGE)
        for item in items:
            yield object_of(item)
        if not cursor:
            return
