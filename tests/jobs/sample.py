"""Jobs that end in every way a job can end."""

from dashboard.services.ports import Tools

CALLS: list[tuple[str, ...]] = []


class KilledError(BaseException):
    """Stands for SIGKILL: nothing after it runs."""


def works(tools: Tools, *ids: str) -> None:
    CALLS.append(("works", *ids))


def raises(tools: Tools, *ids: str) -> None:
    CALLS.append(("raises", *ids))
    secret = "at_canary"
    message = f"the platform said {secret}"
    raise ValueError(message)


def dies(tools: Tools, *ids: str) -> None:
    CALLS.append(("dies", *ids))
    raise KilledError
