"""The make-believe platform, as a platform like all others."""

from dashboard.platforms.sandbox.platform import Sandbox

__all__ = ["Sandbox"]
