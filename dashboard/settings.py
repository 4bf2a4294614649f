"""The settings, from the environment; the only reader of it. All faults are reported at once."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

T = TypeVar("T")

_SAMPLE_SECRETS = {"changeme", "change-me", "secret", "dev", "password", "linkkeeper"}
_SECRET_LENGTH = 32
_HIGHEST_PORT = 65_535
_NOT_SETTINGS = {"LINKKEEPER_CHROMIUM"}  # of `./manage test`


def child_environment(**changes: str) -> dict[str, str]:
    """The environment of this process with some changes, for a process that we start."""
    return {**os.environ, **changes}


class SettingsError(Exception):
    """Some settings cannot be used; `faults` names each of them and says what to do."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed in. `tls` is "starttls", "ssl" or "none"."""

    host: str
    port: int
    tls: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this installation is set up; addresses carry no final slash."""

    data_dir: Path
    base_url: str
    secret_key: str | None = field(default=None, repr=False)  # None: the key file in data_dir
    database_url: str = field(repr=False)
    redis_url: str | None = field(default=None, repr=False)  # None: our own Valkey
    mail_server: MailServer | None = None
    mail_from: str = "Linkkeeper <linkkeeper@localhost>"
    check_every: timedelta = timedelta(minutes=10)
    gather_for: timedelta = timedelta(seconds=5)
    patience: timedelta = timedelta(minutes=15)
    misses_allowed: int = 3
    session_idle: timedelta = timedelta(hours=12)
    session_absolute: timedelta = timedelta(days=14)
    allow_private_hosts: frozenset[str] = frozenset()
    trusted_proxies: int = 0
    sandbox_url: str | None = None
    sandbox_dialects: bool = False
    apps: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    reads_per_day: Mapping[str, int] = field(default_factory=dict)
    worker_processes: int = 2
    asks_per_host: int = 128
    mails_at_once: int = 3
    web_threads: int = 32

    @property
    def secure(self) -> bool:
        """Whether people reach us by https, so cookies may be `Secure` and HSTS makes sense."""
        return self.base_url.startswith("https://")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read and check everything; raises SettingsError with all faults."""
        reader = _Reader(os.environ if environ is None else environ)
        data_dir = Path(reader.text("LINKKEEPER_DATA_DIR", "var")).absolute()
        settings = cls(
            data_dir=data_dir,
            base_url=reader.take("LINKKEEPER_BASE_URL", "http://127.0.0.1:8000", _base_url),
            secret_key=reader.maybe("LINKKEEPER_SECRET_KEY", _secret),
            database_url=reader.take(
                "DATABASE_URL", f"sqlite:///{data_dir / 'linkkeeper.sqlite3'}", _database_url
            ),
            redis_url=reader.maybe("REDIS_URL", _redis_url),
            mail_server=reader.maybe("LINKKEEPER_MAIL_URL", _mail_server),
            mail_from=reader.take(
                "LINKKEEPER_MAIL_FROM", "Linkkeeper <linkkeeper@localhost>", _mail_from
            ),
            check_every=reader.take("LINKKEEPER_CHECK_EVERY", "600", _seconds(5, 86_400)),
            gather_for=reader.take("LINKKEEPER_GATHER_FOR", "5", _seconds(0, 600)),
            patience=reader.take("LINKKEEPER_PATIENCE", "900", _seconds(0, 86_400)),
            misses_allowed=reader.take("LINKKEEPER_MISSES_ALLOWED", "3", _number(0, 100)),
            session_idle=reader.take("LINKKEEPER_SESSION_IDLE", "43200", _seconds(60, 2_592_000)),
            session_absolute=reader.take(
                "LINKKEEPER_SESSION_ABSOLUTE", "1209600", _seconds(60, 7_776_000)
            ),
            allow_private_hosts=reader.take("LINKKEEPER_ALLOW_PRIVATE_HOSTS", "", _host_ports),
            trusted_proxies=reader.take("LINKKEEPER_TRUSTED_PROXIES", "0", _number(0, 5)),
            sandbox_url=reader.maybe("LINKKEEPER_SANDBOX_URL", _base_url),
            sandbox_dialects=reader.take("LINKKEEPER_SANDBOX_DIALECTS", "no", _yes_or_no),
            apps=reader.apps(),
            reads_per_day=reader.reads_per_day(),
            worker_processes=reader.take("LINKKEEPER_WORKERS", "2", _number(1, 64)),
            asks_per_host=reader.take("LINKKEEPER_ASKS_PER_HOST", "128", _number(1, 1000)),
            # Three connections of one sender are what even strict mail services allow.
            mails_at_once=reader.take("LINKKEEPER_MAILS_AT_ONCE", "3", _number(1, 50)),
            web_threads=reader.take("LINKKEEPER_WEB_THREADS", "32", _number(2, 256)),
        )
        reader.refuse_unknown()
        if reader.faults:
            raise SettingsError(reader.faults)
        return settings


_APP = "LINKKEEPER_APP_"
_COUNTED_BY_DAY = ("x", "youtube", "pinterest")
_APP_ID = re.compile(rf"{_APP}([A-Z_]+)_CLIENT_(?:ID|SECRET)", re.ASCII)


