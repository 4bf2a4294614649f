"""Bluesky's own log-in: the way there and back, and every lie that a server could tell on it."""

import base64
import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from dashboard.domain.credentials import App
from dashboard.domain.errors import InvalidInputError, PlatformError
from dashboard.domain.wire import Answer, Ask, NoAnswerError, Silence
from dashboard.platforms.atproto_log_in import client
from dashboard.platforms.atproto_log_in.places import place_of
from dashboard.platforms.atproto_log_in.proofs import Nonces
from dashboard.platforms.bluesky import Bluesky
from dashboard.platforms.bluesky.own_log_in import FIELD
from dashboard.platforms.protocol import Granted, Start
from tests.fakes import START, ScriptedHttp
from tests.platforms.samples import answer

BASE = "https://linkkeeper.example"
REDIRECT = f"{BASE}/link/back/bluesky"
APP = client.new_client(client.client_id(BASE, REDIRECT), REDIRECT)
DID, OTHER = "did:plc:ewvi7nxzyoun6zhxrhs64oiz", "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"
PDS, ISSUER = "https://morel.host.example", "https://log-in.example"
NAME, LOOK_UP, ITSELF = "bakery.bsky.social", "look up the name", "ask the name itself"
HOME, RESOURCE = "read where the account lives", "ask the server for its log-in"
OFFERS, HAND_IN = "read what the log-in offers", "hand in the request"
EXCHANGE, SESSION, PROFILE = "exchange the code", "read the session", "read the profile"
GIVE_BACK = "give the permission back"


def document(did: str = DID, pds: Any = PDS, **more: Any) -> dict[str, Any]:
    service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": pds}
    return {"id": did, "alsoKnownAs": [f"at://{NAME}"], "service": [service]} | more


def offers(**more: Any) -> dict[str, Any]:
    return {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/oauth/authorize",
        "token_endpoint": f"{ISSUER}/oauth/token",
        "pushed_authorization_request_endpoint": f"{ISSUER}/oauth/par",
        "revocation_endpoint": f"{ISSUER}/oauth/revoke",
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "scopes_supported": ["atproto", "transition:generic"],
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "authorization_response_iss_parameter_supported": True,
        "require_pushed_authorization_requests": True,
        "client_id_metadata_document_supported": True,
    } | more


def resource(**more: Any) -> dict[str, Any]:
    return {"resource": PDS, "authorization_servers": [ISSUER]} | more


def tokens(**more: Any) -> dict[str, Any]:
    return {
        "access_token": "bound-access",
        "refresh_token": "bound-refresh",
        "token_type": "DPoP",
        "scope": "atproto transition:generic transition:chat.bsky",
        "expires_in": 3600,
        "sub": DID,
    } | more


def world() -> dict[str, Any]:
    """What honest servers answer."""
    return {
        LOOK_UP: answer(200, {"did": DID}),
        HOME: answer(200, document()),
        RESOURCE: answer(200, resource()),
        OFFERS: answer(200, offers()),
        HAND_IN: answer(201, {"request_uri": "urn:x:1", "expires_in": 60}),
        EXCHANGE: answer(200, tokens()),
        SESSION: answer(200, {"did": DID, "handle": NAME, "active": True}),
        PROFILE: answer(200, {"did": DID, "displayName": "Bakery Jansen"}),
        GIVE_BACK: answer(200, {}),
    }


def bluesky() -> Bluesky:
    return Bluesky(clock=lambda: START)


def set_out(http: ScriptedHttp, *, remote_id: str = "", name: str = NAME, app: App = APP) -> Start:
    talk = bluesky().set_out(http, app, {FIELD: name}, state="s" * 43, remote_id=remote_id)
    start: Start = http.run(talk)
    return start


def arrive(
    http: ScriptedHttp,
    start: Start,
    *,
    issuer: str = ISSUER,
    app: App = APP,
    platform: Bluesky | None = None,
) -> Granted:
    talk = (platform or bluesky()).arrive(
        http, app, code="the-code", issuer=issuer, verifier=start.verifier, now=START
    )
    granted: Granted = http.run(talk)
    return granted


