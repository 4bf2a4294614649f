"""What a person types to link an account, and why a service may not like it."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from dashboard.domain.checks import Blocked
from dashboard.domain.errors import InvalidInputError, PlatformError
from dashboard.platforms import atproto
from dashboard.platforms.answers import Reply
from dashboard.platforms.protocol import LoginField
from dashboard.platforms.servers import host_of, origin_of

KEY = "bluesky"
DEFAULT_SERVICE = "https://bsky.social"
WHERE = "Settings > Privacy and security > App passwords"

FIELDS = (
    LoginField(
        name="service",
        label="Service",
        hint="Leave it as it is, unless the account lives on a server of its own.",
        default=DEFAULT_SERVICE,
        autocomplete="url",
    ),
    LoginField(
        name="handle",
        label="Handle",
        placeholder="bakery.bsky.social",
        autocomplete="username",
    ),
    LoginField(
        name="password",
        label="App password",
        hint="Four groups of four letters. It is used once and not kept.",
        placeholder="xxxx-xxxx-xxxx-xxxx",
        secret=True,
    ),
)

_HANDLE = re.compile(r"[a-z0-9._:%+@-]{1,254}", re.ASCII)
_LONGEST_PASSWORD = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The three fields, each in its one form."""

    service: str
    handle: str
    password: str = field(repr=False)


def read_typed(typed: Mapping[str, str]) -> Typed:
    """Raises InvalidInputError at the field."""
    service = typed.get("service", "").strip() or DEFAULT_SERVICE
    password = typed.get("password", "").strip()
    if not 0 < len(password) <= _LONGEST_PASSWORD:
        raise InvalidInputError("password", "Type the app password.")
    return Typed(
        service=origin_of(service, field="service"),
        handle=_handle(typed.get("handle", "")),
        password=password,
    )


def main_password_typed() -> InvalidInputError:
    """What to say when the session shows that it was opened with the main password."""
    return InvalidInputError(
        "password",
        "This is the main password of the account. Linkkeeper does not use it, and has closed the "
        f"session again. Make an app password in Bluesky under {WHERE}, and type that one.",
    )


def not_signed_in(reply: Reply, service: str) -> Exception:
    """The error that says why no session came."""
    name, host = atproto.error_of(reply), host_of(service)
    if name == "AuthFactorTokenRequired":
        return InvalidInputError(
            "password",
            "Bluesky asks for a code by e-mail. It does so only for the main password: make an "
            f"app password in Bluesky under {WHERE}.",
        )
    if reply.silence():
        return reply.failure(KEY)
    if isinstance(atproto.meaning(reply), Blocked):
        return PlatformError(KEY, "refused", reply.evidence().text)
    if reply.status == HTTPStatus.UNAUTHORIZED and name:
        why = (
            f"This handle and this app password do not fit together at {host}. If the account "
            "lives on a server of its own, type its address under Service."
        )
        return InvalidInputError("password", why)
    if name:
        return PlatformError(KEY, "refused", reply.evidence().text or name)
    return InvalidInputError("service", f"No Bluesky service answers at {host}.")


def plain_handle(typed: str) -> str:
    """What people copy carries invisible marks, an @, or the address of the profile page."""
    seen = "".join(c for c in typed if unicodedata.category(c) not in {"Cf", "Cc"}).strip().lower()
    return seen.removeprefix("https://bsky.app/profile/").removeprefix("@")


def _handle(typed: str) -> str:
    handle = plain_handle(typed)
    if not _HANDLE.fullmatch(handle):
        raise InvalidInputError("handle", "Type the handle, such as bakery.bsky.social.")
    return handle
