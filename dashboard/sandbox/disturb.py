"""Around each request: notes it in the journal and puts ordered disturbances into practice."""

import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Response, g, request

from dashboard.sandbox import faults, journal, tokens, verdicts, wire
from dashboard.sandbox.faults import Call, Calls, Fault, FaultKind
from dashboard.sandbox.journal import Entry
from dashboard.sandbox.store import sha256
from dashboard.sandbox.verdicts import Verdict, Wish
from dashboard.sandbox.web import here, is_dialect_call, is_machine_call, is_token_call, now, page

_NOTED = ("/api/", "/oauth/", "/login", "/elsewhere", "/dialects/")
# The only query fields that are written down: none of them can hold a secret.
_HARMLESS = ("limit", "before", "since", "prompt")
_LONGEST_PATH = 300
_LARGEST_PICTURE = 12 * 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Trail:
    """What becomes known about a request while it is served, for the journal."""

    error: str | None = None
    client_id: str | None = None
    person_id: str | None = None
    grant_id: str | None = None
    token: str | None = None
    was_judged: bool = False
    fault: Fault | None = None


def trail() -> Trail:
    """The trail of this request."""
    if "trail" not in g:
        g.trail = Trail()
    found: Trail = g.trail
    return found


def bearer_token() -> str | None:
    """The access token that came with this request, None if none did."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    known = {"bearer", "dpop"} if is_dialect_call() else {"bearer"}
    return token.strip() or None if scheme.lower() in known else None


def judge(token: str, wish: Wish) -> Verdict:
    """The verdict on a token, noted in the trail."""
    left = trail()
    with here().store.reading() as db:
        judged = verdicts.verdict(db, token, wish, now())
    left.was_judged = True
    if judged.grant is not None:
        left.grant_id = judged.grant.id
        left.client_id, left.person_id = judged.grant.client_id, judged.grant.person_id
    return judged


def before() -> Response | None:
    """Note which token came along; answer in place of the platform where a fault says so."""
    trail().token = bearer_token()
    if not is_machine_call():
        return None
    if is_dialect_call():
        request.max_content_length = _LARGEST_PICTURE
    if is_token_call():
        trail().token = request.form.get("refresh_token") or request.form.get("token")
    elif is_dialect_call() and trail().token is None:
        trail().token = request.values.get("access_token")
    fault = _met_fault()
    trail().fault = fault
    return None if fault is None else _instead(fault)


def after(response: Response) -> Response:
    """Write the journal, then spoil the finished answer where a fault says so."""
    if request.path.startswith(_NOTED):
        _note(response.status_code)
    fault = trail().fault
    if fault is None:
        return response
    if fault.order.kind is FaultKind.TRUNCATE:
        whole = response.get_data()
        response.set_data(whole[: len(whole) // 2])
    if fault.order.kind in {FaultKind.DROP_AFTER, FaultKind.HANG}:
        _cut_the_line()
    return response


def _met_fault() -> Fault | None:
    store = here().store
    with store.reading() as db:
        call = Call(calls=_calls(), account_ids=_account_ids())
        if faults.meets(db, call) is None:
            return None
    with store.changing() as db:
        return faults.use_up(db, call)


def _calls() -> Calls:
    if is_token_call():
        return Calls.TOKEN
    return Calls.READ if request.method == "GET" else Calls.WRITE


def _account_ids() -> frozenset[str]:
    """The accounts that a call is about: named in its path, or behind the token it hands in."""
    with here().store.reading() as db:
        named = (request.view_args or {}).get("account_id")
        if named is not None or not (is_token_call() or is_dialect_call()):
            return frozenset(filter(None, [named]))
        grant = tokens.grant_of_token(db, trail().token or "")
        chosen = tokens.accounts_of_code(db, request.form.get("code", ""))
        return frozenset(part.account_id for part in grant.accounts) if grant else chosen


def _instead(fault: Fault) -> Response | None:
    seconds = fault.order.seconds
    match fault.order.kind:
        case FaultKind.SLOW:
            time.sleep(seconds)
        case FaultKind.HANG:
            time.sleep(seconds)
            return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        case FaultKind.ERROR_500 | FaultKind.ERROR_503 | FaultKind.ERROR_429 | FaultKind.REFUSE_APP:
            tell = here().disturbances.get((request.blueprint or "").removeprefix("dialect-"))
            return (tell or wire.disturbance)(fault)
        case FaultKind.HTML:
            return page("interlude.html")
        case FaultKind.REDIRECT:
            return _elsewhere()
        case FaultKind.TRUNCATE | FaultKind.DROP_AFTER:
            pass
    return None


def _elsewhere() -> Response:
    """Point to our own door under another host name: whoever follows is seen in the journal."""
    host = urlsplit(f"//{request.host}")
    other = "127.0.0.1" if host.hostname == "localhost" else "localhost"
    port = f":{host.port}" if host.port else ""
    response = Response(status=HTTPStatus.TEMPORARY_REDIRECT)
    response.headers["Location"] = f"{request.scheme}://{other}{port}/elsewhere"
    return response


def _note(status: int) -> None:
    left = trail()
    query = "&".join(f"{key}={request.args[key]}" for key in _HARMLESS if key in request.args)
    path = request.path + (f"?{query}" if query else "")
    entry = Entry(
        at=now(),
        method=request.method,
        path=path[:_LONGEST_PATH],
        status=status,
        error=left.error,
        client_id=left.client_id,
        person_id=left.person_id,
        grant_id=left.grant_id,
        token_sha256=sha256(left.token) if left.token else None,
        fault=left.fault.order.kind if left.fault else None,
    )
    with here().store.changing() as db:
        journal.write(db, entry)
        if left.token and left.was_judged:
            verdicts.note_first_use(db, left.token, entry.at)


def _cut_the_line() -> None:
    line: socket.socket | None = request.environ.get("werkzeug.socket")
    if line is None:
        raise ConnectionResetError("Cut off; there is no line here that could be cut.")
    with suppress(OSError):  # the other side was faster
        line.shutdown(socket.SHUT_RDWR)
