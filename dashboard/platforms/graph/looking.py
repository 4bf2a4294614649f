"""What debug_token tells about a token: what it may do, for what, and until when.

Sources: developers.facebook.com/docs/graph-api/reference/debug_token and .../documentation/threads/
troubleshooting/debug-access-token. Both document the token in the address, so it stands there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlencode

from dashboard.domain.credentials import App
from dashboard.domain.wire import Ask, NoAnswerError
from dashboard.platforms.answers import bearer, send
from dashboard.platforms.graph.asking import Caller
from dashboard.platforms.graph.reading import id_of
from dashboard.platforms.values import Body, epoch_of, object_of, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What is known of a token; `only` maps a permission to the Pages and accounts it is for."""

    scopes: frozenset[str] = frozenset()
    data_until: datetime | None = None
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def lacks(self, *ids: str) -> frozenset[str]:
        """The permissions that were given, but not for what has one of these ids."""
        return frozenset(name for name, ids_of in self.only.items() if not ids_of & set(ids))


async def look_into(caller: Caller, app: App | None = None) -> Looked | None:
    """Ask about the caller's token in the name of the app, or with the token itself.

    None when nothing was learnt, silence included: nobody fails to log in for want of it.
    """
    token = caller.credential.access
    asking = f"{app.client_id}|{app.client_secret}" if app else token
    ask = Ask(
        call="look into the permission",
        method="GET",
        url=f"{caller.base}/debug_token?{urlencode({'input_token': token})}",
        headers=bearer(asking),
    )
    hide = (*caller.hide, app.client_secret) if app else caller.hide
    try:
        reply = await send(caller.http, ask, hide)
    except NoAnswerError:
        return None
    data = object_of((reply.body or {}).get("data"))
    if reply.status != HTTPStatus.OK or data.get("is_valid") is not True:
        return None
    until = epoch_of(data.get("data_access_expires_at"))
    only = {text_of(one.get("scope"), 100): _targets(one) for one in _objects(data)}
    scopes = data.get("scopes")
    names = map(text_of, scopes) if isinstance(scopes, list) else ()
    return Looked(
        scopes=frozenset(names) - {""},
        data_until=until if until and until.timestamp() > 0 else None,
        only={name: ids for name, ids in only.items() if name and ids},
    )


def _objects(data: Body) -> list[Body]:
    named = data.get("granular_scopes")
    return [object_of(one) for one in named] if isinstance(named, list) else []


def _targets(scope: Body) -> frozenset[str]:
    ids = scope.get("target_ids")
    return frozenset(map(id_of, ids)) - {""} if isinstance(ids, list) else frozenset()
