"""A host that does not answer is left alone, tried by one question, and forgiven at once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain import traffic
from dashboard.domain.budgets import Budget, Priority
from dashboard.domain.traffic import Host, Verdict, admit, heard, silent

NOW = 1_795_514_400.0
OWN = Budget(requests=75, seconds=900, source="test", shared=False)
ONE = {Priority.CHECK: 1}


def silent_host(times: int = 5, lot: float = 1.0) -> Host:
    host = Host()
    for _ in range(times):
        host = silent(host, now=NOW, lot=lot)
    return host


def asked(host: Host, now: float) -> tuple[Host, Verdict]:
    host, admission = admit(host, ONE, None, now=now)
    return host, admission.verdict


def verdicts(host: Host, now: float, times: int) -> list[Verdict]:
    found = []
    for _ in range(times):
        host, verdict = asked(host, now)
        found.append(verdict)
    return found


def test_a_few_silences_do_not_stop_the_questions() -> None:
    assert silent_host(4).verdict(NOW) is Verdict.ASK


def test_after_five_silences_in_a_row_a_host_rests() -> None:
    assert silent_host().verdict(NOW + 29) is Verdict.SILENT


def test_an_answer_between_starts_the_count_anew() -> None:
    assert silent(heard(silent_host(4)), now=NOW, lot=1.0).verdict(NOW) is Verdict.ASK


def test_after_the_rest_one_question_tries_and_only_one() -> None:
    assert verdicts(silent_host(), NOW + 30, 3) == [Verdict.TRY, Verdict.SILENT, Verdict.SILENT]


def test_of_many_that_come_together_one_tries() -> None:
    _, admission = admit(
        silent_host(), {Priority.PERSON: 2, Priority.CHECK: 50}, None, now=NOW + 30
    )
    assert admission.granted == {Priority.PERSON: 1}
    assert admission.refusal is Verdict.SILENT


def test_an_answer_to_the_try_opens_the_way_for_all() -> None:
    host, _ = asked(silent_host(), NOW + 30)
    assert verdicts(heard(host), NOW + 31, 3) == [Verdict.ASK] * 3


def test_each_failed_try_makes_the_rest_longer_up_to_two_minutes() -> None:
    host, now, rests = silent_host(), NOW, []
    for _ in range(5):
        waited = 0
        while host.verdict(now) is not Verdict.TRY:
            now += 1
            waited += 1
        rests.append(waited)
        host, _ = asked(host, now)
        host = silent(host, now=now, lot=1.0)
    assert rests == [30, 60, 120, 120, 120]


def test_questions_that_were_under_way_do_not_lengthen_the_rest() -> None:
    assert silent_host(64).verdict(NOW + 30) is Verdict.TRY


def test_a_try_that_never_came_back_does_not_close_the_host_for_ever() -> None:
    host, verdict = asked(silent_host(), NOW + 30)
    assert verdict is Verdict.TRY
    assert host.verdict(NOW + 30 + 121) is Verdict.TRY


def test_the_lot_spreads_the_tries() -> None:
    assert silent_host(lot=0.0).verdict(NOW + 15) is Verdict.TRY


@pytest.mark.parametrize(
    ("budget", "wish", "obeyed"),
    [(None, 7, 7), (None, 86_400, 86_400), (None, 10**7, 86_400), (OWN, 7, 7), (OWN, 86_400, 300)],
)
def test_a_wish_to_wait_holds_for_all_links_of_the_host(
    budget: Budget | None, wish: int, obeyed: int
) -> None:
    """R45, F27; where each account has its own limit, one does not silence all for a day."""
    host = traffic.asked_to_wait(Host(), timedelta(seconds=wish), budget, now=NOW)
    assert host.verdict(NOW + obeyed - 1) is Verdict.ASKED_TO_WAIT
    assert host.verdict(NOW + obeyed) is Verdict.ASK


def test_a_shorter_wish_does_not_shorten_a_longer_one() -> None:
    host = traffic.asked_to_wait(Host(), timedelta(seconds=60), None, now=NOW)
    host = traffic.asked_to_wait(host, timedelta(seconds=5), None, now=NOW)
    assert host.verdict(NOW + 59) is Verdict.ASKED_TO_WAIT


def test_a_clock_that_was_set_back_closes_no_host() -> None:
    """R75."""
    host = traffic.asked_to_wait(silent_host(), timedelta(seconds=60), None, now=NOW)
    assert host.verdict(NOW - 2 * 86_400) is Verdict.TRY


steps = st.lists(
    st.tuples(st.sampled_from(["silent", "heard", "ask"]), st.floats(0, 200), st.floats(0, 1)),
    max_size=80,
)


@given(steps)
def test_whatever_happens_at_most_one_question_tries_a_silent_host(
    happened: list[tuple[str, float, float]],
) -> None:
    """R44: and however silent it was, it is tried again soon, and one answer opens it."""
    host, now, trying_since = Host(), NOW, None
    for what, passed, lot in happened:
        now += passed
        if what == "silent":
            host, trying_since = silent(host, now=now, lot=lot), None
        elif what == "heard":
            host, trying_since = heard(host), None
            assert host.verdict(now) is Verdict.ASK
        else:
            host, verdict = asked(host, now)
            if verdict is Verdict.TRY:
                assert trying_since is None or now - trying_since >= 120
                trying_since = now
            elif verdict is Verdict.ASK:
                assert host.silences < 5
    assert host.verdict(now + 121) in {Verdict.ASK, Verdict.TRY}


def test_what_everybody_knows_is_no_change() -> None:
    """Nothing is told to the others while a host is well."""
    assert heard(Host()) is not None
    assert heard(Host()) == Host()
    assert replace(Host(), silences=1).is_pristine is False
