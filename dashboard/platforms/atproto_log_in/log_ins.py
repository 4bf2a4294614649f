"""From an account's server to its log-in: two documents, read with distrust (R27, R36).

The server says who runs its log-in; that one must speak for itself under the same name, offer all
that the protocol demands, and keep every address on its own origin. Names of fields: RFC 9728 and
RFC 8414; what must be in them: atproto.com/specs/oauth.
"""

from dataclasses import dataclass
from http import HTTPStatus

from dashboard.domain.wire import Http
from dashboard.platforms.answers import Reply
from dashboard.platforms.atproto_log_in.places import UnfitServerError, document, place_of, settled
from dashboard.platforms.hosts import Hosts
from dashboard.platforms.values import Body, token_of

PUBLIC = "none"
CONFIDENTIAL = "private_key_jwt"
"""How we prove who we are: not at all, or by a signature."""

_LONGEST = 500
_MUST_HAVE = (
    ("response_types_supported", "code"),
    ("grant_types_supported", "authorization_code"),
    ("grant_types_supported", "refresh_token"),
    ("code_challenge_methods_supported", "S256"),
    ("dpop_signing_alg_values_supported", "ES256"),
    ("scopes_supported", "atproto"),
)
_MUST_BE_TRUE = (
    "authorization_response_iss_parameter_supported",
    "require_pushed_authorization_requests",
    "client_id_metadata_document_supported",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIn:
    """The log-in of a server; `revoke` is "" where nothing can be given back."""

    issuer: str
    authorize: str
    token: str
    push: str  # where the request is handed in before the browser goes there (RFC 9126)
    revoke: str


async def log_in_of(http: Http, hosts: Hosts, pds: str, *, method: str) -> LogIn:
    """Find and judge the log-in of a server; `method` is how we shall prove who we are.

    Raises UnfitServerError, NoAnswerError.
    """
    issuer = await issuer_of(http, hosts, pds)
    url = f"{issuer}/.well-known/oauth-authorization-server"
    told = _told(await document(http, "read what the log-in offers", url))
    if told.get("issuer") != issuer:
        raise UnfitServerError("the log-in speaks for another server than the one that was asked")
    missing = [name for name, value in _MUST_HAVE if not _has(told, name, value)]
    missing += [name for name in _MUST_BE_TRUE if told.get(name) is not True]
    if not _has(told, "token_endpoint_auth_methods_supported", method):
        missing.append("token_endpoint_auth_methods_supported")
    if method == CONFIDENTIAL and not _has(
        told, "token_endpoint_auth_signing_alg_values_supported", "ES256"
    ):
        missing.append("token_endpoint_auth_signing_alg_values_supported")
    if missing:
        raise UnfitServerError(f"the log-in lacks {', '.join(missing)}")
    return LogIn(
        issuer=issuer,
        authorize=_address(told, issuer, "authorization_endpoint"),
        token=_address(told, issuer, "token_endpoint"),
        push=_address(told, issuer, "pushed_authorization_request_endpoint"),
        revoke=_address(told, issuer, "revocation_endpoint")
        if told.get("revocation_endpoint") is not None
        else "",
    )


async def issuer_of(http: Http, hosts: Hosts, pds: str) -> str:
    """Who runs the log-in of a server, by the server's own word; raises as `log_in_of`."""
    url = f"{pds}/.well-known/oauth-protected-resource"
    told = _told(await document(http, "ask the server for its log-in", url))
    if place_of(told.get("resource"), hosts) != pds:
        raise UnfitServerError("the server of the account speaks for another server")
    issuers = told.get("authorization_servers")
    if not isinstance(issuers, list) or len(issuers) != 1:
        raise UnfitServerError("the server of the account does not name exactly one log-in")
    issuer = place_of(issuers[0], hosts)
    if not issuer or issuer != issuers[0]:
        raise UnfitServerError("the server of the account names a log-in that cannot be used")
    return issuer


def _told(reply: Reply) -> Body:
    settled(reply)
    if reply.status != HTTPStatus.OK or reply.body is None:
        raise UnfitServerError(f"answer {reply.status} to {reply.call}")
    return reply.body


def _has(told: Body, name: str, value: str) -> bool:
    values = told.get(name)
    return isinstance(values, list) and value in values


def _address(told: Body, issuer: str, name: str) -> str:
    address = token_of(told.get(name))
    if len(address) > _LONGEST or not address.startswith(f"{issuer}/"):
        raise UnfitServerError(f"{name} does not stand on the log-in's own server")
    return address
