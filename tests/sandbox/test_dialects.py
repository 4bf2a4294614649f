"""What every dialect promises: its own accounts, its own way in and out, no secret written down."""

import re
import sqlite3
from urllib.parse import parse_qs, urlsplit

import pytest

from dashboard.sandbox.app import create_app
from dashboard.sandbox.dialect import SECRET, Pkce
from dashboard.sandbox.dialects import SPEAKERS
from dashboard.sandbox.pushed import keep
from tests.sandbox.driving import JSON, Driver, challenge, copied, open_app

DIALECTS = [speaker.dialect for speaker in SPEAKERS]
each = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.key)


@pytest.fixture
def world(many_towns, tmp_path, watch):
    app = open_app(copied(many_towns, tmp_path), watch, with_dialects=True)
    return Driver(client=app.test_client())


def _authorize_path(world, dialect):
    rules = world.client.application.url_map.iter_rules()
    name = f"dialect-{dialect.key}.authorize"
    return next(rule.rule for rule in rules if rule.endpoint == name)


def _question(world, dialect):
    """What the browser brings: all that is asked, or the number of what was handed in before."""
    fields = _asked(dialect)
    if not dialect.needs_push:
        return fields
    with world.client.application.test_request_context():
        return {"client_id": dialect.client_id, "request_uri": keep(fields)}


def _asked(dialect):
    fields = {
        dialect.client_id_name: dialect.client_id,
        "response_type": "code",
        "redirect_uri": f"http://127.0.0.1:8000/link/back/{dialect.key}",
        "scope": dialect.separator.join(dialect.scopes),
        "state": "st",
    }
    if dialect.pkce is not Pkce.UNKNOWN:
        fields |= {"code_challenge": challenge(), "code_challenge_method": "S256"}
    return fields


@each
def test_seed_gives_the_dialect_accounts_and_leaves_the_native_ones_alone(world, dialect):
    accounts = world.state()["accounts"]
    assert [one["network"] for one in accounts].count("sandbox") == 24
    own = [one for one in accounts if one["network"] == dialect.key]
    assert len(own) == len(dialect.residents) > 0
    assert all(one["id"].isdecimal() and one["name"].endswith(dialect.label) for one in own)


@each
def test_linkkeeper_is_registered_and_consent_offers_only_accounts_of_the_network(world, dialect):
    world.log_in()
    page = world.client.get(_authorize_path(world, dialect), query_string=_question(world, dialect))
    assert "Linkkeeper asks for your permission" in page.text
    offered = set(re.findall(r'name="account" value="([^"]+)"', page.text))
    networks = {one["network"] for one in world.state()["accounts"] if one["id"] in offered}
    assert networks == {dialect.key}


@each
def test_person_who_says_no_is_told_in_the_words_of_the_dialect(world, dialect):
    world.log_in()
    form = {**_question(world, dialect), "decision": "cancel"}
    answer = world.client.post(_authorize_path(world, dialect), data=form)
    said = parse_qs(urlsplit(answer.location).query)
    assert said == {name: [text] for name, text in dialect.denial.items()} | {"state": ["st"]}
    assert answer.location.endswith(dialect.suffix)


@each
def test_consent_form_from_another_web_site_is_refused(world, dialect):
    world.log_in()
    answer = world.client.post(
        _authorize_path(world, dialect),
        data=_question(world, dialect),
        headers={"Origin": "http://evil"},
    )
    assert answer.status_code == 403


@each
def test_code_suffix_and_journal_without_the_secret(world, dialect):
    world.log_in()
    ids = [one["id"] for one in world.state()["accounts"] if one["network"] == dialect.key]
    form = {
        **_question(world, dialect),
        "decision": "allow",
        "account": ids,
        "granted": ["posts:read"],
    }
    answer = world.client.post(_authorize_path(world, dialect), data=form)
    address = answer.location.removesuffix(dialect.suffix)
    code = parse_qs(urlsplit(address).query)["code"][0]
    assert code not in str(world.state()["requests"])
    assert f"/dialects/{dialect.key}/" in world.state()["requests"][0]["path"]


def test_database_of_an_earlier_version_is_brought_along(tmp_path, watch):
    create_app(tmp_path, seed=True, clock=watch)
    with sqlite3.connect(tmp_path / "sandbox.sqlite3") as db:
        for table, column in (("accounts", "network"), ("grants", "asked"), ("codes", "asked")):
            db.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    app = create_app(tmp_path, seed=True, with_dialects=True, clock=watch)
    accounts = app.test_client().get("/control/state.json", headers=JSON).json["accounts"]
    assert len(accounts) == 24 + sum(len(dialect.residents) for dialect in DIALECTS)


def test_native_consent_does_not_offer_accounts_of_dialects(world):
    world.log_in()
    page = world.client.get("/oauth/authorize", query_string=world.question()).text
    assert " on LinkedIn" not in page


def test_control_panel_lists_the_accounts_by_network(world):
    page = world.client.get("/control").text
    assert "Not linked yet, linkedin" in page
    assert SECRET not in page


def test_a_password_is_one_network_s_own(world):
    native = world.link("bakeryjansen")["access_token"]
    yes = {
        "person": "anna",
        "client_id": "linkkeeper-x",
        "accounts": ["x_bakeryjansen"],
        "scopes": "profile",
    }
    assert world.client.post("/control/grants", json=yes).status_code == 200
    world.press("change-password", handle="x_bakeryjansen")
    causes = {one["handle"]: one["last_end_cause"] for one in world.state()["accounts"]}
    assert causes["x_bakeryjansen"] == "password_changed"
    assert world.account(native).status_code == 200
