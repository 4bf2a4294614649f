"""Which platforms there are, and what each tells people about itself."""

import re

import pytest

from dashboard.domain.capabilities import Capability
from dashboard.platforms import PLATFORMS, available
from dashboard.platforms.protocol import (
    About,
    Platform,
    SignsInAtPlatform,
    SignsInByPassword,
    SpeaksThroughSandbox,
)
from tests.platforms.test_contract import DATA

JARGON = re.compile(r"\b(token|oauth|scope|401|api|endpoint|credential)s?\b", re.IGNORECASE)


def test_the_sandbox_is_offered_only_where_its_address_is_set() -> None:
    without = list(available(None))
    assert "sandbox" not in without
    assert list(available("http://127.0.0.1:5055")) == [*without, "sandbox"]


def test_the_sandbox_stands_in_only_where_that_is_set() -> None:
    address = "http://127.0.0.1:5055"
    real, instead = available(address), available(address, dialects=True)
    for key, platform in real.items():
        if isinstance(platform, SpeaksThroughSandbox):
            hosts = getattr(instead[key], "hosts").values()  # noqa: B009  not in the protocol
            assert all(host.startswith(f"{address}/dialects/{key}/") for host in hosts)
            assert not any("127.0.0.1" in host for host in platform.hosts.values())


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.about.key)
def test_every_platform_can_be_linked_in_one_way_and_has_recorded_answers(
    platform: Platform,
) -> None:
    assert isinstance(platform, Platform)
    assert isinstance(platform, SignsInAtPlatform) != isinstance(platform, SignsInByPassword)
    assert list(DATA.glob(f"{platform.about.key}/*.json"))


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.about.key)
def test_what_people_are_told_is_in_plain_words(platform: Platform) -> None:
    about: About = platform.about
    assert Capability.READ_PUBLICATIONS in about.wants
    assert set(about.wants) <= set(Capability), "what is not wanted is not offered there"
    told = [about.label, about.grant_at, about.history_reach]
    told += [*about.conditions, *about.before_relink]
    told += [text for field in about.fields for text in (field.label, field.hint)]
    if about.own_log_in:
        own = about.own_log_in
        told += [*own.conditions, *own.before_relink]
        told += [text for field in own.fields for text in (field.label, field.hint)]
        assert all(text.endswith(".") for text in (*own.conditions, *own.before_relink))
    assert [text for text in told if JARGON.search(text)] == []
    assert all(text.endswith(".") for text in (*about.conditions, *about.before_relink))
    assert about.grant_url.startswith("https://") or not about.grant_url
