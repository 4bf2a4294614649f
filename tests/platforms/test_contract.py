"""What every platform must do alike: over recorded answers, and over what none should ever say.

A recorded answer is a file in `data/<key>/`: who says so and how sure that is, the answers by the
name of the question, and what must be found. A new platform is in here by its folder.
"""

import json
from collections.abc import Coroutine, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.causes import Cause
from dashboard.domain.checks import (
    AppProblem,
    Blocked,
    Evidence,
    NeedsRefresh,
    NoAnswer,
    Refused,
    Works,
)
from dashboard.domain.errors import PlatformError
from dashboard.domain.publishing import NotPublished, Outgoing, Picture, Published, PublishUnclear
from dashboard.domain.wire import Answer, Ask, NoAnswerError, Silence
from dashboard.platforms import PLATFORMS
from dashboard.platforms.protocol import (
    ListsMentions,
    ListsPosts,
    Publishes,
    Refreshed,
    RefreshesCredentials,
    RefreshRefused,
    RefreshUnclear,
    RenewsWithoutSecret,
)
from tests.fakes import START
from tests.platforms.samples import SAMPLES, Sample, answer

DATA = Path(__file__).parent / "data"
RECORDED = sorted(DATA.glob("*/*.json"))
KEYS = [*(platform.about.key for platform in PLATFORMS), "bluesky_own_log_in"]
RENEWING = [key for key in KEYS if isinstance(SAMPLES[key].platform, RefreshesCredentials)]
TELLS_NOTHING_OF_SUSPENSION = {"linkedin", "google_business"}  # no code for it is known
OUTCOMES = (Works, Refused, Blocked, NoAnswer, AppProblem, NeedsRefresh)
REFRESHES = (Refreshed, RefreshRefused, RefreshUnclear)


