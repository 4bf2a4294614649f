"""Instagram's and Threads' own log-ins: one account, whose token is exchanged and renews itself."""

from flask import Response, request

from dashboard.sandbox.dialect import Dialect
from dashboard.sandbox.dialects import graph, kit
from dashboard.sandbox.model import Scope
from dashboard.sandbox.verdicts import Finding, Verdict

AUTHORIZE = "/www/oauth/authorize"
_NOBODY = "0"


def exchanged(dialect: Dialect) -> Response:
    """A token of 60 days for a short one; only the app may ask for it."""
    if kit.client(dialect, dialect.client_id, request.args.get("client_secret", "")) is None:
        return graph.error(101, "Error validating application.")
    return renewed(dialect)


def renewed(dialect: Dialect) -> Response:
    """A token of another 60 days for a good one."""
    return graph.told(dialect, kit.another_token(dialect, request.args.get("access_token", "")))


def mine(dialect: Dialect, scope: Scope = Scope.PROFILE) -> Verdict:
    """The verdict on the one account that the token is for: the first that was chosen."""
    judged = kit.judge(dialect)
    if judged.grant is None or judged.finding is not Finding.FINE:
        return judged
    chosen = next((part.account_id for part in judged.grant.accounts), _NOBODY)
    return kit.judge(dialect, scope, chosen)
