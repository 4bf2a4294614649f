"""What a bench found: one line per promise, beside a ceiling, and whether it was met."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.table import Table

from dashboard.cli.screen import out


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A promise and what was measured; `ceiling` is the best that this machine could do.

    `met` is None where no promise is made and the figure only explains others.
    """

    what: str
    where: str
    target: str
    measured: str
    ceiling: str = "-"
    met: bool | None = None


def show(figures: Iterable[Figure]) -> None:
    """Print the table that all benches share."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("what")
    table.add_column("on", no_wrap=True)
    for title in ("target", "measured", "ceiling"):
        table.add_column(title, justify="right")
    table.add_column("")
    for figure in figures:
        verdict = {True: "met", False: "[bold red]missed[/]", None: ""}[figure.met]
        table.add_row(
            figure.what, figure.where, figure.target, figure.measured, figure.ceiling, verdict
        )
    out.print(table)


def quantile(values: list[float], share: float) -> float:
    """The value that this share of all does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