class _Reader:
    """Takes values by name and collects what is wrong instead of stopping at the first fault."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._asked: set[str] = set()
        self.faults: list[str] = []

    def text(self, name: str, default: str) -> str:
        self._asked.add(name)
        return self._environ.get(name, "").strip() or default

    def take(self, name: str, default: str, parse: Callable[[str], T]) -> T:
        value = self.text(name, default)
        try:
            return parse(value)
        except ValueError as error:
            self.faults.append(f"{name} {error}")
            return parse(default)

    def maybe(self, name: str, parse: Callable[[str], T]) -> T | None:
        value = self.text(name, "")
        if not value:
            return None
        try:
            return parse(value)
        except ValueError as error:
            self.faults.append(f"{name} {error}")
            return None

    def apps(self) -> dict[str, dict[str, str]]:
        """What `LINKKEEPER_APP_<PLATFORM>_<FIELD>` say, by platform and field in small letters.

        A platform is named by its id or secret; which further fields it has is not known here.
        """
        named = {match[1] for match in map(_APP_ID.fullmatch, self._environ) if match}
        found: dict[str, dict[str, str]] = {}
        for name, value in self._environ.items():
            place = name.removeprefix(_APP)
            of = max((one for one in named if place.startswith(f"{one}_")), key=len, default="")
            if not of or place == name:
                continue
            self._asked.add(name)
            if value.strip():
                field_name = place.removeprefix(f"{of}_").lower()
                found.setdefault(of.lower(), {})[field_name] = value.strip()
        for platform, fields in found.items():
            if not fields.keys() >= {"client_id", "client_secret"}:
                prefix = f"{_APP}{platform.upper()}"
                self.faults.append(f"{prefix}_CLIENT_ID and {prefix}_CLIENT_SECRET go together.")
        return found

    def reads_per_day(self) -> dict[str, int]:
        """By platform; who is not named here is counted by no day."""
        found: dict[str, int] = {}
        for platform in _COUNTED_BY_DAY:
            name = f"LINKKEEPER_{platform.upper()}_READS_PER_DAY"
            number = self.maybe(name, _number(1, 100_000_000))
            if number is not None:
                found[platform] = number
        return found

    def refuse_unknown(self) -> None:
        """A misspelt name would be silently without effect: say so instead."""
        for name in sorted(self._environ):
            if name.startswith("LINKKEEPER_") and name not in self._asked | _NOT_SETTINGS:
                self.faults.append(f"{name} is not a setting of Linkkeeper: a typing error?")


def _address(value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise ValueError(
            "has a host or port that cannot be: a port is a number up to 65535, and an IPv6 "
            "address stands in [brackets]."
        ) from None
    return parts


def _base_url(value: str) -> str:
    parts = _address(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be a web address such as https://linkkeeper.example.org.")
    if parts.username or parts.path not in {"", "/"}:
        raise ValueError("must be only scheme, host and port, without a path or user name.")
    return f"{parts.scheme}://{parts.netloc}"


def _secret(value: str) -> str:
    if value.lower() in _SAMPLE_SECRETS or len(value) < _SECRET_LENGTH or len(set(value)) <= 4:  # noqa: PLR2004
        raise ValueError(
            f"must be at least {_SECRET_LENGTH} random characters; leave it empty and Linkkeeper "
            "makes a key file in its data folder."
        )
    return value


def _database_url(value: str) -> str:
    if value.startswith(("postgresql://", "postgres://")):
        return "postgresql+psycopg://" + value.split("://", 1)[1]
    if value.startswith(("postgresql+psycopg://", "sqlite:///")):
        return value
    raise ValueError("must start with postgresql:// or sqlite:///.")


def _redis_url(value: str) -> str:
    if value.startswith("unix://"):
        return value
    if value.startswith(("redis://", "rediss://")):
        _address(value)
        return value
    raise ValueError("must start with redis://, rediss:// or unix://.")


def _mail_server(value: str) -> MailServer:
    parts = _address(value)
    query = parse_qs(parts.query)
    tls = query.pop("tls", ["starttls"])[0]
    if parts.scheme != "smtp" or not parts.hostname or query or parts.path not in {"", "/"}:
        raise ValueError("must look like smtp://user:password@host:587?tls=starttls.")
    if tls not in {"starttls", "ssl", "none"}:
        raise ValueError("must have tls=starttls, tls=ssl or tls=none.")
    return MailServer(
        host=parts.hostname,
        port=parts.port or {"starttls": 587, "ssl": 465, "none": 25}[tls],
        tls=tls,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def _mail_from(value: str) -> str:
    address = parseaddr(value)[1]
    name, _, host = address.rpartition("@")
    if not name or not host or " " in address or any(bad in value for bad in "\r\n\0"):
        raise ValueError("must be an address such as Linkkeeper <linkkeeper@example.org>.")
    return value


def _seconds(least: int, most: int) -> Callable[[str], timedelta]:
    number = _number(least, most)
    return lambda value: timedelta(seconds=number(value))


def _number(least: int, most: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not value.isdecimal() or not least <= int(value) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}.")
        return int(value)

    return parse


def _yes_or_no(value: str) -> bool:
    if value not in {"yes", "no"}:
        raise ValueError("must be yes or no.")
    return value == "yes"


def _host_ports(value: str) -> frozenset[str]:
    entries = frozenset(entry.strip().lower() for entry in value.split(",") if entry.strip())
    for entry in entries:
        host, _, port = entry.rpartition(":")
        if not host or not port.isdecimal() or not 1 <= int(port) <= _HIGHEST_PORT:
            raise ValueError(f"must list host:port pairs; {entry!r} is not one.")
    return entries
