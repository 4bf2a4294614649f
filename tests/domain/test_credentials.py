"""Renewals are early and spread, and secrets do not show."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.credentials import App, Credential, refresh_due
from tests.fakes import START

SHORT = Credential(access="a-secret", refresh="r-secret", expires_at=START + timedelta(hours=1))


@given(life=st.timedeltas(timedelta(minutes=5), timedelta(days=60)), spread=st.floats(0, 1))
def test_a_renewal_falls_into_the_last_20_to_50_percent_of_life(
    life: timedelta, spread: float
) -> None:
    """R37."""
    at = refresh_due(replace(SHORT, expires_at=START + life), obtained_at=START, spread=spread)
    assert at is not None
    left = (START + life - at) / life
    assert 0.2 - 1e-6 <= left <= 0.5 + 1e-6


def test_the_right_to_renew_is_used_before_it_lapses() -> None:
    """R37: even if the access part would live longer."""
    lazy = replace(
        SHORT,
        expires_at=START + timedelta(days=60),
        refresh_expires_at=START + timedelta(days=10),
    )
    at = refresh_due(lazy, obtained_at=START, spread=1.0)
    assert at == START + timedelta(days=8)


def test_what_has_no_end_or_cannot_be_renewed_is_never_due() -> None:
    assert refresh_due(replace(SHORT, expires_at=None), obtained_at=START, spread=0.5) is None
    assert refresh_due(replace(SHORT, refresh=""), obtained_at=START, spread=0.5) is None


def test_nothing_secret_shows_when_printed() -> None:
    """R32."""
    app = App(client_id="me", client_secret="a-secret")
    assert "secret" not in f"{SHORT!r} {SHORT} {app!r} {app}"
