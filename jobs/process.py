"""The border around each job: counted before it runs, and what it raises is recorded, not lost."""

import importlib
import logging
import traceback
from collections.abc import Callable, Sequence
from datetime import timedelta

from dashboard.adapters.logs import log_context
from dashboard.services import failures
from dashboard.services.ports import Tools
from jobs.queues import JOBS, JobSpec

Function = Callable[..., object]

_log = logging.getLogger(__name__)


class Process:
    """What a worker process can run; all its jobs are imported when it is made."""

    def __init__(self, tools: Tools, jobs: dict[str, JobSpec] = JOBS) -> None:
        self.tools = tools
        self._specs = jobs
        self._functions = {name: function_of(spec) for name, spec in jobs.items()}

    def dispatch(self, job: str) -> bool:
        """Run a periodic job here and now; True, as it was taken."""
        self.run(job)
        return True

    def run(self, job: str, ids: Sequence[str] = ()) -> None:
        """Run a job to its end; never raises. Safe to do twice, as every job is."""
        with log_context(job=":".join([job, *ids])):
            try:
                self._run(job, ids)
            except Exception:  # noqa: BLE001 - the border: the next job must not suffer for it
                _log.exception("job not recorded")

    def _run(self, job: str, ids: Sequence[str]) -> None:
        deadline = timedelta(seconds=self._specs[job].deadline)
        if not failures.begin(self.tools, job, ids, deadline=deadline):
            _log.warning("job rests after crashes")
            return
        try:
            self._functions[job](self.tools, *ids)
        except Exception as error:  # noqa: BLE001 - the border: administrators see it
            _log.exception("job failed")
            failures.record(self.tools, job, ids, describe(error))
        else:
            failures.end_well(self.tools, job, ids)


def guarded(work: Callable[[], object], trouble: str) -> Callable[[], None]:
    """The same border around what is no job: logged, and the loop goes on."""

    def call() -> None:
        try:
            work()
        except Exception:  # noqa: BLE001 - the border
            _log.exception(trouble)

    return call


def function_of(spec: JobSpec) -> Function:
    """The function that a job's path names."""
    module, _, name = spec.path.partition(":")
    found: Function = getattr(importlib.import_module(module), name)
    return found


def describe(error: Exception) -> str:
    """Kind and place of an error. Not its text: that may quote what a platform or person sent."""
    places = traceback.extract_tb(error.__traceback__)[-6:]
    lines = [f"{place.filename.rpartition('/')[2]}:{place.lineno} {place.name}" for place in places]
    return "\n".join([type(error).__name__, *lines])
