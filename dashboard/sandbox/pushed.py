"""Requests for permission that an app hands in before the browser comes (RFC 9126).

Nothing is stored: the number that is given out is the request itself, signed and dated.
"""

from collections.abc import Mapping
from datetime import timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from dashboard.sandbox.clock import read_stamp, stamp
from dashboard.sandbox.store import secret_key
from dashboard.sandbox.web import here, now

LIFE = timedelta(minutes=10)
_PREFIX = "urn:ietf:params:oauth:request_uri:"


def keep(fields: Mapping[str, str]) -> str:
    """The number under which the browser may bring this request within ten minutes."""
    return _PREFIX + _serializer().dumps({**fields, "until": stamp(now() + LIFE)})


def opened(number: str) -> dict[str, str]:
    """The request with this number, nothing for an unknown or old one."""
    try:
        fields: dict[str, str] = _serializer().loads(number.removeprefix(_PREFIX))
    except BadSignature:
        return {}
    if read_stamp(fields.pop("until")) <= now():
        return {}
    return {**fields, "request_uri": number}


def _serializer() -> URLSafeSerializer:
    with here().store.reading() as db:
        return URLSafeSerializer(secret_key(db), salt="pushed request")
