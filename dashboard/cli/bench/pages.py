"""`./manage bench accounts-page` and `./manage bench poll`: what pages cost with many accounts.

The whole application answers in this process; its CPU is counted with that of the database's own
processes. The ceiling is the cheapest page that there is, `/healthz`, asked in the same way.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from flask.testing import FlaskClient

from dashboard.adapters.clock import utc_now
from dashboard.app import create_app
from dashboard.cli.bench.asking import bench_tools
from dashboard.cli.bench.figures import Figure
from dashboard.cli.bench.ground import Ground, cpu_below, grounds
from dashboard.cli.bench.links import fill
from dashboard.domain.team import Actor
from dashboard.runtime import Runtime
from dashboard.services.people import NewUser, add_user, administrator_role
from dashboard.services.ports import Tools
from dashboard.services.sessions import Place, begin
from dashboard.settings import Settings

_ORIGIN = "http://127.0.0.1:8000"
_LIST = "/settings/accounts"
_CURSOR = "999999999"  # newer than anything: nothing changed since
_PAGES, _POLLS = 50, 1_000
_PAGE_MS, _PAGE_KB = 50.0, 100.0
_POLL_MS, _POLL_BYTES = 3.0, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cost:
    milliseconds: float
    size: int  # bytes on the line, headers included


def page_figures(links: int) -> list[Figure]:
    """The first page of Settings > Accounts, and the first page of all."""
    found = []
    for ground, client in _signed_in(links):
        least = _cost(ground, client, "/healthz", _PAGES)
        for name, path in (("Accounts", _LIST), ("Overview", "/")):
            cost = _cost(ground, client, path, _PAGES)
            kilobytes = cost.size / 1000
            found.append(
                Figure(
                    what=f"{name}, first page, {links:,} accounts",
                    where=ground.name,
                    target=f"{_PAGE_MS:.0f} ms CPU, {_PAGE_KB:.0f} kB",
                    measured=f"{cost.milliseconds:.1f} ms, {kilobytes:.1f} kB",
                    ceiling=f"{least.milliseconds:.1f} ms",
                    met=cost.milliseconds <= _PAGE_MS and kilobytes <= _PAGE_KB,
                )
            )
    return found


def poll_figures(links: int) -> list[Figure]:
    """A poll with nothing changed, with a tenth of the accounts and with all."""
    found = []
    for number in (links // 10, links):
        for ground, client in _signed_in(number):
            least = _cost(ground, client, "/healthz", _POLLS)
            cost = _cost(ground, client, f"{_LIST}/changes?since={_CURSOR}", _POLLS)
            found.append(
                Figure(
                    what=f"a poll, nothing changed, {number:,} accounts",
                    where=ground.name,
                    target=f"{_POLL_MS:.0f} ms CPU, {_POLL_BYTES} bytes",
                    measured=f"{cost.milliseconds:.2f} ms, {cost.size} bytes",
                    ceiling=f"{least.milliseconds:.2f} ms",
                    met=cost.milliseconds <= _POLL_MS and cost.size <= _POLL_BYTES,
                )
            )
    return found


def _signed_in(links: int) -> Iterator[tuple[Ground, FlaskClient]]:
    with grounds() as databases:
        for ground in databases:
            settings = Settings.from_env(ground.environ)
            fill(settings, links, utc_now())
            with bench_tools(settings) as tools, _browser(tools) as client:
                yield ground, client


@contextmanager
def _browser(tools: Tools) -> Iterator[FlaskClient]:
    """An administrator's, who sees all accounts."""
    password = uuid4().hex
    role = administrator_role(tools)
    person = NewUser(email="ada@example.org", name="Ada", role_id=role, password=password)
    user_id = add_user(tools, person, Actor(user_id=None))
    with tools.database.writing() as unit:
        secret = begin(tools, unit, user_id, Place(ip="127.0.0.1", user_agent="a bench"))
    app = create_app(Runtime(tools=tools, secret_key=uuid4().bytes))
    with app.test_client() as client:
        client.set_cookie("linkkeeper", secret, domain="127.0.0.1")
        yield client


def _cost(ground: Ground, client: FlaskClient, path: str, times: int) -> _Cost:
    """The mean of many; the first, which fills caches, is left out."""
    size = _ask(client, path)
    server, ours = cpu_below(ground.postmaster), time.process_time()
    for _ in range(times):
        _ask(client, path)
    ours = time.process_time() - ours  # before the look at the server, which costs by itself
    server = cpu_below(ground.postmaster) - server
    return _Cost(milliseconds=(ours + server) / times * 1000, size=size)


def _ask(client: FlaskClient, path: str) -> int:
    answer = client.get(path, base_url=_ORIGIN, headers={"Accept-Encoding": "gzip"})
    if answer.status_code not in {200, 204}:
        raise RuntimeError(f"{path} answered {answer.status}")
    head = f"HTTP/1.1 {answer.status}\r\n" + str(answer.headers)
    return len(head.encode()) + len(answer.data)
