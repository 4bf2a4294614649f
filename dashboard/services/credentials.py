"""A credential that can be used now, for whoever wants to read or write at a platform."""

from uuid import UUID

from dashboard.db.credentials import open_credential, sealed_credential
from dashboard.domain.credentials import Credential
from dashboard.domain.errors import CannotDecryptError
from dashboard.services.ports import Tools


async def usable_credential(tools: Tools, grant_id: UUID) -> Credential:
    """Open the credential of a grant. Raises CannotDecryptError when it is gone or sealed away."""
    with tools.database.reading() as session:
        sealed = sealed_credential(session, grant_id)
    if not sealed:
        raise CannotDecryptError("no credential is stored")
    return open_credential(tools.cipher, grant_id, sealed)
