"""Rules of the house for every endpoint, whoever writes it."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlmodel import SQLModel, select
from werkzeug.routing import Rule

from dashboard.db.engine import Database
from dashboard.domain.team import Actor
from dashboard.services.people import invite
from dashboard.web.access import policy_of
from tests.factories import make_account, make_publication
from tests.pages.conftest import ORIGIN, Browser

SAFE = {"GET", "HEAD", "OPTIONS"}
PUBLIC = {
    "health.accounts",  # with a secret of its own
    "health.live",
    "composer.picture",  # an address nobody can guess, while its post goes out
    "health.ready",
    "session.sign_in",
    "password.forgotten",
    "linking.document",  # who we are, for servers that know nobody
    "push.receipt",  # says that deletion was asked for, to whom the platform gave its code
    "push.receive",  # signed by the platform
    "setup.start",
    "setup.index",
    "stop.ask",
    "stop.stop",
    "welcome.start",
    "welcome.index",
}
"""What strangers may open; whoever adds to this has thought about it."""

CHANGES_BY_ITSELF = {("sessions", "used_at"), ("users", "last_seen_at")}


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """What is tested here does not depend on the kind of database."""
    return sqlite_database


@pytest.fixture
def account(database: Database) -> UUID:
    account_id = make_account(database, state="expired", cause="token_refused")
    make_publication(database, account_id)
    return account_id


def rules(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Each rule with each of its methods that a page of ours uses."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method


def address(app: Flask, rule: Rule, sample: UUID) -> str:
    values = {name: _value(rule, name, sample) for name in rule.arguments}
    with app.test_request_context(base_url=ORIGIN):
        return app.url_map.bind("127.0.0.1:8000").build(rule.endpoint, values)


def _value(rule: Rule, name: str, sample: UUID) -> object:
    kind = type(rule._converters[name]).__name__
    return {"UUIDConverter": sample, "IntegerConverter": 1}.get(kind, str(sample))


def dump(database: Database) -> dict[str, list]:
    with database.reading() as session:
        return {
            table.name: sorted(repr(session.execute(select(*_columns(table))).all()).split("), ("))
            for table in SQLModel.metadata.sorted_tables
        }


def _columns(table) -> list:
    return [
        column for column in table.columns if (table.name, column.name) not in CHANGES_BY_ITSELF
    ]


def test_every_endpoint_says_who_may_use_it(app) -> None:
    """R13"""
    with app.app_context():
        silent = [rule.endpoint for rule, _ in rules(app) if policy_of(rule.endpoint) is None]
    assert silent == []


def test_only_these_endpoints_are_public(app) -> None:
    """R13"""
    with app.app_context():
        assert {
            rule.endpoint for rule, _ in rules(app) if policy_of(rule.endpoint).public
        } == PUBLIC


def test_a_stranger_gets_nowhere_else(app, anon, account, database) -> None:
    """R13"""
    before = dump(database)
    for rule, method in rules(app):
        if rule.endpoint not in PUBLIC:
            url = address(app, rule, account)
            answer = anon.get(url) if method == "GET" else anon.post(url)
            assert answer.location.startswith("/sign-in"), (rule.endpoint, method)
    assert dump(database) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": ORIGIN},
        {"Origin": "https://evil.com", "X-CSRFToken": "right"},
        {"Origin": "null", "X-CSRFToken": "right"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site", "X-CSRFToken": "right"},
        {"Origin": ORIGIN, "Content-Type": "text/plain", "X-CSRFToken": "right"},
    ],
    ids=["no token", "evil origin", "null origin", "cross-site", "not a form"],
)
def test_no_other_site_can_change_anything(
    app, client_for, ada, account, database, headers
) -> None:
    """R19: for each unsafe route, as the administrator, whose browser could do it all."""
    browser = client_for(ada)
    if "X-CSRFToken" in headers:
        headers = {**headers, "X-CSRFToken": browser.form_token()}
    before = dump(database)
    for rule, method in rules(app):
        if method not in SAFE:
            url = address(app, rule, account)
            answer = browser.client.open(url, method=method, base_url=ORIGIN, headers=headers)
            assert 400 <= answer.status_code < 500, (rule.endpoint, method)
    assert dump(database) == before


def test_reading_changes_nothing(app, client_for, ada, account, database) -> None:
    """R19: every GET, as the administrator, leaves the database as it was."""
    browser = client_for(ada)
    before = dump(database)
    for rule, method in rules(app):
        if method == "GET" and rule.endpoint != "health.ready":  # writes to see whether it can
            answer = browser.get(address(app, rule, account))
            assert answer.status_code < 500, rule.endpoint
            assert dump(database) == before, rule.endpoint


def test_a_foreign_account_is_like_a_missing_one(app, client_for, bob, account) -> None:
    """R14: bob's role reaches no account; every address that names one answers alike."""
    browser = client_for(bob)
    for rule, method in rules(app):
        if "account_id" in rule.arguments:
            foreign, missing = (
                _ask(browser, method, address(app, rule, sample)) for sample in (account, uuid4())
            )
            assert foreign.status_code == missing.status_code, (rule.endpoint, method)
            assert _without_numbers(foreign.text) == _without_numbers(missing.text), rule.endpoint


def test_links_are_used_by_no_mail_scanner(app, anon, alice, tools) -> None:
    """R8: opening a link changes nothing."""
    link = invite(tools, alice.id, Actor()).removeprefix(ORIGIN)
    before = dump(tools.database)
    for _ in range(2):
        anon.get(link)
        anon.get("/welcome")
    assert dump(tools.database) == before


def _ask(browser: Browser, method: str, url: str):
    return browser.get(url) if method == "GET" else browser.post(url)


def _without_numbers(text: str) -> str:
    """The number of the request differs between any two answers."""
    return text.partition("If you ask for help")[0]
