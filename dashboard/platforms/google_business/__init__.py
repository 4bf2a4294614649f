"""Google Business Profile."""

from dashboard.platforms.google_business.platform import GoogleBusiness

__all__ = ["GoogleBusiness"]
