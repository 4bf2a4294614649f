"""What X tells by a webhook: that somebody took Linkkeeper's permission away (`oauth.revoke`).

Calls are signed with the OAuth 2.0 client secret, and so is the answer to the challenge by which X
sees that the address is ours; apps of the older kind, with a consumer secret only, cannot log
people in here and are not served (docs: x-api/webhooks/introduction). As X makes both with the same
key, whoever could choose the challenge could have any call signed: so a challenge is answered only
if it could be no body. There is no time in the signature; a repeated call is known by its number.

Sources: docs = github.com/xdevplatform/docs (x-api/webhooks, x-api/activity/event-payloads).
"""

import base64
import hashlib
import hmac
import json
import re
from http import HTTPStatus

from dashboard.domain.credentials import App
from dashboard.domain.pushes import Delivery, ForgedPushError, PushAnswer, PushHint, PushReason
from dashboard.domain.untrusted import UnreadableJsonError, read_json
from dashboard.platforms.values import instant_of, object_of, text_of
from dashboard.platforms.x.reading import id_of

_SIGNATURE = "x-twitter-webhooks-signature-oauth2"
_REVOKED = "oauth.revoke"
_LONGEST = 65_536
_CHALLENGE = re.compile(r"[A-Za-z0-9_=+/.-]{1,200}", re.ASCII)  # never the JSON of a call


def read(app: App, delivery: Delivery) -> PushAnswer:
    """Answer a challenge, or verify and read a call; raises ForgedPushError."""
    if not app.client_secret:
        raise ForgedPushError
    if delivery.method == "GET":
        return _challenged(app, delivery.query.get("crc_token", ""))
    right = _signed(app, delivery.body).encode()
    told = delivery.headers.get(_SIGNATURE, "")[:200].encode()
    if len(delivery.body) > _LONGEST or not hmac.compare_digest(right, told):
        raise ForgedPushError
    try:
        event = object_of(object_of(read_json(delivery.body)).get("data"))
    except UnreadableJsonError as error:
        raise ForgedPushError from error
    payload = object_of(event.get("payload"))
    who = id_of(payload.get("user_id"))
    if event.get("event_type") != _REVOKED or not who:
        return PushAnswer()
    hint = PushHint(
        id=text_of(event.get("event_uuid"), 100) or hashlib.sha256(delivery.body).hexdigest(),
        what=_REVOKED,
        reason=PushReason.APP_REMOVED,
        subjects=frozenset({who}),
        accounts=frozenset({who}),
        at=instant_of(payload.get("date_time")),
    )
    return PushAnswer(hints=(hint,))


def _challenged(app: App, challenge: str) -> PushAnswer:
    if not _CHALLENGE.fullmatch(challenge):
        raise ForgedPushError
    body = json.dumps({"response_token": _signed(app, challenge.encode())})
    return PushAnswer(status=HTTPStatus.OK, body=body, media_type="application/json")


def _signed(app: App, message: bytes) -> str:
    made = hmac.new(app.client_secret.encode(), message, hashlib.sha256).digest()
    return f"sha256={base64.b64encode(made).decode()}"
