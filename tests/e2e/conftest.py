"""One running installation for all tests of this folder, in real processes, and its people.

The tests may run in any order: each links accounts of its own and leaves the others alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.adapters.mail_sink import SinkServer
from tests.browser import launch
from tests.cli.running import Installation
from tests.doubles.mastodon import MastodonDouble
from tests.doubles.pds import Pds
from tests.e2e.around import Letters, SandboxProcess
from tests.e2e.steps import EMIL, VERA, Window, accept, invite, set_up

_FOLDER = Path(__file__).parent
_PATIENCE = 30_000  # milliseconds; the longest way is check, poll and a busy machine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They come first: one process then has them all, while others take what comes after."""
    items.sort(key=lambda item: _FOLDER not in item.path.parents)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Linkkeeper and all that it talks to."""

    linkkeeper: Installation
    sandbox: SandboxProcess
    letters: Letters

    @property
    def address(self) -> str:
        return self.linkkeeper.address


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An installation that speaks to every platform, and a page of its administrator.

    It calls a platform silent at once, and asks every few seconds.
    """

    sandbox: SandboxProcess
    mastodon: MastodonDouble
    pds: Pds
    page: Page


@pytest.fixture(scope="package")
def everywhere(
    tmp_path_factory: pytest.TempPathFactory, chromium: Browser
) -> Iterator[tuple[SandboxProcess, MastodonDouble, Pds, Window]]:
    folder = tmp_path_factory.mktemp("platforms")
    with (
        SandboxProcess(folder / "sandbox", "--dialects") as sandbox,
        MastodonDouble() as mastodon,
        Pds() as pds,
    ):
        pds.person.name = "Cheese Corner"
        linkkeeper = Installation(
            folder / "var",
            LINKKEEPER_SANDBOX_URL=sandbox.origin,
            LINKKEEPER_SANDBOX_DIALECTS="yes",
            LINKKEEPER_ALLOW_PRIVATE_HOSTS=f"{sandbox.place},{mastodon.place},{pds.place}",
            LINKKEEPER_CHECK_EVERY="5",
            LINKKEEPER_PINTEREST_READS_PER_DAY="1000000",  # at this pace a day's worth is soon used
            LINKKEEPER_YOUTUBE_READS_PER_DAY="1000000",
            LINKKEEPER_MISSES_ALLOWED="0",
            LINKKEEPER_PATIENCE="0",
        )
        try:
            with Window.open(chromium, linkkeeper.address) as window:
                set_up(window.page, linkkeeper.said)
                yield sandbox, mastodon, pds, window
        finally:
            linkkeeper.stop()
            linkkeeper.end()


@pytest.fixture
def place(everywhere: tuple[SandboxProcess, MastodonDouble, Pds, Window]) -> Iterator[Place]:
    sandbox, mastodon, pds, opened = everywhere
    for page in opened.fresh():
        yield Place(sandbox=sandbox, mastodon=mastodon, pds=pds, page=page)


@pytest.fixture(scope="package")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    letters = Letters()
    post = SinkServer(letters)
    folder = tmp_path_factory.mktemp("e2e")
    with SandboxProcess(folder / "sandbox") as sandbox:
        linkkeeper = Installation(
            folder / "var",
            LINKKEEPER_SANDBOX_URL=sandbox.origin,
            LINKKEEPER_ALLOW_PRIVATE_HOSTS=sandbox.place,
            LINKKEEPER_MAIL_URL=f"smtp://127.0.0.1:{post.port}?tls=none",
            LINKKEEPER_CHECK_EVERY="5",
            LINKKEEPER_GATHER_FOR="1",
        )
        try:
            yield Home(linkkeeper=linkkeeper, sandbox=sandbox, letters=letters)
        finally:
            linkkeeper.stop()
            linkkeeper.end()
            post.close()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=_PATIENCE)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="package")
def administrator(chromium: Browser, home: Home) -> Iterator[Window]:
    """Anna's browser, in which she has set Linkkeeper up."""
    with Window.open(chromium, home.address) as window:
        set_up(window.page, home.linkkeeper.said)
        yield window


@pytest.fixture(scope="package")
def editor(chromium: Browser, home: Home, administrator: Window) -> Iterator[Window]:
    """The browser of Emil, whom Anna invited as an editor."""
    invite(administrator.page, "Emil", EMIL, "Editor")
    with Window.open(chromium, home.address) as window:
        accept(window.page, home.letters.wait(to=EMIL)[0].link("/welcome/"), "Emil")
        yield window


@pytest.fixture(scope="package")
def vera(chromium: Browser, home: Home, administrator: Window) -> None:
    """A user whose role has access to nothing."""
    invite(administrator.page, "Vera", VERA, "Viewer")
    with Window.open(chromium, home.address) as window:
        accept(window.page, home.letters.wait(to=VERA)[0].link("/welcome/"), "Vera")


@pytest.fixture
def anna(administrator: Window) -> Iterator[Page]:
    yield from administrator.fresh()


@pytest.fixture
def emil(editor: Window) -> Iterator[Page]:
    yield from editor.fresh()


@pytest.fixture
def anna_without_javascript(chromium: Browser, home: Home, administrator: Window) -> Iterator[Page]:
    """Anna in a browser that runs no JavaScript; signed in by the same cookies."""
    context: BrowserContext = chromium.new_context(
        base_url=home.address,
        java_script_enabled=False,
        storage_state=administrator.context.storage_state(),
    )
    yield context.new_page()
    context.close()
