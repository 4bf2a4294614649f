"""The one outbound HTTP client (R39); everything outside takes it from here."""

from dashboard.adapters.http.client import HttpClient
from dashboard.adapters.http.sessions import Limits, Network

__all__ = ["HttpClient", "Limits", "Network"]
