"""What the errors of aiohttp mean to us: one kind of silence each."""

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from dashboard.domain.wire import Silence


def silence_of(error: Exception) -> Silence:
    """Return the kind of silence that `error` stands for; nothing of its text is kept."""
    match error:
        case TimeoutError():  # aiohttp's own time-outs are this, too
            return Silence.TIMEOUT
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return Silence.TLS
        case aiohttp.ClientConnectorDNSError():
            return Silence.NAME_NOT_FOUND
        case aiohttp.ClientConnectorError():
            return Silence.NO_CONNECTION
        case aiohttp.ClientResponseError() | HttpProcessingError() if _is_too_long(error):
            return Silence.TOO_LARGE
        case _:  # closed, reset, not HTTP, not the promised length, not decompressible
            return Silence.BROKEN_OFF


def _is_too_long(error: BaseException) -> bool:
    """Whether the headers were too long or too many; aiohttp has a type for the first only."""
    reason: BaseException | None = error
    while reason is not None:
        if isinstance(reason, LineTooLong) or "Too many headers" in str(reason):
            return True
        reason = reason.__cause__
    return False
