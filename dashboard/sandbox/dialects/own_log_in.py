"""Instagram's and Threads' own log-ins: one account, whose token is exchanged and renews itself."""

from flask import Blueprint, Response, request

from dashboard.sandbox.dialect import Dialect, Resident
from dashboard.sandbox.dialects import graph, kit
from dashboard.sandbox.model import Scope
from dashboard.sandbox.verdicts import Finding, Verdict

AUTHORIZE = "/www/oauth/authorize"
RESIDENTS = (
    Resident(handle="bakeryjansen", name="Bakery Jansen"),
    Resident(handle="citymuseum", name="City Museum", manage=("chloe",)),
    Resident(handle="fcwaterhoven", name="FC Waterhoven", manage=("ben",)),
)
_NOBODY = "0"


def add(bp: Blueprint, dialect: Dialect) -> None:
    """Give the dialect the exchange of a short token for one of 60 days, and its renewal."""

    def token_renewal() -> Response:
        handed = request.args.get("access_token", "")
        return graph.told(dialect, kit.another_token(dialect, handed))

    def token_exchange() -> Response:
        """Only the app may ask for it."""
        if kit.client(dialect, dialect.client_id, request.args.get("client_secret", "")) is None:
            return graph.error(101, "Error validating application.")
        return token_renewal()

    bp.add_url_rule("/graph/access_token", view_func=token_exchange)
    bp.add_url_rule("/graph/refresh_access_token", view_func=token_renewal)


def mine(dialect: Dialect, scope: Scope = Scope.PROFILE) -> Verdict:
    """The verdict on the one account that the token is for: the first that was chosen."""
    judged = kit.judge(dialect)
    if judged.grant is None or judged.finding is not Finding.FINE:
        return judged
    chosen = next((part.account_id for part in judged.grant.accounts), _NOBODY)
    return kit.judge(dialect, scope, chosen)
