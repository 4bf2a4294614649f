"""What differs between platforms when they are driven in a browser: a file each, read as a row."""

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A button of the Sandbox, what must be seen then, and the button (or "relink") that heals.

    `state` "healthy" is for what Linkkeeper mends by itself: it must have renewed, and nobody be
    troubled. `ruled_out` are words of what the page says the cause is not; `missing` is what the
    table of capabilities says is missing, `grant_at` where it says that it is given.
    """

    press: str
    state: str
    words: str = ""
    heal: str = ""
    scope: str = ""
    ruled_out: str = ""
    missing: str = ""
    grant_at: str = ""

    @property
    def fields(self) -> dict[str, str]:
        return {"scope": self.scope} if self.scope else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One platform. `stranger` reaches none of `person`'s accounts; "" where nobody does.

    `typed` is the name that a person types where each account brings its own server; nobody is
    registered there. `calm` is the state of what works: "expiring" where it cannot last long.
    `unticked` is the permission (in the Sandbox's words) that is not given at first; "" where a
    person can only give all or nothing. `needed` is one without which there is nothing to pick, and
    which a person can leave out. `picture` says what the picture shows that goes out with
    the post, a JPEG or PNG by `picture_type`; "" for a post without one. `disturbances` are what
    accuses no link; `tells_of_app` says that a renewal shows whether our secret is accepted.
    """

    key: str
    label: str
    person: str
    account: str
    handle: str
    causes: tuple[Cause, ...]
    disturbances: tuple[str, ...] = ()
    tells_of_app: bool = False
    sibling: str = ""
    stranger: str = ""
    unticked: str = ""
    typed: str = ""
    calm: str = "healthy"
    needed: str = ""
    posts: bool = True
    mentions: bool = True
    publishes: bool = True
    revokes: bool = True
    title: str = ""
    target: str = ""
    picture: str = ""
    picture_type: str = "png"
    test_says: str = "The test worked"
    options: tuple[tuple[str, str], ...] = ()


def _read(path: Path) -> Row:
    said = tomllib.loads(path.read_text(encoding="utf-8"))
    causes = tuple(Cause(**one) for one in said.pop("causes"))
    options = tuple(said.pop("options", {}).items())
    if "disturbances" in said:
        said["disturbances"] = tuple(said["disturbances"])
    return Row(**said, causes=causes, options=options)


ROWS = [_read(path) for path in sorted(Path(__file__).parent.joinpath("platforms").glob("*.toml"))]