def asked(http: ScriptedHttp, call: str) -> list[Ask]:
    return [ask for ask in http.asked if ask.call == call]


def form(ask: Ask) -> dict[str, str]:
    assert ask.form is not None
    return dict(ask.form)


def proof(ask: Ask) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of the proof, its signature checked with the key in it."""
    said = ask.headers["DPoP"]
    head = said.split(".")[0]
    header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    claims = jwt.decode(said, ECKey.import_key(header["jwk"]), algorithms=["ES256"]).claims
    return header, dict(claims)


@pytest.fixture
def http() -> ScriptedHttp:
    return ScriptedHttp(answers=world())


# The way there


def test_the_request_is_handed_in_and_the_browser_takes_only_its_number(http: ScriptedHttp) -> None:
    start = set_out(http)
    parts = urlsplit(start.url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{ISSUER}/oauth/authorize"
    assert parse_qs(parts.query) == {"client_id": [APP.client_id], "request_uri": ["urn:x:1"]}
    (ask,) = asked(http, HAND_IN)
    said = form(ask)
    assert said["redirect_uri"] == REDIRECT
    assert said["scope"] == "atproto transition:generic transition:chat.bsky"
    assert said["login_hint"] == NAME
    assert said["state"] == "s" * 43


def test_r26_the_verifier_stays_here_and_only_its_digest_is_sent(http: ScriptedHttp) -> None:
    start = set_out(http)
    verifier = json.loads(start.verifier)["verifier"]
    said = form(asked(http, HAND_IN)[0])
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode()
    assert said["code_challenge"] == digest.rstrip("=")
    assert said["code_challenge_method"] == "S256"
    assert verifier not in repr([ask.form for ask in http.asked])
    assert len(verifier) >= 43


def test_we_prove_who_we_are_with_the_key_in_our_document(http: ScriptedHttp) -> None:
    set_out(http)
    said = form(asked(http, HAND_IN)[0])
    (public,) = client.document([APP], BASE)["jwks"]["keys"]  # type: ignore[index]
    assert "d" not in public, "the private half stays here"
    claims = jwt.decode(
        said["client_assertion"], ECKey.import_key(public), algorithms=["ES256"]
    ).claims
    assert claims["iss"] == claims["sub"] == said["client_id"] == APP.client_id
    assert claims["aud"] == ISSUER
    assert claims["exp"] - claims["iat"] <= 60
    again = ScriptedHttp(answers=world())
    set_out(again)
    assert form(asked(again, HAND_IN)[0])["client_assertion"] != said["client_assertion"]


def test_every_log_in_has_a_key_of_its_own(http: ScriptedHttp) -> None:
    one, two = set_out(http), set_out(http)
    assert json.loads(one.verifier)["key"] != json.loads(two.verifier)["key"]


def test_a_relink_begins_with_the_identity_and_asks_for_no_name(http: ScriptedHttp) -> None:
    del http.answers[LOOK_UP]
    set_out(http, remote_id=DID, name="")
    assert http.asked[0].url == f"https://plc.directory/{DID}"


def test_a_name_that_only_its_own_server_knows_is_found_there(http: ScriptedHttp) -> None:
    http.answers[LOOK_UP] = answer(400, {"error": "InvalidRequest"})
    http.answers[ITSELF] = Answer(status=200, headers={}, body=f"{DID}\n".encode())
    assert set_out(http).url
    (ask,) = asked(http, ITSELF)
    assert (ask.url, ask.redirects) == (f"https://{NAME}/.well-known/atproto-did", 0)


def test_an_identity_of_a_web_server_is_read_there(http: ScriptedHttp) -> None:
    did = "did:web:bakery.example"
    http.answers[LOOK_UP] = answer(200, {"did": did})
    http.answers[HOME] = answer(200, document(did))
    set_out(http)
    assert asked(http, HOME)[0].url == "https://bakery.example/.well-known/did.json"


@pytest.mark.parametrize(
    "typed",
    ["", "bakery", "a b.example", "bakery.bsky.social/x", "did:key:z6Mk", "127.0.0.1", "x" * 300],
)
def test_what_is_no_name_is_said_at_the_field_and_nobody_is_asked(
    typed: str, http: ScriptedHttp
) -> None:
    with pytest.raises(InvalidInputError) as raised:
        set_out(http, name=typed)
    assert raised.value.field == FIELD
    assert http.asked == []


NOBODY = {
    "nobody knows the name": {
        LOOK_UP: answer(400, {"error": "InvalidRequest"}),
        ITSELF: answer(404, text=""),
    },
    "the name leads to no identity": {
        LOOK_UP: answer(200, {"did": "did:web:127.0.0.1"}),
        ITSELF: answer(200, text="did:web:localhost"),
    },
    "the identity is not in the directory": {HOME: answer(404, {"message": "not found"})},
    "the account does not bear the name": {HOME: answer(200, document(alsoKnownAs=["at://evil.example"]))},
    "the account bears no name": {HOME: answer(200, document(alsoKnownAs=[]))},
}  # fmt: skip


@pytest.mark.parametrize("name", NOBODY)
def test_an_account_that_cannot_be_found_is_said_at_the_field(
    name: str, http: ScriptedHttp
) -> None:
    http.answers |= NOBODY[name]
    with pytest.raises(InvalidInputError) as raised:
        set_out(http)
    assert raised.value.field == FIELD


LIES = {
    "the document is about somebody else": {HOME: answer(200, document(OTHER))},
    "no server": {HOME: answer(200, document(service=[]))},
    "a server by http": {HOME: answer(200, document(pds="http://morel.host.example"))},
    "a server with a path": {HOME: answer(200, document(pds=f"{PDS}/path"))},
    "a server with a user": {HOME: answer(200, document(pds="https://a:b@morel.host.example"))},
    "a service of another kind": {
        HOME: answer(
            200, document(service=[{"id": "#atproto_pds", "type": "X", "serviceEndpoint": PDS}])
        )
    },
    "speaks for another server": {
        RESOURCE: answer(200, resource(resource="https://other.example"))
    },
    "two log-ins": {RESOURCE: answer(200, resource(authorization_servers=[ISSUER, PDS]))},
    "no log-in": {RESOURCE: answer(200, resource(authorization_servers=[]))},
    "a log-in by http": {
        RESOURCE: answer(200, resource(authorization_servers=["http://log-in.example"]))
    },
    "a log-in with a path": {
        RESOURCE: answer(200, resource(authorization_servers=[f"{ISSUER}/tenant"]))
    },
    "a server without such a log-in": {RESOURCE: answer(404, {"error": "NotFound"})},
    "HTML": {OFFERS: answer(200, text="<html>")},
    "metadata of another issuer": {OFFERS: answer(200, offers(issuer="https://honest.example"))},
    "tokens elsewhere": {
        OFFERS: answer(200, offers(token_endpoint="https://evil.example/token"))
    },
    "requests elsewhere": {
        OFFERS: answer(200, offers(pushed_authorization_request_endpoint=f"{ISSUER}.evil.example"))
    },
    "people sent elsewhere": {
        OFFERS: answer(200, offers(authorization_endpoint="javascript:alert(1)//"))
    },
    "given back elsewhere": {OFFERS: answer(200, offers(revocation_endpoint="https://evil.example"))},
    **{
        f"lacks {name}": {OFFERS: answer(200, offers(**{name: value}))}
        for name, value in (
            ("response_types_supported", []),
            ("grant_types_supported", ["authorization_code"]),
            ("code_challenge_methods_supported", ["plain"]),
            ("dpop_signing_alg_values_supported", ["RS256"]),
            ("scopes_supported", ["openid"]),
            ("token_endpoint_auth_methods_supported", ["none"]),
            ("token_endpoint_auth_signing_alg_values_supported", ["RS256"]),
            ("authorization_response_iss_parameter_supported", False),
            ("require_pushed_authorization_requests", "true"),
            ("client_id_metadata_document_supported", None),
            ("pushed_authorization_request_endpoint", None),
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_r27_a_server_that_contradicts_itself_or_lacks_something_is_not_used(
    lie: str, http: ScriptedHttp
) -> None:
    http.answers |= LIES[lie]
    with pytest.raises(PlatformError) as raised:
        set_out(http)
    assert raised.value.kind == "no_log_in"
    assert asked(http, HAND_IN) == []


@pytest.mark.parametrize(
    ("told", "place"),
    [
        (PDS, PDS),
        (f"{PDS}/", PDS),
        ("https://h.example:8443", "https://h.example:8443"),
        ("http://h.example", ""),
        ("ftp://h.example", ""),
        ("h.example", ""),
        ("@anna@h.example", ""),
        ("https://h.example/@anna", ""),
        ("https://h.example/path", ""),
        ("https://h.example?x=1", ""),
        ("https://h.example#x", ""),
        ("https://a:b@h.example", ""),
        ("https://H.example", ""),
        (" https://h.example", ""),
        ("https://h.example:443", ""),
        ("", ""),
        (7, ""),
        (None, ""),
    ],
)
def test_only_a_bare_origin_reached_by_https_is_a_place(told: Any, place: str) -> None:
    assert place_of(told, {}) == place
    assert place_of("http://s.example/x/pds/", {"pds": "http://s.example/x/pds"}) != ""


def test_r40_a_server_at_a_private_address_is_named_as_unfit(http: ScriptedHttp) -> None:
    """Whether an address is private is judged where the connection is made."""
    http.answers[RESOURCE] = NoAnswerError(Silence.FORBIDDEN_ADDRESS, call=RESOURCE)
    with pytest.raises(PlatformError) as raised:
        set_out(http)
    assert raised.value.kind == "no_log_in"


@pytest.mark.parametrize("status", [302, 429, 503])
@pytest.mark.parametrize("call", [HOME, RESOURCE, OFFERS])
def test_r36_an_outage_on_the_way_is_an_outage(call: str, status: int, http: ScriptedHttp) -> None:
    http.answers[call] = answer(status, {}, headers={"location": "https://evil.example"})
    with pytest.raises(NoAnswerError):
        set_out(http)


def test_documents_of_strangers_are_small_and_lead_nowhere_else(http: ScriptedHttp) -> None:
    set_out(http)
    for ask in http.asked:
        assert ask.redirects == 0
        assert ask.call == HAND_IN or ask.max_bytes <= 65_536
        assert "Authorization" not in ask.headers


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (answer(400, {"error": "invalid_client", "error_description": "no"}), "app_problem"),
        (answer(400, {"error": "invalid_client_metadata"}), "app_problem"),
        (answer(400, {"error": "invalid_request", "error_description": "no"}), "refused"),
        (answer(400, {"error": "invalid_scope"}), "refused"),
        (answer(503, text="<html>"), "silent"),
        (answer(429, {"error": "RateLimitExceeded"}), "silent"),
        (answer(201, {"expires_in": 60}), "odd_answer"),
        (answer(201, {"request_uri": 7}), "odd_answer"),
        (answer(400, {"error": "use_dpop_nonce"}, headers={}), "refused"),
    ],
)
def test_a_request_that_is_not_taken_says_why(said: Any, kind: str, http: ScriptedHttp) -> None:
    http.answers[HAND_IN] = said
    with pytest.raises(PlatformError) as raised:
        set_out(http)
    assert raised.value.kind == kind


# The way back


def test_the_account_comes_back_with_a_consent_bound_to_its_key(http: ScriptedHttp) -> None:
    start = set_out(http)
    granted = arrive(http, start)
    (identity,) = granted.identities
    assert (identity.remote_id, identity.name, identity.handle) == (
        DID,
        "Bakery Jansen",
        f"@{NAME}",
    )
    credential = granted.credential
    assert credential.access == "bound-access"
    assert credential.extra["dpop_key"] == json.loads(start.verifier)["key"]
    assert credential.extra["pds"] == PDS
    assert credential.expires_at == START + timedelta(hours=1)
    assert credential.extra["dpop_key"] not in repr(credential)
    said = form(asked(http, EXCHANGE)[0])
    assert said["code"] == "the-code"
    assert said["code_verifier"] == json.loads(start.verifier)["verifier"]
    assert said["redirect_uri"] == REDIRECT


def test_all_questions_of_a_log_in_are_signed_by_its_key_each_anew(http: ScriptedHttp) -> None:
    arrive(http, set_out(http))
    proofs = [proof(ask) for ask in http.asked if "DPoP" in ask.headers]
    assert [claims["htm"] for _, claims in proofs] == ["POST", "POST", "GET", "GET"]
    assert len({json.dumps(header["jwk"]) for header, _ in proofs}) == 1
    assert len({claims["jti"] for _, claims in proofs}) == len(proofs)
    assert all("d" not in header["jwk"] for header, _ in proofs)
    assert all(header["typ"] == "dpop+jwt" for header, _ in proofs)
    assert all(claims["iat"] == int(START.timestamp()) for _, claims in proofs)


def test_a_question_in_somebodys_name_is_bound_to_the_token_and_the_address(
    http: ScriptedHttp,
) -> None:
    arrive(http, set_out(http))
    (ask,) = asked(http, PROFILE)
    _, claims = proof(ask)
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"bound-access").digest()).decode()
    assert claims["ath"] == digest.rstrip("=")
    assert claims["htu"] == f"{PDS}/xrpc/app.bsky.actor.getProfile", "without the query"
    assert ask.headers["Authorization"] == "DPoP bound-access"
    assert "ath" not in proof(asked(http, EXCHANGE)[0])[1], "no token is sent there"


@pytest.mark.parametrize("issuer", ["", "https://evil.example", f"{ISSUER}/", PDS])
def test_r27_an_answer_from_another_log_in_is_refused_before_the_code_is_sent(
    issuer: str, http: ScriptedHttp
) -> None:
    start = set_out(http)
    with pytest.raises(PlatformError) as raised:
        arrive(http, start, issuer=issuer)
    assert raised.value.kind == "odd_answer"
    assert asked(http, EXCHANGE) == []


def test_r28_another_account_than_the_one_typed_is_refused_and_given_back(
    http: ScriptedHttp,
) -> None:
    start = set_out(http)
    http.answers[EXCHANGE] = answer(200, tokens(sub=OTHER))
    http.answers[HOME] = answer(200, document(OTHER))
    with pytest.raises(PlatformError) as raised:
        arrive(http, start)
    assert raised.value.kind == "other_account"
    assert form(asked(http, GIVE_BACK)[0])["token"] == "bound-refresh"
    assert asked(http, SESSION) == []


def test_r28_at_a_relink_another_account_is_named_so_that_it_can_be_compared(
    http: ScriptedHttp,
) -> None:
    start = set_out(http, remote_id=DID)
    http.answers[EXCHANGE] = answer(200, tokens(sub=OTHER))
    http.answers[HOME] = answer(200, document(OTHER))
    http.answers[SESSION] = answer(200, {"did": OTHER, "handle": "evil.example"})
    assert arrive(http, start).identities[0].remote_id == OTHER


MIX_UPS = {
    "the account's own server names another log-in": {
        RESOURCE: answer(200, resource(authorization_servers=["https://honest.example"]))
    },
    "the account's server does not speak for itself": {
        RESOURCE: answer(200, resource(resource="https://other.example"))
    },
    "the directory tells of somebody else": {HOME: answer(200, document(OTHER))},
    "the directory knows nobody": {HOME: answer(404, {})},
    "the server says that somebody else is asking": {
        SESSION: answer(200, {"did": OTHER, "handle": NAME})
    },
    "the server knows no session": {SESSION: answer(401, {"error": "AuthMissing"})},
}


@pytest.mark.parametrize("relink", [False, True])
@pytest.mark.parametrize("name", MIX_UPS)
def test_r28_the_identity_must_lead_to_the_log_in_that_answered(
    name: str,
    relink: bool,
    http: ScriptedHttp,
) -> None:
    """An evil log-in may claim any identity; the consent is given back at once."""
    start = set_out(http, remote_id=DID if relink else "")
    http.answers |= MIX_UPS[name]
    with pytest.raises(PlatformError):
        arrive(http, start)
    assert len(asked(http, GIVE_BACK)) == 1


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (answer(400, {"error": "invalid_grant", "error_description": "used"}), "refused"),
        (answer(401, {"error": "invalid_client"}), "app_problem"),
        (answer(503, {"error": "invalid_grant"}), "silent"),
        (answer(200, tokens(token_type="Bearer")), "odd_answer"),
        (answer(200, tokens(sub=None)), "odd_answer"),
        (answer(200, tokens(scope="transition:generic")), "odd_answer"),
        (answer(200, tokens(access_token="")), "odd_answer"),
    ],
)
def test_a_code_that_brings_no_usable_consent_says_why(
    said: Any, kind: str, http: ScriptedHttp
) -> None:
    start = set_out(http)
    http.answers[EXCHANGE] = said
    with pytest.raises(PlatformError) as raised:
        arrive(http, start)
    assert raised.value.kind == kind


@pytest.mark.parametrize(
    ("base", "renewable", "over"),
    [(BASE, timedelta(days=90), timedelta(days=730)),
     ("http://127.0.0.1:8000", timedelta(days=14), timedelta(days=14))],
)  # fmt: skip
def test_how_long_a_consent_lasts_depends_on_whether_we_can_prove_who_we_are(
    base: str, renewable: timedelta, over: timedelta, http: ScriptedHttp
) -> None:
    redirect = f"{base}/link/back/bluesky"
    app = client.new_client(client.client_id(base, redirect), redirect)
    credential = arrive(http, set_out(http, app=app), app=app).credential
    assert credential.refresh_expires_at == START + renewable
    assert credential.extra["session_ends"] == (START + over).isoformat()


# Numbers of the servers


def test_a_server_that_wants_its_number_gets_it_once_and_it_is_remembered(
    http: ScriptedHttp,
) -> None:
    wish = answer(400, {"error": "use_dpop_nonce"}, headers={"dpop-nonce": "n1"})
    http.answers[HAND_IN] = [wish, world()[HAND_IN]]
    platform = bluesky()
    talk = platform.set_out(http, APP, {FIELD: NAME}, state="s" * 43, remote_id="")
    start = http.run(talk)
    first, second = (proof(ask)[1] for ask in asked(http, HAND_IN))
    assert "nonce" not in first
    assert second["nonce"] == "n1"
    assert first["jti"] != second["jti"]
    arrive(http, start, platform=platform)
    assert proof(asked(http, EXCHANGE)[0])[1]["nonce"] == "n1"
    assert "nonce" not in proof(asked(http, SESSION)[0])[1], "that is another server"


def test_a_resource_says_in_its_header_that_it_wants_its_number(http: ScriptedHttp) -> None:
    header = {"www-authenticate": 'DPoP error="use_dpop_nonce"', "dpop-nonce": "n2"}
    http.answers[SESSION] = [answer(401, text="", headers=header), world()[SESSION]]
    arrive(http, set_out(http))
    assert proof(asked(http, SESSION)[1])[1]["nonce"] == "n2"


def test_a_server_that_never_has_enough_is_not_asked_for_ever(http: ScriptedHttp) -> None:
    numbers = iter(range(100))
    http.answers[HAND_IN] = lambda _: answer(
        400, {"error": "use_dpop_nonce"}, headers={"dpop-nonce": f"n{next(numbers)}"}
    )
    with pytest.raises(PlatformError):
        set_out(http)
    assert len(asked(http, HAND_IN)) == 2


def test_a_newer_number_that_comes_with_a_yes_is_used_next_and_asks_for_nothing(
    http: ScriptedHttp,
) -> None:
    http.answers[HAND_IN] = answer(201, {"request_uri": "urn:x:1"}, headers={"dpop-nonce": "n3"})
    platform = bluesky()
    talk = platform.set_out(http, APP, {FIELD: NAME}, state="s" * 43, remote_id="")
    start = http.run(talk)
    assert len(asked(http, HAND_IN)) == 1
    arrive(http, start, platform=platform)
    assert proof(asked(http, EXCHANGE)[0])[1]["nonce"] == "n3"


@pytest.mark.parametrize("nonce", ["", "a b", "x" * 600, "n\r\nX: 1"])
def test_a_number_that_cannot_be_sent_back_is_none(nonce: str) -> None:
    nonces = Nonces()
    assert nonces.learn(PDS, answer(401, {}, headers={"dpop-nonce": nonce})) == ""
    assert nonces.of(PDS) == ""


def test_numbers_of_ever_more_servers_take_no_more_room() -> None:
    nonces = Nonces()
    for number in range(3_000):
        nonces.learn(f"https://h{number}.example/x", answer(headers={"dpop-nonce": "n"}))
    assert len(nonces._known) <= 1_000


# Who we are


@pytest.mark.parametrize(
    ("base", "known_as"),
    [
        (BASE, f"{BASE}/link/bluesky/client-metadata.json"),
        ("http://127.0.0.1:8000", "http://localhost?redirect_uri="),
        ("http://[::1]:8000", "http://localhost?redirect_uri="),
        ("http://localhost:8000", ""),
        ("http://linkkeeper.example", ""),
        ("https://localhost", ""),
        ("https://linkkeeper", ""),
        ("https://linkkeeper.local", ""),
        ("https://linkkeeper.internal", ""),
        ("https://192.168.1.7", ""),
        ("https://[2001:db8::1]", ""),
        ("https://linkkeeper.example:8443", ""),
    ],
)
def test_servers_know_us_only_by_an_address_that_they_could_read(base: str, known_as: str) -> None:
    found = client.client_id(base, f"{base}/link/back/bluesky")
    assert found.startswith(known_as)
    assert bool(found) == bool(known_as)


def test_a_client_on_this_computer_tells_everything_in_its_name_and_has_no_key() -> None:
    redirect = "http://127.0.0.1:8000/link/back/bluesky"
    known_as = client.client_id("http://127.0.0.1:8000", redirect)
    said = parse_qs(urlsplit(known_as).query)
    assert said == {"redirect_uri": [redirect], "scope": [" ".join(client.SCOPES)]}
    app = client.new_client(known_as, redirect)
    assert app.client_secret == ""
    assert client.identified(app, ISSUER, now=START) == {"client_id": known_as}


def test_our_document_says_all_that_a_server_needs_and_keeps_older_keys() -> None:
    older = replace(APP, client_secret=client.new_client(APP.client_id, REDIRECT).client_secret)
    told: Any = client.document([APP, older], BASE)
    assert told["client_id"] == f"{BASE}{client.DOCUMENT}"
    assert told["redirect_uris"] == [REDIRECT]
    assert told["dpop_bound_access_tokens"] is True
    assert told["token_endpoint_auth_method"] == "private_key_jwt"
    assert len({key["kid"] for key in told["jwks"]["keys"]}) == 2
    assert not any("d" in key for key in told["jwks"]["keys"])
    assert APP.client_secret not in json.dumps(told)
