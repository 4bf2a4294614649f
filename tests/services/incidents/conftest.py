"""Platforms with weather, a box for the mails about it, and two who read them."""

from dataclasses import replace

import pytest

from dashboard.services.ports import Tools
from tests.factories import make_role, make_user
from tests.services.letter_box import LetterBox
from tests.services.weather import Weather


@pytest.fixture
def box() -> LetterBox:
    return LetterBox()


@pytest.fixture
def sky() -> Weather:
    return Weather()


@pytest.fixture
def other() -> Weather:
    return Weather("other")


@pytest.fixture
def tools(tools: Tools, box: LetterBox, sky: Weather, other: Weather) -> Tools:
    return replace(tools, mailer=box, platforms={"fake": sky, "other": other})


@pytest.fixture
def readers(tools: Tools) -> list[str]:
    """Two who see everything, and one who sees nothing."""
    role = make_role(tools.database)
    emails = ["anna@example.org", "ben@example.org"]
    for email in emails:
        make_user(tools.database, role_id=role, email=email)
    nothing = make_role(tools.database, name="Nothing", all_accounts=False)
    make_user(tools.database, role_id=nothing, email="cees@example.org")
    return emails
