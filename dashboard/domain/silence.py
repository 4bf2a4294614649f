"""What it means for a link when a question got no answer: always trouble, never an accusation."""

from dashboard.domain.causes import Cause
from dashboard.domain.checks import Evidence, NoAnswer
from dashboard.domain.wire import NoAnswerError, Silence

_WORDS: dict[Silence, str] = {
    Silence.FORBIDDEN_ADDRESS: "This server's rules forbid to connect to that address.",
    Silence.NAME_NOT_FOUND: "The name of the server could not be found.",
    Silence.NO_CONNECTION: "No connection could be made.",
    Silence.TLS: "The server's certificate is not valid.",
    Silence.TIMEOUT: "No answer came in time.",
    Silence.TOO_LARGE: "The answer was too large to be one.",
    Silence.REDIRECTED: "The server sent us somewhere else.",
    Silence.BROKEN_OFF: "The connection broke off.",
    Silence.HELD_BACK: "The question waits: the platform takes no more at the moment.",
    Silence.NOT_SENT: "The question was not sent: the platform had been silent just before.",
}


def silent(error: NoAnswerError) -> NoAnswer:
    """The outcome of a check whose question got no answer."""
    return NoAnswer(
        cause=Cause.NO_ANSWER,
        evidence=Evidence(call=error.call, code=error.silence.value, text=_WORDS[error.silence]),
    )
