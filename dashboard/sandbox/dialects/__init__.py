"""The dialects of other platforms, each a module with a `SPEAKER`.

To add one: its module and its line in `SPEAKERS`; what it stands on is in `kit`.
"""

from dashboard.sandbox.dialects import linkedin
from dashboard.sandbox.dialects.kit import Speaker

SPEAKERS: tuple[Speaker, ...] = (linkedin.SPEAKER,)
"""All dialects that Sandbox speaks."""