class Played:
    """Answers by the name of the question, or the same answer to every question."""

    def __init__(self, answers: dict[str, Any] | Answer | NoAnswerError) -> None:
        self.answers = answers
        self.asked: list[Ask] = []

    async def send(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        found = self.answers[ask.call] if isinstance(self.answers, dict) else self.answers
        if isinstance(found, NoAnswerError):
            raise found
        return found


def played(recorded: dict[str, Any]) -> Answer | NoAnswerError:
    if "silence" in recorded:
        return NoAnswerError(
            Silence(recorded["silence"]),
            call="played",
            may_have_arrived=recorded.get("may_have_arrived", False),
        )
    return answer(
        recorded["status"],
        recorded.get("json"),
        text=recorded.get("text"),
        headers=recorded.get("headers"),
    )


def finished(talk: Coroutine[Any, Any, Any]) -> Any:
    """What `talk` returns; it needs no loop, as the played answers are there at once."""
    try:
        talk.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits for something")


def check(sample: Sample, http: Any) -> Any:
    return finished(sample.platform.check(http, sample.app, sample.credential, sample.identity))


def refresh(sample: Sample, http: Any) -> Any:
    return finished(sample.platform.refresh(http, sample.app, sample.credential, now=START))


def evidence_in(thing: object) -> Iterator[Evidence]:
    if isinstance(thing, Evidence):
        yield thing
    elif is_dataclass(thing):
        for field in fields(thing):
            yield from evidence_in(getattr(thing, field.name))


def summary(outcome: Any) -> dict[str, Any]:
    """The outcome in the words of the recorded files."""
    found: dict[str, Any] = {"outcome": type(outcome).__name__}
    match outcome:
        case Works():
            if outcome.missing:
                found["missing"] = sorted({item.what for item in outcome.missing})
            if outcome.renew_by:
                found["renew_by"] = outcome.renew_by.isoformat()
        case Refused():
            found |= {"cause": outcome.cause, "certain": outcome.certain}
        case Blocked() | RefreshRefused():
            found["cause"] = outcome.cause
        case NoAnswer():
            found["cause"] = outcome.cause
            if outcome.retry_after is not None:
                found["retry_after"] = outcome.retry_after.total_seconds()
        case RefreshUnclear():
            found["may_have_happened"] = outcome.may_have_happened
            if outcome.app_problem:
                found["app_problem"] = True
    return found


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_recorded_answer_means_what_is_known_of_it(path: Path) -> None:
    recorded = json.loads(path.read_text())
    sample = SAMPLES[path.parent.name]
    http = Played({call: played(said) for call, said in recorded["answers"].items()})
    ask = {"check": check, "refresh": refresh}[recorded["asked"]]

    outcome = ask(sample, http)

    assert summary(outcome) == recorded["expected"]
    assert {asked.call for asked in http.asked} == set(recorded["answers"]), "asked as recorded"


@pytest.mark.parametrize("key", KEYS)
def test_every_kind_of_finding_is_recorded(key: str) -> None:
    recorded = [json.loads(path.read_text()) for path in DATA.glob(f"{key}/*.json")]
    assert all(file["source"] and file["sure"] for file in recorded)
    outcomes = {file["expected"]["outcome"] for file in recorded}
    wanted = {Cause.RATE_LIMITED, Cause.PLATFORM_DOWN}
    if key not in TELLS_NOTHING_OF_SUSPENSION:
        assert "Blocked" in outcomes
        wanted.add(Cause.ACCOUNT_SUSPENDED)
    assert outcomes >= {"Works", "NoAnswer"}
    assert outcomes & {"Refused", "RefreshRefused"}
    causes = {Cause(file["expected"]["cause"]) for file in recorded if "cause" in file["expected"]}
    assert wanted <= causes


NOTHING_OF_THE_TOKEN = {
    **{
        f"{status} {form}": answer(status, {"error": "invalid_token"}, text=text)
        for status in (408, 429, 500, 502, 503, 504, 520, 599)
        for form, text in (
            ("with an accusing body", None),
            ("in HTML", "<html><h1>Sorry</h1></html>"),
            ("without a body", ""),
        )
    },
    "HTML": answer(200, text="<!doctype html><title>Log in</title>"),
    "cut off": answer(200, text='{"id": "14715", "username": "bak'),
    "an empty body": answer(200, text=""),
    "an empty object": answer(200, {}),
    "a list": answer(200, [{"error": "invalid_grant"}]),
    "a string": answer(200, "invalid_grant"),
    "null": answer(200, None),
    "a number": answer(200, 42),
    "wrong types": answer(
        200,
        {"id": 14715, "did": [], "username": {}, "error": 401, "access_token": 7, "accessJwt": {}},
    ),
    "too deep": answer(200, text='{"a":' * 10_000 + "1" + "}" * 10_000),
    "not UTF-8": Answer(status=200, headers={}, body=b'{"id": "\xff\xfe"}'),
    "an error in a list": answer(401, ["invalid_grant"]),
    "401 in HTML": answer(
        401,
        text="<html>The access token was revoked</html>",
        headers={"www-authenticate": 'Bearer error="invalid_token"'},
    ),
    "403 in HTML": answer(403, text="<html>The access token was revoked</html>"),
    "400 in HTML": answer(400, text="invalid_grant ExpiredToken token_revoked"),
    "a redirect": answer(302, {"error": "invalid_grant"}, headers={"location": "/login"}),
}


@pytest.mark.parametrize("name", NOTHING_OF_THE_TOKEN)
@pytest.mark.parametrize("key", KEYS)
def test_r36_a_check_that_taught_nothing_accuses_nobody(key: str, name: str) -> None:
    outcome = check(SAMPLES[key], Played(NOTHING_OF_THE_TOKEN[name]))
    assert isinstance(outcome, NoAnswer)
    assert outcome.evidence.call


@pytest.mark.parametrize("name", NOTHING_OF_THE_TOKEN)
@pytest.mark.parametrize("key", RENEWING)
def test_r36_a_refresh_that_taught_nothing_accuses_nobody(key: str, name: str) -> None:
    outcome = refresh(SAMPLES[key], Played(NOTHING_OF_THE_TOKEN[name]))
    assert isinstance(outcome, RefreshUnclear)
    assert not outcome.app_problem


@pytest.mark.parametrize("silence", Silence)
@pytest.mark.parametrize("key", KEYS)
def test_silence_is_left_to_the_caller(key: str, silence: Silence) -> None:
    """A check lets it through; a refresh says whether the question may have arrived (R35)."""
    silent = NoAnswerError(silence, call="any", may_have_arrived=True)
    with pytest.raises(NoAnswerError):
        check(SAMPLES[key], Played(silent))
    if key in RENEWING:
        outcome = refresh(SAMPLES[key], Played(silent))
        assert isinstance(outcome, RefreshUnclear)
        assert outcome.may_have_happened


@pytest.mark.parametrize("key", RENEWING)
def test_a_refresh_is_sent_once_and_may_take_its_time(key: str) -> None:
    """R33, R34: it is never repeated here, and its deadline is at least a minute."""
    http = Played(NOTHING_OF_THE_TOKEN["503 in HTML"])
    refresh(SAMPLES[key], http)
    (ask,) = http.asked
    assert ask.deadline >= 60
    assert ask.redirects == 0


@pytest.mark.parametrize("key", ["instagram", "threads"])
def test_what_renews_without_our_secret_sends_nothing_of_our_registration(key: str) -> None:
    sample = SAMPLES[key]
    assert isinstance(sample.platform, RenewsWithoutSecret)
    http = Played(NOTHING_OF_THE_TOKEN["503 in HTML"])
    refresh(sample, http)
    (ask,) = http.asked
    sent = f"{ask.url} {ask.form} {ask.headers}"
    assert sample.app is not None
    assert sample.app.client_id not in sent
    assert sample.app.client_secret not in sent


@pytest.mark.parametrize("key", KEYS)
def test_r32_secrets_are_sent_in_no_address_and_to_no_other_server(key: str) -> None:
    sample = SAMPLES[key]
    http = Played(answer(200, {}))
    check(sample, http)
    for ask in http.asked:
        assert ask.redirects == 0
        assert any(ask.url.startswith(f"{origin}/") for origin in sample.origins)
        assert not any(secret in ask.url for secret in sample.secrets)
        assert not any(secret in repr(ask) for secret in sample.secrets)


def words(secrets: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """Strings, among them those that platforms mean something by, and echoes of the secrets."""
    known = (
        "invalid_grant", "invalid_token", "invalid_client", "ExpiredToken", "InvalidToken",
        "AccountTakedown", "token_revoked", "token_expired", "account_gone", "role_lost",
        "The access token was revoked", "Your login is currently disabled", "Record not found",
        "This action is outside the authorized scopes", "Could not find user info for account",
        "Bearer", "14715", "bakery", "did:plc:ewvi7nxzyoun6zhxrhs64oiz", "page_1",
        "2026-11-24T10:00:00Z", "9999-12-31T23:59:59-14:00", "https://example.org/a",
        "javascript:alert(1)", "takendown", "view", "direct", "DPoP", "atproto",
    )  # fmt: skip
    echoes = st.sampled_from(secrets).flatmap(
        lambda secret: st.sampled_from(
            (secret, f"token {secret} is bad", secret * 3, f"x\u200b{secret}\x00y", secret.upper())
        )
    )
    return st.one_of(st.sampled_from(known), st.text(max_size=40), echoes)


NAMES = (
    "error", "error_description", "message", "cause", "status", "active", "id", "username", "did",
    "handle", "access_token", "refresh_token", "accessJwt", "refreshJwt", "expires_in", "scope",
    "token_type", "didDoc", "service", "serviceEndpoint", "moved", "suspended", "display_name",
    "granted_scopes", "your_role", "renew_by", "items", "feed", "next", "cursor", "post", "record",
    "uri", "text", "content", "created_at", "createdAt", "url", "acct", "name", "data", "code",
    "error_subcode", "is_transient", "permissions", "accounts", "tasks", "paging", "cursors",
    "after", "comments", "created_time", "permalink_url", "post_id", "author", "notifications",
    "reason", "indexedAt", "blob", "title", "detail", "type", "meta", "next_token", "elements",
    "organization", "role", "state", "serviceErrorCode", "active", "sub", "value", "image",
    "uploadUrl", "publishedAt", "commentary", "instagram_business_account", "user_id",
    "errors", "details", "kind", "nextPageToken",
    "json", "children", "after", "permalink", "created_utc", "is_suspended", "selftext",
    "snippet", "contentDetails", "topLevelComment", "youtube#channelListResponse",
    "localPosts", "reviews", "locations", "reviewId", "createTime", "metadata", "user", "open_id",
    "videos", "has_more", "privacy_level_options", "publish_id", "bookmark", "board",
    "alsoKnownAs", "request_uri", "issuer",
)  # fmt: skip


def bodies(secrets: tuple[str, ...]) -> st.SearchStrategy[Any]:
    scalars = st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), words(secrets), words(secrets)
    )
    values = st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
        ),
        max_leaves=12,
    )
    return st.one_of(st.dictionaries(st.sampled_from(NAMES), values, max_size=8), values)


