"""A sealed credential comes back whole, and only in the row it was sealed for (R31)."""

from datetime import timedelta
from uuid import uuid4

import pytest

from dashboard.db.credentials import open_credential, seal_credential
from dashboard.domain.credentials import Credential
from tests.fakes import START, GlassSealer

CREDENTIAL = Credential(
    access="at_1",
    refresh="rt_1",
    scopes=frozenset({"read", "write"}),
    expires_at=START,
    refresh_expires_at=START + timedelta(days=30),
    extra={"service": "https://pds.example"},
)


def test_a_credential_comes_back_whole() -> None:
    grant = uuid4()
    sealed = seal_credential(GlassSealer(), grant, CREDENTIAL)
    assert open_credential(GlassSealer(), grant, sealed) == CREDENTIAL


def test_a_credential_does_not_open_in_another_row() -> None:
    sealed = seal_credential(GlassSealer(), uuid4(), CREDENTIAL)
    with pytest.raises(AssertionError):
        open_credential(GlassSealer(), uuid4(), sealed)


def test_a_credential_shows_nothing_of_its_tokens() -> None:
    assert "at_1" not in repr(CREDENTIAL)
    assert "rt_1" not in repr(CREDENTIAL)
