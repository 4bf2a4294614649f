"""The things with a lifetime, built once per process, and their end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from redis import Redis

from dashboard.adapters.clock import utc_now
from dashboard.adapters.http import HttpClient
from dashboard.adapters.keys import KeyRing
from dashboard.adapters.mailer import Mailer
from dashboard.adapters.passwords import Passwords
from dashboard.adapters.pictures import Pictures
from dashboard.adapters.redis import connect
from dashboard.adapters.shared_hosts import SharedHosts
from dashboard.adapters.valkey import address_of
from dashboard.db.engine import Database
from dashboard.platforms import available
from dashboard.platforms.protocol import NeedsApp
from dashboard.services.ports import Jobs, Tools
from dashboard.services.traffic import Traffic
from dashboard.settings import Settings, SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What a process works with: the tools of the use cases, and what is only the web's business.

    `secret_key` is for what only we sign and read ourselves (form tokens); it seals nothing.
    """

    tools: Tools
    secret_key: bytes = field(repr=False)
    redis: Redis | None = None
    closers: tuple[Callable[[], object], ...] = ()

    def close(self) -> None:
        """End what has a lifetime, the youngest first."""
        for close in reversed(self.closers):
            close()


def build_runtime(settings: Settings, *, jobs: Callable[[Redis, bytes], Jobs]) -> Runtime:
    """Build it all; connects to nothing yet. `jobs` gets the connection and the key for signing.

    Raises KeyFileError, SettingsError for a registration with an unknown platform.
    """
    platforms = available(settings.sandbox_url, dialects=settings.sandbox_dialects, clock=utc_now)
    _check_apps(settings, platforms)
    keys = KeyRing.load(settings)
    database = Database(settings.database_url)
    http = HttpClient.from_settings(settings)
    redis = connect(address_of(settings))
    tools = Tools(
        settings=settings,
        database=database,
        http=http,
        cipher=keys.cipher(),
        passwords=Passwords(),
        pictures=Pictures(),
        jobs=jobs(redis, keys.derive("jobs")),
        now=utc_now,
        platforms=platforms,
        mailer=Mailer.from_settings(settings),
        traffic=Traffic(SharedHosts(redis), alone=_alone(settings)),
    )
    return Runtime(
        tools=tools,
        secret_key=keys.derive("forms"),
        redis=redis,
        closers=(redis.close, database.close, http.close),
    )


def _alone(settings: Settings) -> float:
    """The part of a budget that one process uses while it cannot hear the others.

    Half of an equal part: on how many machines there are others is not known then.
    """
    return 1 / (2 * (settings.worker_processes + 1))


def _check_apps(settings: Settings, platforms: Mapping[str, object]) -> None:
    """A misspelt platform would be silently without effect: say so instead."""
    takes = {key: one.guide for key, one in platforms.items() if isinstance(one, NeedsApp)}
    there_are = ", ".join(sorted(takes)) or "none"
    wrong = [
        f"LINKKEEPER_APP_{key.upper()}_... names no platform that is set up so. "
        f"There are: {there_are}."
        for key in sorted(settings.apps.keys() - takes.keys())
    ]
    for key in sorted(settings.apps.keys() & takes.keys()):
        fields = {"client_id", "client_secret", *(option.name for option in takes[key].options)}
        wrong += [
            f"LINKKEEPER_APP_{key.upper()}_{name.upper()} is nothing that this platform asks for."
            for name in sorted(settings.apps[key].keys() - fields)
        ]
    if wrong:
        raise SettingsError(wrong)
