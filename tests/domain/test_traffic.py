"""A host that does not answer is left alone, tried by one question, and forgiven at once."""

from datetime import timedelta

import pytest

from dashboard.domain.traffic import Host, Traffic, Verdict
from tests.fakes import START


def silent_host(times: int = 5) -> Host:
    host = Host()
    for _ in range(times):
        host.silent(START, 1.0)
    return host


def at(seconds: float):
    return START + timedelta(seconds=seconds)


def test_a_few_silences_do_not_stop_the_questions() -> None:
    assert silent_host(4).verdict(START) is Verdict.ASK


def test_after_five_silences_in_a_row_a_host_rests() -> None:
    host = silent_host()
    assert host.verdict(at(29)) is Verdict.SILENT


def test_an_answer_between_starts_the_count_anew() -> None:
    host = silent_host(4)
    host.heard()
    host.silent(START, 1.0)
    assert host.verdict(START) is Verdict.ASK


def test_after_the_rest_one_question_tries_and_only_one() -> None:
    host = silent_host()
    assert [host.verdict(at(30)) for _ in range(3)] == [
        Verdict.ASK,
        Verdict.SILENT,
        Verdict.SILENT,
    ]


def test_an_answer_to_the_try_opens_the_way_for_all() -> None:
    host = silent_host()
    host.verdict(at(30))
    host.heard()
    assert [host.verdict(at(31)) for _ in range(3)] == [Verdict.ASK] * 3


def test_each_failed_try_makes_the_rest_longer_up_to_two_minutes() -> None:
    host, now, rests = silent_host(), START, []
    for _ in range(5):
        waited = 0
        while host.verdict(now) is not Verdict.ASK:
            now += timedelta(seconds=1)
            waited += 1
        rests.append(waited)
        host.silent(now, 1.0)
    assert rests == [30, 60, 120, 120, 120]


def test_questions_that_were_under_way_do_not_lengthen_the_rest() -> None:
    assert silent_host(64).verdict(at(30)) is Verdict.ASK


def test_a_try_that_never_came_back_does_not_close_the_host_for_ever() -> None:
    host = silent_host()
    assert host.verdict(at(30)) is Verdict.ASK
    assert host.verdict(at(30 + 121)) is Verdict.ASK


def test_the_lot_spreads_the_tries_of_several_processes() -> None:
    host = Host()
    for _ in range(5):
        host.silent(START, 0.0)
    assert host.verdict(at(15)) is Verdict.ASK


@pytest.mark.parametrize(("asked", "obeyed"), [(7, 7), (300, 300), (86_400, 300)])
def test_a_wish_to_wait_holds_for_all_links_of_the_host(asked: int, obeyed: int) -> None:
    """R45, F27; a day's wish of one link does not silence all others for a day."""
    host = Host()
    host.asked_to_wait(START, timedelta(seconds=asked))
    assert host.verdict(at(obeyed - 1)) is Verdict.ASKED_TO_WAIT
    assert host.verdict(at(obeyed)) is Verdict.ASK


def test_a_shorter_wish_does_not_shorten_a_longer_one() -> None:
    host = Host()
    host.asked_to_wait(START, timedelta(seconds=60))
    host.asked_to_wait(START, timedelta(seconds=5))
    assert host.verdict(at(59)) is Verdict.ASKED_TO_WAIT


def test_a_clock_that_was_set_back_closes_no_host() -> None:
    """R75."""
    host = silent_host()
    host.asked_to_wait(START, timedelta(seconds=60))
    assert host.verdict(START - timedelta(hours=1)) is Verdict.ASK


def test_hosts_are_remembered_by_name() -> None:
    traffic = Traffic()
    traffic.host("https://a.example").silent(START, 0.5)
    assert traffic.host("https://a.example").silences == 1
    assert traffic.host("https://b.example").silences == 0