def answers(secrets: tuple[str, ...]) -> st.SearchStrategy[Answer]:
    headers = st.dictionaries(
        st.sampled_from(
            ("retry-after", "date", "ratelimit-reset", "www-authenticate", "dpop-nonce")
        ),
        st.one_of(words(secrets), st.sampled_from(("7", "-5", "9e99", "9" * 40, "0"))),
        max_size=3,
    )
    return st.builds(
        lambda status, body, header: answer(status, body, headers=header),
        st.one_of(st.sampled_from((200, 400, 401, 403, 404, 422)), st.integers(100, 599)),
        bodies(secrets),
        headers,
    )


def holds(thing: object, secrets: tuple[str, ...]) -> bool:
    found = list(evidence_in(thing))
    for evidence in found:
        said = f"{evidence.call} {evidence.code} {evidence.text} {evidence.ruled_out}"
        assert not any(secret in said for secret in secrets)
        assert len(evidence.text) <= 300
        assert evidence.text.isprintable() or set(evidence.text) & {"\u200c", "\u200d"}
    return bool(found)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 500])
@pytest.mark.parametrize("key", KEYS)
def test_r32_a_secret_that_comes_back_in_an_answer_is_not_kept(key: str, status: int) -> None:
    sample = SAMPLES[key]
    for secret in sample.secrets:
        said = dict.fromkeys(("error", "error_description", "message"), f"About {secret}.")
        for body in (said, {"error": said}):
            holds(check(sample, Played(answer(status, body))), sample.secrets)
            if key in RENEWING:
                holds(refresh(sample, Played(answer(status, body))), sample.secrets)


