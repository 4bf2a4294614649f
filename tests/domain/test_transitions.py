"""The state machine, cell by cell: every state with every outcome at every edge of patience."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.capabilities import Capability, Missing, MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import (
    AppProblem,
    Blocked,
    CheckOutcome,
    Evidence,
    NeedsRefresh,
    NoAnswer,
    Refused,
    Works,
)
from dashboard.domain.links import LinkHealth
from dashboard.domain.states import LinkState
from dashboard.domain.transitions import Patience, advance, pause, relinked, resume
from tests.fakes import START

PATIENCE = Patience(
    misses_allowed=3,
    silence_allowed=timedelta(minutes=15),
    renewal_notice=timedelta(days=14),
    proofs_wanted=2,
)
SAID = Evidence(call="read the profile", status=400, code="190")
SCOPE = Missing(
    capability=Capability.PUBLISH, kind=MissingKind.PERMISSION, what="write", label="Publish posts"
)
ROLE = replace(SCOPE, kind=MissingKind.ROLE)
TYPE = replace(SCOPE, kind=MissingKind.ACCOUNT_TYPE)
REFUSED = Refused(cause=Cause.PASSWORD_CHANGED, evidence=SAID)
UNSURE = replace(REFUSED, certain=False)
BLOCKED = Blocked(cause=Cause.SECURITY_CHECK, evidence=SAID)
SILENT = NoAnswer(cause=Cause.NO_ANSWER, evidence=SAID)

# What was known before the check, as far as patience cares: misses, silent for minutes, doubts.
FRESH = (0, 0, 0)
FEW_BUT_LONG = (2, 60, 0)
MANY_BUT_SHORT = (9, 14, 0)
ENOUGH = (3, 15, 0)
DOUBTED = (0, 0, 1)

LETTERS = {
    "N": "new",
    "H": "healthy",
    "G": "expiring",
    "L": "limited",
    "X": "expired",
    "B": "blocked",
    "U": "unreachable",
    "P": "paused",
}
STATES = list(LETTERS.values())

# After this outcome (row), a link that was N H G L X B U P (column) is ... ("." = as before).
TABLE: dict[str, tuple[CheckOutcome, tuple[int, int, int], str]] = {
    "works": (Works(), FRESH, "H . H H H H H ."),
    "renewal far": (Works(renew_by=START + timedelta(days=15)), FRESH, "H . H H H H H ."),
    "renewal near": (Works(renew_by=START + timedelta(days=14)), FRESH, "G G . G G G G ."),
    "renewal overdue": (Works(renew_by=START - timedelta(days=1)), FRESH, "G G . G G G G ."),
    "scope missing": (Works(missing=(SCOPE,)), FRESH, "L L L . L L L ."),
    "missing, renewal near": (Works(missing=(SCOPE,), renew_by=START), FRESH, "L L L . L L L ."),
    "refused": (REFUSED, FRESH, "X X X X . X X ."),
    "perhaps refused": (UNSURE, FRESH, ". . . . . . . ."),
    "perhaps refused again": (UNSURE, DOUBTED, "X X X X . X X ."),
    "blocked": (BLOCKED, FRESH, "B B B B B . B ."),
    "first silence": (SILENT, FRESH, ". . . . . . . ."),
    "long, too few": (SILENT, FEW_BUT_LONG, ". . . . . . . ."),
    "many, too short": (SILENT, MANY_BUT_SHORT, ". . . . . . . ."),
    "long and many": (SILENT, ENOUGH, "U U U U . . . ."),
    "app problem": (AppProblem(evidence=SAID), ENOUGH, ". . . . . . . ."),
    "needs refresh": (NeedsRefresh(evidence=SAID), ENOUGH, ". . . . . . . ."),
}

CELLS = [
    pytest.param(state, outcome, before, LETTERS.get(after, state), id=f"{state}: {name}")
    for name, (outcome, before, row) in TABLE.items()
    for state, after in zip(STATES, row.split(), strict=True)
]

CAUSES = {
    "new": None,
    "healthy": None,
    "expiring": Cause.RENEWAL_DUE,
    "limited": Cause.PERMISSION_MISSING,
    "expired": Cause.PASSWORD_CHANGED,
    "blocked": Cause.SECURITY_CHECK,
    "unreachable": Cause.NO_ANSWER,
    "paused": None,
}


def health(state: str, before: tuple[int, int, int] = FRESH) -> LinkHealth:
    """A link that has been in this state for a day."""
    misses, minutes, doubts = before
    return LinkHealth(
        state=LinkState(state),
        since=START - timedelta(days=1),
        cause=CAUSES[state],
        missing=(SCOPE,) if state == "limited" else (),
        troubled_since=START - timedelta(days=1) if CAUSES[state] else None,
        silent_since=START - timedelta(minutes=minutes) if misses else None,
        misses=misses,
        doubts=doubts,
    )


def test_the_table_names_every_state() -> None:
    assert set(STATES) == {state.value for state in LinkState}
    assert len(CELLS) == len(TABLE) * len(STATES)


@pytest.mark.parametrize(("state", "outcome", "before", "expected"), CELLS)
def test_where_a_check_leads(
    state: str, outcome: CheckOutcome, before: tuple[int, int, int], expected: str
) -> None:
    after, event = advance(health(state, before), outcome, now=START, patience=PATIENCE)
    assert after.state.value == expected
    assert (event is not None) == (expected != state)


@pytest.mark.parametrize(("state", "outcome", "before", "expected"), CELLS)
def test_the_event_and_the_since_tell_of_the_same_move(
    state: str, outcome: CheckOutcome, before: tuple[int, int, int], expected: str
) -> None:
    was = health(state, before)
    after, event = advance(was, outcome, now=START, patience=PATIENCE)
    if event is None:
        assert after.since == was.since
    else:
        assert (event.old, event.new, event.cause) == (was.state, after.state, after.cause)
        assert event.at == after.since == START


def test_silence_on_a_limited_link_is_borne_as_long_as_on_any_other() -> None:
    """Being limited for a day is no silence of a day."""
    link = health("limited")
    for minute in (0, 1, 2, 3, 4):
        link, event = advance(
            link, SILENT, now=START + timedelta(minutes=minute), patience=PATIENCE
        )
        assert event is None
    link, event = advance(link, SILENT, now=START + timedelta(minutes=15), patience=PATIENCE)
    assert link.state is LinkState.UNREACHABLE


def test_an_uncertain_refusal_is_an_answer_and_ends_the_silence() -> None:
    after, _ = advance(health("healthy", ENOUGH), UNSURE, now=START, patience=PATIENCE)
    assert (after.misses, after.silent_since, after.doubts) == (0, None, 1)


def test_a_doubt_is_forgotten_when_the_link_works() -> None:
    after, _ = advance(health("healthy", DOUBTED), Works(), now=START, patience=PATIENCE)
    again, event = advance(after, UNSURE, now=START, patience=PATIENCE)
    assert again.state is LinkState.HEALTHY
    assert event is None


def test_a_new_cause_of_the_same_state_is_news_and_keeps_the_since() -> None:
    was = health("expired")
    after, event = advance(
        was, replace(REFUSED, cause=Cause.APP_REMOVED), now=START, patience=PATIENCE
    )
    assert event is not None
    assert (event.old, event.new) == (LinkState.EXPIRED, LinkState.EXPIRED)
    assert after.since == was.since


def test_a_further_missing_permission_is_news() -> None:
    _, event = advance(
        health("limited"), Works(missing=(SCOPE, ROLE)), now=START, patience=PATIENCE
    )
    assert event is not None
    assert event.missing == (SCOPE, ROLE)


def test_what_is_missing_keeps_the_date_of_the_first_check_that_missed_it() -> None:
    later, much_later = START + timedelta(days=1), START + timedelta(days=9)
    first, _ = advance(health("healthy"), Works(missing=(SCOPE,)), now=later, patience=PATIENCE)
    again, event = advance(first, Works(missing=(SCOPE,)), now=much_later, patience=PATIENCE)
    assert [item.since for item in again.missing] == [later]
    assert event is None
    role = replace(SCOPE, what="another")
    more, _ = advance(again, Works(missing=(SCOPE, role)), now=much_later, patience=PATIENCE)
    assert [item.since for item in more.missing] == [later, much_later]


def test_silence_in_other_words_is_no_news() -> None:
    after, event = advance(
        health("unreachable", ENOUGH),
        replace(SILENT, cause=Cause.PLATFORM_DOWN),
        now=START,
        patience=PATIENCE,
    )
    assert event is None
    assert after.cause is Cause.PLATFORM_DOWN


@pytest.mark.parametrize(
    ("missing", "cause"),
    [
        ((SCOPE,), Cause.PERMISSION_MISSING),
        ((TYPE,), Cause.ACCOUNT_TYPE),
        ((SCOPE, ROLE, TYPE), Cause.ROLE_LOST),
    ],
)
def test_what_is_missing_names_the_cause(missing: tuple[Missing, ...], cause: Cause) -> None:
    after, _ = advance(health("healthy"), Works(missing=missing), now=START, patience=PATIENCE)
    assert after.cause is cause


def test_trouble_is_dated_from_its_first_failed_check() -> None:
    first, _ = advance(health("healthy"), SILENT, now=START, patience=PATIENCE)
    _, event = advance(first, REFUSED, now=START + timedelta(minutes=5), patience=PATIENCE)
    assert event is not None
    assert event.troubled_since == START


def test_recovery_tells_how_long_the_trouble_lasted() -> None:
    was = health("expired")
    after, event = advance(was, Works(), now=START, patience=PATIENCE)
    assert event is not None
    assert event.troubled_since == was.troubled_since
    assert after.troubled_since is None


@pytest.mark.parametrize("state", STATES)
def test_a_pause_stops_checking_and_a_resume_starts_from_not_knowing(state: str) -> None:
    paused, event = pause(health(state), now=START)
    assert paused.state is LinkState.PAUSED
    assert (event is None) == (state == "paused")
    resumed, event = resume(paused, now=START)
    assert resumed.state is LinkState.NEW
    assert event is not None


@pytest.mark.parametrize("state", [state for state in STATES if state != "paused"])
def test_only_what_is_paused_can_be_resumed(state: str) -> None:
    assert resume(health(state), now=START) == (health(state), None)


@pytest.mark.parametrize("state", STATES)
def test_a_proven_relink_heals_from_every_state(state: str) -> None:
    after, event = relinked(health(state), Works(), now=START, patience=PATIENCE)
    assert (after.state, after.cause, after.misses, after.doubts) == (LinkState.HEALTHY, None, 0, 0)
    assert (event is None) == (state == "healthy")


EVIDENCE = st.builds(
    Evidence,
    call=st.just("read the profile"),
    status=st.none() | st.integers(100, 599),
    code=st.text(max_size=8),
)
TRANSIENT = st.one_of(
    st.builds(
        NoAnswer,
        cause=st.sampled_from([Cause.NO_ANSWER, Cause.PLATFORM_DOWN, Cause.RATE_LIMITED]),
        evidence=EVIDENCE,
        retry_after=st.none() | st.timedeltas(timedelta(0), timedelta(days=1)),
    ),
    st.builds(AppProblem, evidence=EVIDENCE),
    st.builds(NeedsRefresh, evidence=EVIDENCE),
)
ANY = st.one_of(
    TRANSIENT,
    st.builds(
        Works,
        missing=st.sampled_from([(), (SCOPE,), (ROLE, SCOPE)]),
        renew_by=st.none()
        | st.datetimes(datetime(2026, 11, 1), datetime(2027, 3, 1)).map(  # noqa: DTZ001
            lambda day: day.replace(tzinfo=START.tzinfo)
        ),
    ),
    st.builds(
        Refused,
        cause=st.sampled_from([Cause.TOKEN_RAN_OUT, Cause.APP_REMOVED]),
        evidence=EVIDENCE,
        certain=st.booleans(),
    ),
    st.builds(
        Blocked,
        cause=st.sampled_from([Cause.SECURITY_CHECK, Cause.ACCOUNT_GONE]),
        evidence=EVIDENCE,
    ),
)
STEPS = st.lists(st.tuples(ANY, st.timedeltas(timedelta(0), timedelta(hours=2))), max_size=40)

# The declared paths: a check leads from any state but `paused` to these, by these findings only.
LEADS_TO: dict[type, set[LinkState]] = {
    Works: {LinkState.HEALTHY, LinkState.EXPIRING, LinkState.LIMITED},
    Refused: {LinkState.EXPIRED},
    Blocked: {LinkState.BLOCKED},
    NoAnswer: {LinkState.UNREACHABLE},
    AppProblem: set(),
    NeedsRefresh: set(),
}


@given(
    state=st.sampled_from(STATES),
    outcomes=st.lists(TRANSIENT, min_size=1, max_size=30),
    pace=st.timedeltas(timedelta(0), timedelta(days=2)),
)
def test_a_thousand_transient_answers_in_a_row_never_accuse_a_link(
    state: str, outcomes: list[CheckOutcome], pace: timedelta
) -> None:
    """R36: whatever a platform stammers, only its own definite refusal accuses a token."""
    link, now = health(state), START
    allowed = {LinkState(state), LinkState.UNREACHABLE}
    for turn in range(1000):
        link, _ = advance(link, outcomes[turn % len(outcomes)], now=now, patience=PATIENCE)
        now += pace
        assert link.state in allowed
        if state in {"expired", "blocked"}:
            assert (link.state.value, link.cause) == (state, CAUSES[state])


@given(state=st.sampled_from(STATES), steps=STEPS)
def test_a_link_moves_along_the_declared_paths_only(
    state: str, steps: list[tuple[CheckOutcome, timedelta]]
) -> None:
    link, now = health(state), START
    for outcome, wait in steps:
        before, now = link, now + wait
        link, event = advance(before, outcome, now=now, patience=PATIENCE)
        assert link.state is before.state or link.state in LEADS_TO[type(outcome)]
        assert (event is not None) or link.state is before.state
        if before.state is LinkState.PAUSED:
            assert link == before


@given(state=st.sampled_from(STATES), steps=STEPS)
def test_what_is_known_of_a_link_is_always_consistent(
    state: str, steps: list[tuple[CheckOutcome, timedelta]]
) -> None:
    link, now = health(state), START
    for outcome, wait in steps:
        now += wait
        link, _ = advance(link, outcome, now=now, patience=PATIENCE)
        assert link.since <= now
        assert (link.misses > 0) == (link.silent_since is not None)
        assert bool(link.missing) <= (link.state in {LinkState.LIMITED, LinkState.UNREACHABLE})
        assert (link.cause is None) == (
            link.state in {LinkState.NEW, LinkState.HEALTHY, LinkState.PAUSED}
        )
