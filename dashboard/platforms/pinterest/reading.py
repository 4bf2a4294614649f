"""What is asked of Pinterest about an account, and its Pins. Everything read here is hostile."""

from urllib.parse import quote

from dashboard.domain.calendar import FoundPost
from dashboard.domain.credentials import App, Credential
from dashboard.domain.links import Identity
from dashboard.domain.wire import Ask, Http
from dashboard.platforms.answers import Reply, bearer, secrets_of, send
from dashboard.platforms.hosts import Hosts
from dashboard.platforms.values import instant_of, lines_of, object_of, text_of, web_address

PAGE = "250"
_LONGEST_NUMBER = 40


def url_of(hosts: Hosts, path: str) -> str:
    return f"{hosts['api']}/v5/{path}"


async def read(
    http: Http, hosts: Hosts, app: App | None, credential: Credential, call: str, path: str
) -> Reply:
    """Ask in the person's name; raises NoAnswerError."""
    ask = Ask(call=call, method="GET", url=url_of(hosts, path), headers=bearer(credential.access))
    return await send(http, ask, secrets_of(credential, app))


def number_in(value: object) -> str:
    """An id, which is a number written as text; "" for anything else."""
    fits = isinstance(value, str) and value.isascii() and value.isdigit()
    return value if fits and isinstance(value, str) and len(value) <= _LONGEST_NUMBER else ""


def id_of(reply: Reply) -> str:
    return number_in((reply.body or {}).get("id"))


def address_of(remote_id: str) -> str:
    return f"https://www.pinterest.com/pin/{remote_id}/"


def identity_of(reply: Reply) -> Identity | None:
    """The account; None without an id."""
    remote_id, handle = id_of(reply), reply.text("username", 100)
    if not remote_id:
        return None
    return Identity(
        remote_id=remote_id,
        name=reply.text("business_name", 255) or handle or remote_id,
        handle=handle,
        url=f"https://www.pinterest.com/{quote(handle, safe='')}/" if handle else "",
        avatar_url=web_address((reply.body or {}).get("profile_image")),
    )


def pins_of(reply: Reply, cursor: str) -> tuple[list[FoundPost], str] | None:
    """A page of Pins with the bookmark of the next one; None for no list."""
    items = (reply.body or {}).get("items")
    if not isinstance(items, list):
        return None
    following = reply.text("bookmark", 1_000)
    found = [post for item in items if (post := _pin(item)) is not None]
    return found, following if following != cursor else ""


def _pin(item: object) -> FoundPost | None:
    pin = object_of(item)
    remote_id, at = number_in(pin.get("id")), instant_of(pin.get("created_at"))
    if not remote_id or at is None:
        return None
    words = f"{text_of(pin.get('title'))}\n\n{lines_of(pin.get('description'), 2_000)}"
    return FoundPost(
        remote_id=remote_id, text=words.strip(), url=address_of(remote_id), published_at=at
    )
