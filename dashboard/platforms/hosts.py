"""The addresses of a platform, by name: its real ones, or those of a dialect of the Sandbox.

Every platform whose hosts are fixed holds such a mapping and builds all addresses from it, so that
the demo and the tests can put the make-believe platform in its place.
"""

from collections.abc import Mapping

Hosts = Mapping[str, str]
"""Name of the host ("graph") to its origin ("https://graph.facebook.com"), without a slash."""


def through_sandbox(hosts: Hosts, key: str, sandbox_url: str) -> Hosts:
    """The same names at the dialect `key` of the Sandbox."""
    return {name: f"{sandbox_url}/dialects/{key}/{name}" for name in hosts}
