"""What Meta tells by itself: that somebody took the app away, signed with the app's secret."""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime, timedelta
from urllib.parse import parse_qs

from dashboard.domain.credentials import App
from dashboard.domain.pushes import Delivery, ForgedPushError, PushAnswer, PushHint, PushReason
from dashboard.domain.untrusted import UnreadableJsonError, read_json
from dashboard.platforms.values import Body, epoch_of, object_of

_OLDEST = timedelta(days=7)  # Meta repeats a call that failed for some days


def deauthorized(app: App, delivery: Delivery, *, now: datetime) -> PushAnswer:
    """Read a deauthorize or a data deletion call: both say that a person took the app away.

    The second wants an address where its progress can be followed, and a code for it, so both get
    one. Raises ForgedPushError. Facebook documents the form; Instagram and Threads are said to use
    the same (from memory).
    """
    body = _signed_request(app, delivery, now=now)
    subject, account = _number(body.get("user_id")), _number(body.get("profile_id"))
    hint = PushHint(
        id=hashlib.sha256(delivery.body).hexdigest(),
        what="deauthorized",
        reason=PushReason.APP_REMOVED,
        subjects=frozenset({subject} - {"", "0"}),
        accounts=frozenset({account} - {""}),
        at=epoch_of(body.get("issued_at")),
    )
    return PushAnswer(hints=(hint,), wants_receipt=True)


def _signed_request(app: App, delivery: Delivery, *, now: datetime) -> Body:
    """The verified payload; raises ForgedPushError.

    HMAC-SHA256 with the app's secret over the encoded payload (docs: data-deletion-callback).
    """
    try:
        sent = parse_qs(delivery.body.decode("ascii"), max_num_fields=10)["signed_request"][0]
        given, _, payload = sent.partition(".")
        signature = _decoded(given)
        body = object_of(read_json(_decoded(payload)))
    except (KeyError, ValueError, UnicodeDecodeError, UnreadableJsonError) as error:
        raise ForgedPushError from error
    wanted = hmac.new(app.client_secret.encode(), payload.encode(), hashlib.sha256).digest()
    if not app.client_secret or not hmac.compare_digest(signature, wanted):
        raise ForgedPushError
    issued = epoch_of(body.get("issued_at"))
    if issued is None or not now - _OLDEST <= issued <= now + timedelta(minutes=5):
        raise ForgedPushError
    return body


def _number(value: object) -> str:
    return str(value) if isinstance(value, int | str) and str(value).isalnum() else ""


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