@pytest.mark.parametrize("key", KEYS)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_whatever_is_answered_a_check_ends_with_an_outcome(key: str, data: st.DataObject) -> None:
    """It raises nothing, its waiting time is sane (R45), and its evidence holds no secret (R32)."""
    sample = SAMPLES[key]
    outcome = check(sample, Played(data.draw(answers(sample.secrets))))
    assert isinstance(outcome, OUTCOMES)
    assert holds(outcome, sample.secrets) or isinstance(outcome, Works)
    if isinstance(outcome, NoAnswer) and outcome.retry_after is not None:
        assert timedelta(0) < outcome.retry_after <= timedelta(hours=24)


@pytest.mark.parametrize("key", RENEWING)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_whatever_is_answered_a_refresh_ends_with_an_outcome(key: str, data: st.DataObject) -> None:
    sample = SAMPLES[key]
    outcome = refresh(sample, Played(data.draw(answers(sample.secrets))))
    assert isinstance(outcome, REFRESHES)
    assert holds(outcome, sample.secrets) or isinstance(outcome, Refreshed)
    if isinstance(outcome, Refreshed):
        assert outcome.credential.access
        assert outcome.credential.refresh or not sample.credential.refresh
        assert outcome.credential.extra.keys() == sample.credential.extra.keys()


