"""What all ways to log in have in common: the browser, the row of a log-in under way, its end."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from dashboard.db.attempts import LIFETIME
from dashboard.db.tables import AttemptRow
from dashboard.domain.accounts import Account
from dashboard.domain.errors import PlatformError
from dashboard.domain.team import Viewer
from dashboard.domain.wire import NoAnswerError
from dashboard.platforms.protocol import About
from dashboard.services.ports import Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """The browser session that starts a log-in is the only one that may end it."""

    session_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Where to go next: to the platform (`url`), or straight on with an attempt that returned."""

    attempt_id: UUID
    url: str = ""


def state_hash(state: str) -> str:
    """The state itself is never stored: whoever reads the database cannot finish a log-in."""
    return hashlib.sha256(state.encode()).hexdigest()


def new_attempt(
    tools: Tools, viewer: Viewer, browser: Browser, key: str, account: Account | None
) -> AttemptRow:
    """A log-in under way, not stored yet; its state is one that nobody knows."""
    now = tools.now()
    return AttemptRow(
        state_hash=state_hash(secrets.token_urlsafe(32)),
        session_hash=browser.session_hash,
        user_id=viewer.user_id,
        platform=key,
        server=account.server if account else "",
        account_id=account.id if account else None,
        redirect_uri="",
        created_at=now,
        expires_at=now + LIFETIME,
    )


def sealed_verifier(tools: Tools, attempt: AttemptRow, verifier: str) -> bytes:
    """What must be remembered until the person comes back, for nobody else."""
    return tools.cipher.seal(
        verifier.encode(), table="attempts", row=str(attempt.id), column="verifier"
    )


def silent(key: str, silence: NoAnswerError) -> PlatformError:
    """The error for a person who waits, when the platform said nothing."""
    return PlatformError(key, "silent", f"no answer ({silence.silence.value})")


def about_of(platform: object) -> About:
    """What is told about a platform; the capability protocols do not repeat it."""
    about: About = getattr(platform, "about")  # noqa: B009
    return about


def harmless(platform: object, typed: Mapping[str, str]) -> dict[str, str]:
    """What was typed, without secrets, so that a form can be shown again as it was."""
    about = about_of(platform)
    fields = [*about.fields, *(about.own_log_in.fields if about.own_log_in else ())]
    return {field.name: typed.get(field.name, "")[:300] for field in fields if not field.secret}
