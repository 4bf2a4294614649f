"""Where our own pages are, for those who cannot ask Flask: mails and banners.

Paths without host; mails put the configured base address in front (R57). A test holds them against
the routes of the web application.
"""

from uuid import UUID

ACCOUNTS = "/settings/accounts"
MY_SETTINGS = "/me"
MAIL = "/settings/general/mail"
JOBS = "/settings/general/jobs"
PLATFORMS = "/settings/platforms"
RENEWALS = "/renewals"
ALL = (ACCOUNTS, MY_SETTINGS, MAIL, JOBS, PLATFORMS, RENEWALS)


def account(account_id: UUID) -> str:
    """The account's own page, with "Check now"."""
    return f"{ACCOUNTS}/{account_id}"


def relink(account_id: UUID) -> str:
    """Where a relink or a renewal begins."""
    return f"{ACCOUNTS}/{account_id}/relink"


def stop_mails(delivery_id: UUID) -> str:
    """Where whoever got a mail stops further ones of its kind, without signing in."""
    return f"/mail/stop/{delivery_id}"
