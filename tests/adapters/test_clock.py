"""The one reader of the clock tells aware UTC."""

from datetime import UTC, datetime, timedelta

from dashboard.adapters.clock import utc_now


def test_now_is_the_present_instant_in_utc():
    assert utc_now().tzinfo is UTC
    assert abs(utc_now() - datetime.now(UTC)) < timedelta(seconds=5)
