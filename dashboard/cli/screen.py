"""What people see in the terminal: plain sentences, colour only where there is a terminal."""

from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def complain(headline: str, *details: str) -> None:
    """Say what is wrong, on standard error."""
    err.print(f"[bold red]✗[/] {_plain(headline)}")
    for detail in details:
        err.print(f"  • {_plain(detail)}")


def _plain(text: str) -> str:
    """Square brackets in somebody's text are not colour commands."""
    return text.replace("[", r"\[")
