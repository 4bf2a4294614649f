"""A credential that can be used now, for whoever wants to read or write at a platform."""

import asyncio
from datetime import timedelta
from uuid import UUID

from dashboard.db.apps import app_of_grant
from dashboard.db.credentials import open_credential
from dashboard.db.grants import StoredGrant, load_grants
from dashboard.domain.credentials import App, Credential
from dashboard.domain.errors import CannotDecryptError, PlatformError
from dashboard.platforms.protocol import RefreshesCredentials
from dashboard.services.ports import Tools
from dashboard.services.refreshing import refresh_grant
from dashboard.services.renewals import Denied, Gone, Locked, Renewal, Renewed, Unclear, UnderWay

_OVER_SOON = timedelta(seconds=30)


async def usable_credential(tools: Tools, grant_id: UUID) -> Credential:
    """Open the credential of a grant, renewed first when its access part has run out.

    Raises CannotDecryptError when it is gone or sealed away, PlatformError when it cannot be
    renewed.
    """
    grant, credential = await asyncio.to_thread(_read, tools, grant_id)
    ends = credential.expires_at
    if ends is None or ends > tools.now() + _OVER_SOON or not _can_renew(tools, grant, credential):
        return credential
    return _credential(grant, await refresh_grant(tools, grant_id, generation=grant.generation))


def app_and_credential(tools: Tools, grant_id: UUID) -> tuple[App | None, Credential]:
    """What a question in somebody's name needs; raises as `usable_credential`, NoAnswerError."""
    credential = tools.http.run(usable_credential(tools, grant_id))
    with tools.database.reading() as session:
        return app_of_grant(session, tools.cipher, grant_id), credential


async def renewed_credential(tools: Tools, grant_id: UUID, worn: Credential) -> Credential:
    """A newer credential than `worn`, which the platform would not take any more.

    Raises CannotDecryptError and PlatformError, as `usable_credential` does.
    """
    grant, credential = await asyncio.to_thread(_read, tools, grant_id)
    if credential.access != worn.access:
        return credential
    if not _can_renew(tools, grant, credential):
        raise PlatformError(grant.platform, "refused", "The permission ran out.")
    return _credential(grant, await refresh_grant(tools, grant_id, generation=grant.generation))


def _read(tools: Tools, grant_id: UUID) -> tuple[StoredGrant, Credential]:
    with tools.database.reading() as session:
        grant = load_grants(session, [grant_id]).get(grant_id)
    if grant is None:
        raise CannotDecryptError("no credential is stored")
    return grant, open_credential(tools.cipher, grant_id, grant.sealed)


def _can_renew(tools: Tools, grant: StoredGrant, credential: Credential) -> bool:
    platform: object = tools.platforms.get(grant.platform)
    return bool(credential.refresh) and isinstance(platform, RefreshesCredentials)


def _credential(grant: StoredGrant, renewal: Renewal) -> Credential:
    match renewal:
        case Renewed(credential=credential):
            return credential
        case Denied(evidence=evidence):
            raise PlatformError(grant.platform, "refused", evidence.text)
        case Unclear(evidence=evidence, app_problem=app_problem):
            kind = "app_problem" if app_problem else "silent"
            raise PlatformError(grant.platform, kind, evidence.text)
        case UnderWay():
            raise PlatformError(grant.platform, "silent", "The permission is being renewed.")
        case Locked() | Gone():
            raise CannotDecryptError("no credential can be opened")
