"""The errors a flow can end with; `web/errors.py` turns each into a page that says what to do."""

from enum import StrEnum


class LinkkeeperError(Exception):
    """The root; never raised itself."""


class NotFoundError(LinkkeeperError):
    """It does not exist, or the viewer's role has no access to it: the same answer (R14)."""

    def __init__(self, what: str = "page") -> None:
        super().__init__(f"No such {what}")
        self.what = what


class NotAllowedError(LinkkeeperError):
    """The viewer may see it, but his role lacks the right to do this."""

    def __init__(self, why: str = "Your role does not allow this.") -> None:
        super().__init__(why)
        self.why = why


class InvalidInputError(LinkkeeperError):
    """What was typed cannot be taken; shown at its field, nothing typed is lost."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


class ConflictError(LinkkeeperError):
    """Somebody else changed the same thing first (R68), or the act is refused in this state."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class PlatformError(LinkkeeperError):
    """The platform did not do what a person just asked for; nothing was changed here.

    `kind` is a short key that pages turn into words: "silent", "refused", "odd_answer",
    "app_problem", "bad_credentials", "denied", "not_allowed" (too little was ticked),
    "refresh_due" (renew the credential, ask again).
    """

    def __init__(self, platform: str, kind: str, why: str) -> None:
        super().__init__(f"{platform}: {why}")
        self.platform = platform
        self.kind = kind
        self.why = why


class CannotDecryptError(LinkkeeperError):
    """Sealed with a key that is not here, or for another place; never overwritten (F19)."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Cannot decrypt: {why}")
        self.why = why


class StorageTrouble(StrEnum):
    """Why the database cannot do its work now."""

    BUSY = "busy"  # others hold it for too long; a repeat helps
    READ_ONLY = "read_only"
    FULL = "full"
    AWAY = "away"


class StorageError(LinkkeeperError):
    """The database cannot do its work now; nothing was changed (R70)."""

    def __init__(self, trouble: StorageTrouble) -> None:
        super().__init__(f"The database is {trouble.value}")
        self.trouble = trouble
