"""Platforms where an administrator registers us by hand: entered or in the environment, sealed."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import select

from dashboard.db.apps import note_app_problem
from dashboard.db.tables import AppRow, AuditRow, GrantRow
from dashboard.domain.checks import Evidence
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.errors import InvalidInputError, NotAllowedError, NotFoundError, PlatformError
from dashboard.domain.links import Identity
from dashboard.domain.team import Right, Viewer
from dashboard.domain.wire import NoAnswerError, Silence
from dashboard.platforms.protocol import AppGuide, AppTest, Granted, LoginField, Start
from dashboard.services import linking, registrations
from dashboard.services.log_ins import Browser
from dashboard.services.offers import on_offer
from dashboard.services.ports import Tools
from tests.factories import FakePlatform, make_account
from tests.services.conftest import actor

BROWSER = Browser(session_hash="s1")


class Guarded(FakePlatform):
    """Lets in only whom an administrator has registered."""

    guide = AppGuide(
        console_url="https://fake.example/apps",
        steps=("Make an app.",),
        options=(LoginField(name="version", label="Version", default="7"),),
    )
    answer: Any = (AppTest.WORKS, Evidence(call="check our registration"))

    def app(self, client_id, client_secret, options):
        if not options["version"].isdecimal():
            raise InvalidInputError("version", "A number, please.")
        return App(
            client_id=client_id,
            client_secret=client_secret,
            scopes=("read",),
            facts={"version": options["version"]},
        )

    async def test_app(self, http, app):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def server(self, typed):
        return ""

    async def prepare(self, http, app, typed, redirect_uri):
        return replace(app, facts={**app.facts, "redirect_uri": redirect_uri})

    def start(self, app, *, redirect_uri, state, typed, choose_person):
        url = f"https://fake.example/?id={app.client_id}&to={redirect_uri}&state={state}"
        return Start(url=url, verifier="v")

    async def finish(self, http, app, *, code, verifier, redirect_uri, now: datetime):
        identity = Identity(remote_id="1", name="Bakery", handle="bakery")
        return Granted(
            credential=Credential(access=f"{app.client_secret}:{code}"),
            subject=Subject(remote_id="p", name="Anna"),
            identities=(identity,),
        )


@pytest.fixture
def tools(tools: Tools) -> Tools:
    return replace(tools, platforms={"fake": Guarded()})


def save(tools: Tools, viewer: Viewer, client_id="id-1", secret="hush", **options: str) -> None:
    registrations.save(
        tools,
        viewer,
        actor(viewer),
        "fake",
        client_id=client_id,
        client_secret=secret,
        options=options,
    )


def in_environment(tools: Tools, **typed: str) -> Tools:
    return replace(tools, settings=replace(tools.settings, apps={"fake": typed}))


def rows(tools: Tools) -> list[AppRow]:
    with tools.database.reading() as session:
        return list(session.exec(select(AppRow)).all())


def test_without_a_registration_a_platform_is_not_set_up_and_never_half_working(
    tools: Tools, ada: Viewer
) -> None:
    assert not registrations.registration(tools, ada, "fake").is_set_up
    assert [offer.is_set_up for offer in on_offer(tools)] == [False]
    with pytest.raises(PlatformError) as caught:
        linking.begin(tools, ada, BROWSER, "fake", {})
    assert caught.value.kind == "not_set_up"


def test_r31_the_secret_is_sealed_and_in_no_answer(tools: Tools, ada: Viewer) -> None:
    save(tools, ada)
    (row,) = rows(tools)
    assert row.secret == f"apps|{row.id}|secret|hush".encode()
    assert "hush" not in repr(registrations.registration(tools, ada, "fake"))
    with tools.database.reading() as session:
        (audit,) = session.exec(select(AuditRow)).all()
    assert audit.action == "set up a platform"
    assert "hush" not in repr(audit)


def test_an_empty_secret_keeps_the_one_that_is_there(tools: Tools, ada: Viewer) -> None:
    save(tools, ada)
    save(tools, ada, secret="", version="8")
    (row,) = rows(tools)
    assert row.secret.endswith(b"hush")
    assert row.facts["version"] == "8"


def test_another_id_makes_another_registration_and_the_old_one_stays_for_its_accounts(
    tools: Tools, ada: Viewer, clock: Any
) -> None:
    save(tools, ada)
    clock.advance(seconds=1)
    save(tools, ada, client_id="id-2", secret="other")
    assert {row.client_id for row in rows(tools)} == {"id-1", "id-2"}
    found = registrations.app_in_use(tools, "fake")
    assert found is not None
    assert (found[1].client_id, found[1].client_secret) == ("id-2", "other")


def test_the_way_back_to_an_earlier_registration_is_open(
    tools: Tools, ada: Viewer, clock: Any
) -> None:
    for client_id in ("id-1", "id-2", "id-1"):
        save(tools, ada, client_id=client_id)
        clock.advance(seconds=1)
    found = registrations.app_in_use(tools, "fake")
    assert found is not None
    assert found[1].client_id == "id-1"
    assert len(rows(tools)) == 2


def test_another_id_needs_its_own_secret(tools: Tools, ada: Viewer) -> None:
    save(tools, ada)
    with pytest.raises(InvalidInputError) as caught:
        save(tools, ada, client_id="id-2", secret="")
    assert caught.value.field == "client_secret"


def test_the_environment_goes_before_what_was_typed_and_is_not_edited_here(
    tools: Tools, ada: Viewer
) -> None:
    save(tools, ada)
    tools = in_environment(tools, client_id="id-9", client_secret="from-outside")
    found = registrations.app_in_use(tools, "fake")
    assert found is not None
    assert found[1].client_secret == "from-outside"
    assert registrations.registration(tools, ada, "fake").from_environment
    with pytest.raises(NotAllowedError):
        save(tools, ada, client_id="id-3")


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("client_id", {"client_id": ""}),
        ("client_id", {"client_id": "two words"}),
        ("client_secret", {"secret": "line\nend"}),
        ("version", {"version": "new"}),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    tools: Tools, ada: Viewer, field: str, typed: dict[str, str]
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        save(tools, ada, **typed)
    assert caught.value.field == field
    assert rows(tools) == []


def test_the_test_says_what_the_platform_says_or_that_it_was_silent(
    tools: Tools, ada: Viewer
) -> None:
    save(tools, ada)
    assert registrations.try_app(tools, ada, actor(ada), "fake").result is AppTest.WORKS
    silent = Guarded()
    silent.answer = NoAnswerError(Silence.TIMEOUT, call="check our registration")
    tools = replace(tools, platforms={"fake": silent})
    assert registrations.try_app(tools, ada, actor(ada), "fake").result is AppTest.UNCLEAR


def test_only_administrators_see_and_change_registrations(tools: Tools, ada: Viewer) -> None:
    editor = replace(ada, rights=frozenset({Right.LINK, Right.PUBLISH}))
    for act in (
        lambda: registrations.registrations(tools, editor),
        lambda: registrations.try_app(tools, editor, actor(editor), "fake"),
        lambda: registrations.take_out(tools, editor, actor(editor), "fake"),
        lambda: save(tools, editor),
    ):
        with pytest.raises(NotAllowedError):
            act()


def test_r27_the_redirect_address_is_known_before_registering_and_leads_back(
    tools: Tools, ada: Viewer
) -> None:
    address = registrations.registration(tools, ada, "fake").redirect
    assert address == f"{tools.settings.base_url}/link/back/fake"
    save(tools, ada)
    begun = linking.begin(tools, ada, BROWSER, "fake", {})
    assert f"to={address}&" in begun.url
    state = begun.url.partition("state=")[2]
    with pytest.raises(PlatformError):
        linking.come_back(tools, ada, BROWSER, "mastodon", {"state": state, "code": "c"})
    came = linking.come_back(tools, ada, BROWSER, "fake", {"state": state, "code": "c"})
    assert came.account_id is None
    with pytest.raises(PlatformError):
        linking.come_back(tools, ada, BROWSER, "fake", {"state": state, "code": "c"})


def test_what_is_taken_out_is_not_used_any_more_and_its_secret_is_erased(
    tools: Tools, ada: Viewer, clock: Any
) -> None:
    for client_id in ("id-1", "id-2"):
        save(tools, ada, client_id=client_id)
        clock.advance(seconds=1)
    with tools.database.writing() as unit:
        note_app_problem(unit, rows(tools)[0].id, "invalid_client", now=tools.now())
    registrations.take_out(tools, ada, actor(ada), "fake")
    assert registrations.app_in_use(tools, "fake") is None
    assert [row.problem for row in rows(tools)] == ["", ""]
    assert [row.secret for row in rows(tools)] == [b"", b""]
    with pytest.raises(NotFoundError):
        registrations.take_out(tools, ada, actor(ada), "fake")
    save(tools, ada, secret="anew")
    found = registrations.app_in_use(tools, "fake")
    assert found is not None
    assert (found[1].client_id, found[1].client_secret) == ("id-1", "anew")


def test_accounts_that_are_linked_keep_the_registration_that_was_taken_out(
    tools: Tools, ada: Viewer
) -> None:
    save(tools, ada)
    make_account(tools.database)
    (row,) = rows(tools)
    with tools.database.writing() as unit:
        unit.exec(select(GrantRow)).one().app_id = row.id
    assert registrations.registration(tools, ada, "fake").accounts == 1
    registrations.take_out(tools, ada, actor(ada), "fake")
    (row,) = rows(tools)
    assert row.secret.endswith(b"hush")


def test_what_stands_in_the_environment_is_not_taken_out_here(tools: Tools, ada: Viewer) -> None:
    tools = in_environment(tools, client_id="id-9", client_secret="from-outside")
    with pytest.raises(NotAllowedError):
        registrations.take_out(tools, ada, actor(ada), "fake")


def test_every_test_of_a_registration_is_in_the_audit_trail(tools: Tools, ada: Viewer) -> None:
    save(tools, ada)
    registrations.try_app(tools, ada, actor(ada), "fake")
    with tools.database.reading() as session:
        actions = [row.action for row in session.exec(select(AuditRow)).all()]
    assert "tested a platform: works" in actions


def test_what_a_test_finds_for_certain_is_kept_and_what_is_unclear_is_not(
    tools: Tools, ada: Viewer
) -> None:
    save(tools, ada)
    platform = Guarded()
    tools = replace(tools, platforms={"fake": platform})
    said = Evidence(call="check our registration", code="invalid_client")
    problems = []
    for answer in (AppTest.UNCLEAR, AppTest.REFUSED, AppTest.UNCLEAR, AppTest.WORKS):
        platform.answer = (answer, said)
        registrations.try_app(tools, ada, actor(ada), "fake")
        problems.append(rows(tools)[0].problem)
    assert problems == ["", "invalid_client", "invalid_client", ""]