@pytest.mark.parametrize("key", KEYS)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_whatever_is_answered_identities_and_posts_are_clean_or_an_error(
    key: str, data: st.DataObject
) -> None:
    sample = SAMPLES[key]
    http = Played(data.draw(answers(sample.secrets)))
    asks = sample.platform
    assert isinstance(asks, ListsPosts)
    identities, error = outcome_of(asks.identities(http, sample.app, sample.credential))
    assert not any(secret in str(error) for secret in sample.secrets)
    for identity in identities[1] if identities else ():
        assert 0 < len(identity.remote_id) <= 255
        assert 0 < len(identity.name) <= 255
        assert len(identity.handle) <= 255
        assert is_web_address_or_empty(identity.url)
        assert is_web_address_or_empty(identity.avatar_url)
    page, error = outcome_of(asks.posts(http, sample.credential, sample.identity, cursor="c"))
    if isinstance(asks, ListsMentions):
        talk = asks.mentions(http, sample.app, sample.credential, sample.identity, cursor="c")
        mentions, trouble = outcome_of(talk)
        assert not any(secret in str(trouble) for secret in sample.secrets)
        assert mentions is None or mentions[1] != "c", "the next page is another page (R78)"
        for mention in mentions[0] if mentions else ():
            assert 0 < len(mention.remote_id) <= 500
            assert is_web_address_or_empty(mention.url)
            assert mention.at.utcoffset() == timedelta(0)
    sent = (sample.credential.access, sample.credential.refresh or "?")
    assert not any(secret in str(error) for secret in sample.secrets if secret in sent)
    assert page is None or page[1] != "c", "the next page is another page (R78)"
    for post in page[0] if page else ():
        assert 0 < len(post.remote_id) <= 500
        assert is_web_address_or_empty(post.url)
        assert post.published_at.utcoffset() == timedelta(0)


PUBLISHING = [key for key in KEYS if isinstance(SAMPLES[key].platform, Publishes)]
POST = Outgoing(
    key="1f0c",
    text="Fresh bread from seven o'clock.",
    at=START,
    link="https://example.org/bread",
    title="Fresh bread",
    target="bakers",
)
PICTURE = Picture(
    data=b"\xff\xd8\xff", media_type="image/jpeg", alt="Bread", url="https://l.example/picture/1"
)


def publish(sample: Sample, http: Any, *, picture: bool = False) -> Any:
    post = replace(POST, picture=PICTURE) if picture else POST
    talk = sample.platform.publish(http, sample.app, sample.credential, sample.identity, post)
    return finished(talk)


@pytest.mark.parametrize("name", NOTHING_OF_THE_TOKEN)
@pytest.mark.parametrize("key", PUBLISHING)
def test_r77_a_post_without_a_clear_answer_is_never_called_published(key: str, name: str) -> None:
    outcome = publish(SAMPLES[key], Played(NOTHING_OF_THE_TOKEN[name]))
    assert isinstance(outcome, NotPublished | PublishUnclear)


@pytest.mark.parametrize("picture", [False, True], ids=["text", "picture"])
@pytest.mark.parametrize("key", PUBLISHING)
def test_r77_silence_after_the_post_had_left_leaves_its_fate_open(key: str, picture: bool) -> None:
    """With a picture the hand-over may fail first: that leaves nothing behind."""
    silent = NoAnswerError(Silence.TIMEOUT, call="publish the post", may_have_arrived=True)
    http = Played(silent)
    outcome = publish(SAMPLES[key], http, picture=picture)
    last = http.asked[-1].call if http.asked else ""
    if last == "publish the post":
        assert isinstance(outcome, PublishUnclear)
    else:
        assert isinstance(outcome, NotPublished)
    assert [ask.call for ask in http.asked].count("publish the post") <= 1


@pytest.mark.parametrize("key", PUBLISHING)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_whatever_is_answered_publishing_ends_with_an_outcome(
    key: str, data: st.DataObject
) -> None:
    sample = SAMPLES[key]
    http = Played(data.draw(answers(sample.secrets)))
    outcome = publish(sample, http, picture=data.draw(st.booleans()))
    assert isinstance(outcome, Published | NotPublished | PublishUnclear)
    assert [ask.call for ask in http.asked].count("publish the post") <= 1
    for evidence in evidence_in(outcome):
        said = f"{evidence.code} {evidence.text}"
        assert not any(secret in said for secret in sample.secrets)
    if isinstance(outcome, Published):
        assert is_web_address_or_empty(outcome.url)


def outcome_of(talk: Coroutine[Any, Any, Any]) -> tuple[Any, PlatformError | None]:
    try:
        return finished(talk), None
    except PlatformError as error:
        return None, error


def is_web_address_or_empty(url: str) -> bool:
    return len(url) <= 2000 and (not url or url.startswith(("http://", "https://")))
