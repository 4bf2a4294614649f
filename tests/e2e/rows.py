"""What differs between platforms when they are driven in a browser: a file each, read as a row."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from dashboard.domain import causes

DISTURBANCES = {
    "500": causes.Cause.PLATFORM_DOWN,
    "503": causes.Cause.PLATFORM_DOWN,
    "html": causes.Cause.PLATFORM_DOWN,
    "hang": causes.Cause.NO_ANSWER,
    "429": causes.Cause.RATE_LIMITED,
}
"""What every platform is disturbed by, as the Sandbox names it, and what people are told then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A button of the Sandbox, what must be seen then, and the button (or "relink") that heals.

    `state` "healthy" is for what Linkkeeper mends by itself: it must have renewed, and nobody be
    troubled; else `cause` names why. `ruled_out` are words of what the page says the cause is not;
    `missing` is what the table of capabilities says is missing, `grant_at` where it says that it is
    given. With `anew` it shows only in a permission that is given after the button; `lift` is
    pressed before the relink that heals. `fault` is what goes wrong with the first renewal.
    """

    press: str
    state: str
    cause: str = ""
    heal: str = ""
    scope: str = ""
    days: str = ""
    fault: str = ""
    lift: str = ""
    anew: bool = False
    ruled_out: str = ""
    missing: str = ""
    grant_at: str = ""

    @property
    def fields(self) -> dict[str, str]:
        said = {"scope": self.scope, "days": self.days}
        return {name: value for name, value in said.items() if value}

    @property
    def text(self) -> causes.CauseText:
        return causes.CAUSE_TEXTS[causes.Cause(self.cause)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One platform. `stranger` reaches none of `person`'s accounts; "" where nobody does.

    `recorded` is where its answers are recorded, if not under its key. Nobody is `registered` where
    each account brings its own server, nor at the Sandbox itself; `typed` is the name that a person
    types there. `calm` is the state of what works: "expiring" where it cannot last long.
    `unticked` is the permission (in the Sandbox's words) that is not given at first; "" where a
    person can only give all or nothing. `needed` is one without which there is nothing to pick, and
    which a person can leave out. `picture` says what the picture shows that goes out with
    the post, a JPEG or PNG by `picture_type`; "" for a post without one. `app_is_refused` says how
    our registration can be told to be at fault: in any "answer", or by a wrong "secret" in a
    renewal; with `app_is_proven` a read of an account shows that it counts again.
    """

    key: str
    label: str
    person: str
    account: str
    handle: str
    causes: tuple[Cause, ...]
    recorded: str = ""
    registered: bool = True
    app_is_refused: tuple[str, ...] = ()
    app_is_proven: bool = False
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

    @property
    def driven(self) -> frozenset[causes.Cause]:
        """The causes that a browser sees in this row."""
        found = {causes.Cause(one.cause) for one in self.causes if one.cause}
        found |= set(DISTURBANCES.values())
        if self.app_is_refused:
            found.add(causes.Cause.APP_PROBLEM)
        if self.unticked:
            found.add(causes.Cause.PERMISSION_MISSING)
        if self.calm == "expiring":
            found.add(causes.Cause.RENEWAL_DUE)
        return frozenset(found)


def _read(path: Path) -> Row:
    said = tomllib.loads(path.read_text(encoding="utf-8"))
    rows = tuple(Cause(**one) for one in said.pop("causes"))
    options = tuple(said.pop("options", {}).items())
    refused = tuple(said.pop("app_is_refused", ()))
    return Row(**said, causes=rows, options=options, app_is_refused=refused)


ROWS = [_read(path) for path in sorted(Path(__file__).parent.joinpath("platforms").glob("*.toml"))]
