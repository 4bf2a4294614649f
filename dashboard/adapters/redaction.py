"""Takes secrets out of what is about to be logged (R79). Rather hides too much than too little.

It is the last net, not the rule: the rule is that only ids are logged.
"""

import re
from collections.abc import Mapping

HIDDEN = "[hidden]"

# Bounded on both sides, as hostile text must not make the search take long.
_NAME = (
    r"[\w.-]{0,40}(?:token|secret|passw(?:or)?d|passphrase|verifier|assertion|api[_-]?key"
    r"|credential|authorization|cookie|signature)[\w.-]{0,40}"
)
# These mean a secret only among the parameters of a request: links have a state, too.
_PARAMETER = rf"(?:{_NAME}|code|state|pass|session|sid|jwt)"

_SECRET_NAME = re.compile(_NAME, re.IGNORECASE)
_SECRET_PARAMETER = re.compile(_PARAMETER, re.IGNORECASE)


def _rule(
    pattern: str, replacement: str, flags: int = re.IGNORECASE
) -> tuple[re.Pattern[str], str]:
    return re.compile(pattern, flags), replacement.replace("HIDDEN", HIDDEN)


_RULES = (
    # Headers, to the end of the line: `Cookie: a=b; c=d` has several values.
    _rule(r"\b((?:proxy-)?authorization|(?:set-)?cookie)(['\"]?\s*[:=]\s*)[^\r\n]+", r"\1\2HIDDEN"),
    _rule(r"\b(bearer|basic|dpop)\s+[\w.~+/=-]{6,}", r"\1 HIDDEN"),
    # Before the host of an address, also `redis://:password@host`.
    _rule(r"(\b[a-z][a-z0-9+.-]{0,20}://)[^\s/@'\"]+@", r"\1HIDDEN@"),
    # In addresses and forms.
    _rule(rf"\b({_PARAMETER})=[^\s&;,'\"<>)\]}}]+", r"\1=HIDDEN"),
    # In JSON, and in what Python prints of dictionaries.
    _rule(
        rf"(['\"])({_PARAMETER})\1(\s*:\s*)b?(['\"])(?:[^\\]|\\.)*?\4",
        r"\1\2\1\3\4HIDDEN\4",
        re.IGNORECASE | re.DOTALL,
    ),
    # In prose.
    _rule(rf"\b({_NAME})(\s*:\s+)[^\s,;'\"]+", r"\1\2HIDDEN"),
    # What SQLAlchemy says about a statement that failed.
    _rule(r"\[parameters: .*?\](?=\s*(?:\(|$|\n))", "[parameters: HIDDEN]", re.DOTALL),
    # App passwords of Bluesky, and whatever else has the shape of a token.
    _rule(r"\b[a-z0-9]{4}(?:-[a-z0-9]{4}){3}\b", "HIDDEN", re.ASCII),
    _rule(r"(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?=[\w-]*[0-9])[\w-]{24,}", "HIDDEN", re.ASCII),
    # Paths that are secrets themselves: feeds, invitations, new passwords, the first set-up.
    _rule(r"(/(?:feeds?|ics|invit\w*|reset\w*|set-?up|health)/)[^\s/?'\"]{16,}", r"\1HIDDEN"),
)


def redact(text: str) -> str:
    """Return `text` without what looks like a secret."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def is_secret_name(name: str) -> bool:
    """Whether a value of this name is never shown."""
    return _SECRET_NAME.fullmatch(name) is not None


def redact_parameters(parameters: Mapping[str, object]) -> dict[str, object]:
    """Return the parameters of a request or the like; secret ones hidden whatever their value."""
    return {
        name: HIDDEN if _SECRET_PARAMETER.fullmatch(name) else value
        for name, value in parameters.items()
    }
