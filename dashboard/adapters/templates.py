"""Templates kept in memory from the start: code and templates of one version stay together.

An update under a running process changes nothing until the restart.
"""

from collections.abc import Callable
from pathlib import Path

from jinja2 import BaseLoader, Environment, TemplateNotFound

_NAMES = ("*.html", "*.txt")


class KeptTemplates(BaseLoader):
    """All templates of a folder as they are when this is made."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sources = {
            path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
            for name in _NAMES
            for path in folder.rglob(name)
        }

    def get_source(
        self,
        environment: Environment,  # noqa: ARG002 - the loader's signature
        template: str,
    ) -> tuple[str, str, Callable[[], bool]]:
        """Raises TemplateNotFound; the file's name is for error messages."""
        source = self._sources.get(template)
        if source is None:
            raise TemplateNotFound(template)
        return source, str(self._folder / template), lambda: True

    def list_templates(self) -> list[str]:
        return sorted(self._sources)
