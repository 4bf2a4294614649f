"""What others say about an account: comments, replies, mentions, reviews."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMention:
    """A mention as the platform lists it; `author` and `text` are hostile until escaped (R21)."""

    remote_id: str
    author: str
    text: str
    url: str
    at: datetime
