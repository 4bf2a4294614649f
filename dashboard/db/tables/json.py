"""What stands in the JSON columns."""

from typing import Any

Json = dict[str, Any]
