"""Log-ins at the server of an account: what is kept, for whom, and what is left as it was."""

import json
from dataclasses import replace
from uuid import UUID

import pytest
from sqlmodel import select

from dashboard.db.tables import AccountRow, AppRow, AttemptRow, GrantRow, LinkRow
from dashboard.domain.errors import InvalidInputError, NotFoundError, PlatformError
from dashboard.domain.team import Viewer
from dashboard.platforms.bluesky import Bluesky
from dashboard.platforms.bluesky.own_log_in import FIELD
from dashboard.services.linking import begin, come_back
from dashboard.services.log_ins import Begun, Browser
from dashboard.services.own_servers import WAY, document, is_possible
from dashboard.services.picking import pick
from dashboard.services.ports import Tools
from dashboard.services.relinking import Settled, settle
from tests.factories import make_account
from tests.fakes import FrozenClock, ScriptedHttp
from tests.platforms.samples import answer, jwt
from tests.platforms.test_bluesky_own_log_in import (
    BASE,
    DID,
    EXCHANGE,
    HAND_IN,
    HOME,
    ISSUER,
    NAME,
    OTHER,
    SESSION,
    tokens,
    world,
)
from tests.platforms.test_bluesky_own_log_in import document as home_document
from tests.services.conftest import actor

TYPED = {WAY: "1", FIELD: NAME}
BY_PASSWORD = {"service": "", "handle": NAME, "password": "abcd-efgh-ijkl-mnop"}


@pytest.fixture
def http() -> ScriptedHttp:
    session = {
        "did": DID,
        "handle": NAME,
        "active": True,
        "accessJwt": jwt(scope="com.atproto.appPassPrivileged", exp=1_795_600_000),
        "refreshJwt": jwt(scope="com.atproto.refresh", exp=1_800_000_000),
    }
    return ScriptedHttp(answers=world() | {"open a session": answer(200, session)})


@pytest.fixture
def linking(tools: Tools, http: ScriptedHttp, clock: FrozenClock) -> Tools:
    return replace(
        tools,
        settings=replace(tools.settings, base_url=BASE),
        http=http,
        platforms={"bluesky": Bluesky(clock=clock)},
    )


def said(http: ScriptedHttp, call: str) -> dict[str, str]:
    return dict(next(ask.form for ask in reversed(http.asked) if ask.call == call and ask.form))


def back(tools: Tools, viewer: Viewer, window: Browser, **more: str) -> UUID:
    assert isinstance(tools.http, ScriptedHttp)
    state = said(tools.http, HAND_IN)["state"]
    params = {"state": state, "code": "c0de", "iss": ISSUER, **more}
    return come_back(tools, viewer, window, "bluesky", params).attempt_id


def link(tools: Tools, viewer: Viewer, window: Browser, typed: dict[str, str]) -> UUID:
    begun = begin(tools, viewer, window, "bluesky", typed)
    attempt = back(tools, viewer, window) if begun.url else begun.attempt_id
    picked = pick(
        tools,
        viewer,
        window,
        actor(viewer),
        attempt,
        remote_ids=[DID],
        role_ids=[viewer.role_id],
    )
    (account_id,) = picked.linked
    return account_id


def grant_of(tools: Tools, account_id: UUID) -> GrantRow:
    with tools.database.reading() as session:
        its_link = session.exec(select(LinkRow).where(LinkRow.account_id == account_id)).one()
        return session.get(GrantRow, its_link.grant_id)


def test_an_account_is_linked_at_its_own_server(
    linking: Tools, anna: Viewer, window: Browser
) -> None:
    account_id = link(linking, anna, window, TYPED)
    with linking.database.reading() as session:
        account = session.get(AccountRow, account_id)
        (app,) = session.exec(select(AppRow)).all()
    assert (account.name, account.remote_id) == ("Bakery Jansen", DID)
    assert grant_of(linking, account_id).app_id == app.id
    assert app.client_id == f"{BASE}/link/bluesky/client-metadata.json"


def test_r31_our_key_and_that_of_the_consent_are_kept_sealed_each_to_its_place(
    linking: Tools, anna: Viewer, window: Browser
) -> None:
    account_id = link(linking, anna, window, TYPED)
    grant = grant_of(linking, account_id)
    with linking.database.reading() as session:
        (app,) = session.exec(select(AppRow)).all()
        (attempt,) = session.exec(select(AttemptRow)).all()
    assert app.secret.startswith(f"apps|{app.id}|secret|".encode())
    assert grant.credential.startswith(f"grants|{grant.id}|credential|".encode())
    assert b"dpop_key" in grant.credential
    assert attempt.verifier.startswith(f"attempts|{attempt.id}|verifier|".encode())
    assert attempt.typed == {"service": "", "handle": "", FIELD: NAME}


def test_our_key_is_made_once_and_the_document_shows_its_public_half(
    linking: Tools, anna: Viewer, window: Browser
) -> None:
    with pytest.raises(NotFoundError):
        document(linking, "bluesky")
    for _ in range(2):
        begin(linking, anna, window, "bluesky", TYPED)
    told = json.dumps(document(linking, "bluesky"))
    with linking.database.reading() as session:
        (app,) = session.exec(select(AppRow)).all()
    private = json.loads(app.secret.partition(b"|secret|")[2])
    assert private["x"] in told
    assert private["d"] not in told


