"""What TikTok tells by itself: signed with our secret, repeated for 72 hours, possibly twice.

Source: developers.tiktok.com/doc/webhooks-events; the form of the signature is from memory.
"""

import hashlib
import hmac
from datetime import datetime, timedelta

from dashboard.domain.credentials import App
from dashboard.domain.pushes import Delivery, ForgedPushError, PushAnswer, PushHint, PushReason
from dashboard.domain.untrusted import UnreadableJsonError, read_json
from dashboard.platforms.values import Body, epoch_of, is_count, object_of, text_of

_OLDEST, _NEWEST = timedelta(hours=73), timedelta(minutes=5)
_LONGEST = 65_536
_REASONS = {
    0: PushReason.UNKNOWN,
    1: PushReason.APP_REMOVED,
    2: PushReason.ACCOUNT_DELETED,
    3: PushReason.AGE_CHANGED,
    4: PushReason.ACCOUNT_BANNED,
    5: PushReason.ENDED_BY_US,
}


def read(app: App, delivery: Delivery, *, now: datetime) -> PushAnswer:
    """Only `authorization.removed` is a reason to look; raises ForgedPushError."""
    said = _verified(app, delivery, now=now)
    who, event = text_of(said.get("user_openid"), 200), text_of(said.get("event"), 60)
    if event != "authorization.removed" or not who:
        return PushAnswer()
    number = _reason(said)
    hint = PushHint(
        id=hashlib.sha256(delivery.body).hexdigest(),
        what=event if number is None else f"{event} {number}",
        reason=PushReason.UNKNOWN if number is None else _REASONS[number],
        subjects=frozenset({who}),
        accounts=frozenset({who}),
        at=epoch_of(said.get("create_time")),
    )
    return PushAnswer(hints=(hint,))


def _verified(app: App, delivery: Delivery, *, now: datetime) -> Body:
    """The body of a call, if `TikTok-Signature` (t=..., s=...) is right and fresh (R46)."""
    pairs = [part.strip().partition("=") for part in _signature(delivery).split(",")]
    signed = {name: value for name, _, value in pairs}
    stamp, told = signed.get("t", ""), signed.get("s", "").encode()
    if not app.client_secret or not is_count(stamp) or len(delivery.body) > _LONGEST:
        raise ForgedPushError
    message = f"{stamp}.".encode() + delivery.body
    right = hmac.new(app.client_secret.encode(), message, hashlib.sha256).hexdigest().encode()
    at = epoch_of(int(stamp))
    fresh = at is not None and now - _OLDEST <= at <= now + _NEWEST
    if not hmac.compare_digest(right, told) or not fresh:
        raise ForgedPushError
    try:
        said = object_of(read_json(delivery.body))
    except UnreadableJsonError as error:
        raise ForgedPushError from error
    if said.get("client_key") != app.client_id:
        raise ForgedPushError
    return said


def _signature(delivery: Delivery) -> str:
    return delivery.headers.get("tiktok-signature", "")[:300]


def _reason(said: Body) -> int | None:
    """Why, as a number that is known; `content` is JSON within a string."""
    try:
        content = object_of(read_json(str(said.get("content") or "")[:2_000].encode()))
    except UnreadableJsonError:
        return None
    reason = content.get("reason")
    return reason if type(reason) is int and reason in _REASONS else None
