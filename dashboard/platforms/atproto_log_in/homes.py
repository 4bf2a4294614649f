"""From the name of an account to its identity (DID) and the server that holds it (PDS).

A name counts only if the account's own document claims it, too (atproto.com/specs/handle). Names
are looked up at Bluesky's public interface, which knows both ways in which they are published, and
failing that at the name itself; DIDs of the two blessed kinds are read where these are kept.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from dashboard.domain.wire import Ask, Http, NoAnswerError
from dashboard.platforms.atproto_log_in.places import UnfitServerError, document, place_of, settled
from dashboard.platforms.hosts import Hosts
from dashboard.platforms.values import Body, object_of

PLC = "plc"
NAMES = "names"
"""Names of `Hosts`: the directory of DIDs, and who looks names up."""

_PLC_DID = re.compile(r"did:plc:[a-z2-7]{24}", re.ASCII)
_WEB_DID = re.compile(r"did:web:((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63})", re.ASCII)
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HANDLE = re.compile(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?", re.ASCII)
_LONGEST_HANDLE = 253
_LONGEST_DID = 255
_MOST = 20  # services and names of a document that are looked at
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where an account lives. `handle` is what its document claims, "" for none."""

    did: str
    handle: str
    pds: str


class NobodyError(UnfitServerError):
    """There is no such account."""


def is_did(text: str) -> bool:
    """Whether it is an identity of a kind that the protocol allows."""
    return len(text) <= _LONGEST_DID and bool(_PLC_DID.fullmatch(text) or _WEB_DID.fullmatch(text))


def is_handle(text: str) -> bool:
    """Whether it has the form of a name, in small letters."""
    return len(text) <= _LONGEST_HANDLE and bool(_HANDLE.fullmatch(text))


async def home_of_name(http: Http, hosts: Hosts, name: str) -> Home:
    """Find the account with this handle; raises NobodyError, UnfitServerError, NoAnswerError."""
    home = await home_of(http, hosts, await _did_of(http, hosts, name))
    if home.handle != name:
        raise NobodyError(f"{name} leads to an account that does not bear this name")
    return home


async def home_of(http: Http, hosts: Hosts, did: str) -> Home:
    """Read the document of an identity; raises NobodyError, UnfitServerError, NoAnswerError."""
    web = _WEB_DID.fullmatch(did)
    if not is_did(did):
        raise NobodyError("this is not an identity of a known kind")
    url = f"https://{web[1]}/.well-known/did.json" if web else f"{hosts[PLC]}/{did}"
    reply = await document(http, "read where the account lives", url)
    settled(reply)
    if reply.status in _GONE:
        raise NobodyError("the directory knows no such account")
    if reply.status != HTTPStatus.OK or reply.body is None:
        raise UnfitServerError(f"answer {reply.status} to {reply.call}")
    if reply.body.get("id") != did:
        raise UnfitServerError("the document of the account is about somebody else")
    pds = _pds_in(reply.body, did, hosts)
    if not pds:
        raise UnfitServerError("the document of the account names no server that can be used")
    return Home(did=did, handle=_handle_in(reply.body), pds=pds)


async def _did_of(http: Http, hosts: Hosts, name: str) -> str:
    """What the public interface says, or else the name itself; raises NobodyError."""
    silence: NoAnswerError | None = None
    query = urlencode({"handle": name})
    url = f"{hosts[NAMES]}/xrpc/com.atproto.identity.resolveHandle?{query}"
    try:
        reply = await document(http, "look up the name", url)
        did = (reply.body or {}).get("did")
        if reply.status == HTTPStatus.OK and isinstance(did, str) and is_did(did):
            return did
    except NoAnswerError as error:
        silence = error
    try:
        return await _did_at(http, name)
    except NoAnswerError:
        if silence is not None:
            raise silence from None
        raise NobodyError("nobody knows this name") from None


async def _did_at(http: Http, name: str) -> str:
    """Plain text at a fixed place (atproto.com/specs/handle, "HTTPS well-known method")."""
    url = f"https://{name}/.well-known/atproto-did"
    answer = await http.send(
        Ask(call="ask the name itself", method="GET", url=url, deadline=10.0, max_bytes=2_048)
    )
    told = answer.body.decode("utf-8", "replace").strip()
    if answer.status != HTTPStatus.OK or not is_did(told):
        raise NobodyError("nobody knows this name")
    return told


def _pds_in(told: Body, did: str, hosts: Hosts) -> str:
    services = told.get("service")
    for item in services[:_MOST] if isinstance(services, list) else ():
        service = object_of(item)
        is_pds = service.get("id") in {"#atproto_pds", f"{did}#atproto_pds"}
        if is_pds and service.get("type") == "AtprotoPersonalDataServer":
            return place_of(service.get("serviceEndpoint"), hosts)
    return ""


def _handle_in(told: Body) -> str:
    names = told.get("alsoKnownAs")
    for name in names[:_MOST] if isinstance(names, list) else ():
        if isinstance(name, str) and name.startswith("at://"):
            handle = name.removeprefix("at://").lower()
            return handle if is_handle(handle) else ""
    return ""