def test_other_platforms_have_no_such_document(linking: Tools) -> None:
    with pytest.raises(NotFoundError):
        document(linking, "mastodon")
    assert not is_possible(linking, "mastodon")


def test_without_a_public_address_there_is_no_such_log_in_and_nobody_is_asked(
    linking: Tools, anna: Viewer, window: Browser, http: ScriptedHttp
) -> None:
    inside = replace(
        linking, settings=replace(linking.settings, base_url="http://linkkeeper.lan:8000")
    )
    assert not is_possible(inside, "bluesky")
    with pytest.raises(PlatformError) as raised:
        begin(inside, anna, window, "bluesky", TYPED)
    assert raised.value.kind == "no_public_address"
    assert http.asked == []
    assert link(inside, anna, window, BY_PASSWORD), "the other way works all the same"


def test_r25_an_answer_serves_one_browser_once(
    linking: Tools, anna: Viewer, window: Browser, http: ScriptedHttp
) -> None:
    begin(linking, anna, window, "bluesky", TYPED)
    with pytest.raises(PlatformError):
        back(linking, anna, Browser(session_hash="another"))
    assert back(linking, anna, window)
    with pytest.raises(PlatformError):
        back(linking, anna, window)
    assert [ask.call for ask in http.asked].count(EXCHANGE) == 1


@pytest.mark.parametrize("issuer", ["", "https://evil.example"])
def test_r27_an_answer_that_does_not_come_from_the_log_in_we_asked_sends_no_code(
    linking: Tools, anna: Viewer, window: Browser, http: ScriptedHttp, issuer: str
) -> None:
    begin(linking, anna, window, "bluesky", TYPED)
    with pytest.raises(PlatformError) as raised:
        back(linking, anna, window, iss=issuer)
    assert raised.value.kind == "odd_answer"
    assert EXCHANGE not in [ask.call for ask in http.asked]


def test_what_is_typed_wrong_is_said_at_its_field(
    linking: Tools, anna: Viewer, window: Browser
) -> None:
    with pytest.raises(InvalidInputError) as raised:
        begin(linking, anna, window, "bluesky", {WAY: "1", FIELD: "bakery"})
    assert raised.value.field == FIELD


def relink(
    tools: Tools, viewer: Viewer, window: Browser, account_id: UUID, **typed: str
) -> Settled:
    begun: Begun = begin(tools, viewer, window, "", typed, account_id=account_id)
    attempt = back(tools, viewer, window) if begun.url else begun.attempt_id
    return settle(tools, viewer, window, actor(viewer), attempt).settled


def test_an_account_linked_by_app_password_moves_in_place_to_the_other_way_and_back(
    linking: Tools, ada: Viewer, window: Browser
) -> None:
    account_id = link(linking, ada, window, BY_PASSWORD)
    assert grant_of(linking, account_id).app_id is None
    assert relink(linking, ada, window, account_id, **{WAY: "1"}) is Settled.DONE
    assert grant_of(linking, account_id).app_id is not None
    assert relink(linking, ada, window, account_id, **BY_PASSWORD) is Settled.DONE
    assert grant_of(linking, account_id).app_id is None
    with linking.database.reading() as session:
        assert len(session.exec(select(AccountRow)).all()) == 1


def test_r28_another_identity_at_a_relink_changes_nothing(
    linking: Tools, ada: Viewer, window: Browser, http: ScriptedHttp
) -> None:
    account_id = link(linking, ada, window, TYPED)
    before = grant_of(linking, account_id)
    begun = begin(linking, ada, window, "", {WAY: "1"}, account_id=account_id)
    http.answers |= {
        EXCHANGE: answer(200, tokens(sub=OTHER)),
        HOME: answer(200, home_document(OTHER)),
        SESSION: answer(200, {"did": OTHER, "handle": "evil.example", "active": True}),
    }
    attempt = back(linking, ada, window)
    assert attempt == begun.attempt_id
    settlement = settle(linking, ada, window, actor(ada), attempt)
    assert settlement.settled is Settled.WRONG_IDENTITY
    assert [found.remote_id for found in settlement.found] == [OTHER]
    assert grant_of(linking, account_id) == before


def test_a_relink_that_may_do_less_than_the_app_password_did_changes_nothing(
    linking: Tools, ada: Viewer, window: Browser, http: ScriptedHttp
) -> None:
    account_id = link(linking, ada, window, BY_PASSWORD)
    http.answers[EXCHANGE] = answer(200, tokens(scope="atproto transition:generic"))
    assert relink(linking, ada, window, account_id, **{WAY: "1"}) is Settled.LOSES_PERMISSIONS
    assert grant_of(linking, account_id).app_id is None


def test_an_account_of_another_platform_knows_no_such_way(
    linking: Tools, ada: Viewer, window: Browser
) -> None:
    account_id = make_account(linking.database, platform="mastodon")
    with pytest.raises(NotFoundError):
        begin(linking, ada, window, "", TYPED, account_id=account_id)
