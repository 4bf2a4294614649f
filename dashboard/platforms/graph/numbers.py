"""What Graph's numbers mean. A number stands here once, whatever platform says it.

docs = developers.facebook.com/docs/graph-api/guides/error-handling and .../overview/rate-limiting,
and the page of error codes of the Instagram Platform. `REPORTED` are known from reports and from
the code of others only: Meta's documentation does not name them.
"""

from dashboard.domain.causes import Cause

TOKEN = frozenset({190, 102})
NO_SESSION = 102  # cries wolf: it is said of a token that is merely malformed on its way, too
REFUSALS = {
    412: Cause.APP_REMOVED,
    458: Cause.APP_REMOVED,
    466: Cause.APP_REMOVED,
    460: Cause.PASSWORD_CHANGED,
    463: Cause.TOKEN_RAN_OUT,
}
OWNER = {
    459: Cause.SECURITY_CHECK,
    464: Cause.SECURITY_CHECK,
    490: Cause.SECURITY_CHECK,
    1404006: Cause.SECURITY_CHECK,
    1404078: Cause.SECURITY_CHECK,
    4854002: Cause.SECURITY_CHECK,
    2207050: Cause.SECURITY_CHECK,
}
REPORTED = frozenset(
    {412, 461, 462, 465, 466, 468, 490, 493, 1390008, 1404006, 1404078, 1404112, 4854002, 4279013}
)
ROLE_LOST = 492
APP_SUBCODES = frozenset({493})
APP = frozenset({3, 101, 104})
POLICY = frozenset({368, 4279013})
HOURLY = frozenset({4, 17, 32})
"""Limits of a rolling hour: of the app, of a person, of a Page."""
RATE = HOURLY | {341, 613, *range(80000, 80015)}
TOO_FAST = 1390008  # comes with 368, but passes by itself
OUTAGE = frozenset({1, 2, 1363047, 1609010, 2207001})
TOO_SOON = frozenset({24, 2207003, 2207020, 2207027, 2207032, 2207042, 2207053, 2207057})
SUBCODES_ABOUT_THE_POST = frozenset({1346003, 1366046, 1404082, 1609005, 2207051})
ABOUT_THE_POST = SUBCODES_ABOUT_THE_POST | {100, 324, 506, 36000, 36003, 9004}
HIDDEN = (100, 33)
PERMISSIONS = frozenset({10, *range(200, 300)})
