"""Media Monitor: mentions come with the platform synchronisation and stay."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from dashboard.db.mentions import mentions_for
from dashboard.db.tables import MentionRow
from dashboard.domain.errors import PlatformError
from dashboard.domain.mentions import FoundMention
from dashboard.domain.team import Viewer
from dashboard.services.ports import Tools
from dashboard.services.syncing import ask, sync_account
from tests.factories import FakePlatform, make_account, make_role
from tests.fakes import START


def mention(number: int, *, days: float = 1, text: str = "Lovely bread!") -> FoundMention:
    return FoundMention(
        remote_id=f"m{number}",
        author="Cees",
        text=text,
        url=f"https://fake.example/m/{number}",
        at=START - timedelta(days=days),
    )


class Square(FakePlatform):
    """A platform without posts where people talk; an entry of `pages` may be an error."""

    def __init__(self, *pages: list[FoundMention] | Exception) -> None:
        super().__init__()
        self.pages = list(pages)
        self.asked = 0

    async def posts(self, http, credential, identity, *, cursor):
        return [], ""

    async def mentions(self, http, app, credential, identity, *, cursor):
        self.asked += 1
        page = self.pages[int(cursor or 0)]
        if isinstance(page, Exception):
            raise page
        following = int(cursor or 0) + 1
        return page, str(following) if following < len(self.pages) else ""


@pytest.fixture
def account(tools: Tools) -> UUID:
    return make_account(tools.database)


def sync(tools: Tools, viewer: Viewer, account: UUID, *pages: list[FoundMention] | Exception):
    square = Square(*pages)
    spoken = replace(tools, platforms={"fake": square})
    ask(spoken, viewer, [account])
    return square, sync_account(spoken, account)


def texts(tools: Tools) -> list[str]:
    with tools.database.reading() as session:
        rows = session.exec(select(MentionRow).order_by(MentionRow.remote_id)).all()
    return [row.text for row in rows]


def test_r78_the_same_mention_twice_is_one_and_a_changed_one_is_corrected(
    tools: Tools, ada: Viewer, account: UUID
) -> None:
    sync(tools, ada, account, [mention(1), mention(1), mention(2)])
    sync(tools, ada, account, [mention(1, text="Lovely rolls!"), mention(2)])
    assert texts(tools) == ["Lovely rolls!", "Lovely bread!"]


def test_only_the_last_eight_weeks_are_loaded(tools: Tools, ada: Viewer, account: UUID) -> None:
    square, _ = sync(tools, ada, account, [mention(1), mention(2, days=57)], [mention(3)])
    assert (len(texts(tools)), square.asked) == (1, 1)


def test_pages_are_asked_for_until_nothing_is_new(tools: Tools, ada: Viewer, account: UUID) -> None:
    pages = [[mention(1)], [mention(2)], [mention(3)]]
    assert sync(tools, ada, account, *pages)[0].asked == 3
    assert sync(tools, ada, account, *pages)[0].asked == 1


def test_trouble_with_mentions_spoils_no_synchronisation_of_posts(
    tools: Tools, ada: Viewer, account: UUID
) -> None:
    error = PlatformError("fake", "refused", "not for you")
    _, report = sync(tools, ada, account, error)
    assert report is not None
    assert report.trouble == ""


def test_r14_mentions_are_read_through_the_role(tools: Tools, ada: Viewer, account: UUID) -> None:
    sync(tools, ada, account, [mention(1), mention(2, days=2)])
    elsewhere = make_role(tools.database, name="Elsewhere", all_accounts=False)
    with tools.database.reading() as session:
        assert [one.at for one in mentions_for(session, ada)] == [
            START - timedelta(days=1),
            START - timedelta(days=2),
        ]
        assert mentions_for(session, replace(ada, role_id=elsewhere)) == []
