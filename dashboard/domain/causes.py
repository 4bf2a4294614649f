"""Why a link is where it is, in plain words with the steps to take.

Which answer of which platform means which cause is decided in `platforms/`; what a person is told
is decided here, so that every page and mail says the same.
"""

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """The root causes that can be told apart; the facts behind them differ per platform."""

    # expired: only a relink helps
    TOKEN_RAN_OUT = "token_ran_out"
    PASSWORD_CHANGED = "password_changed"
    TOO_MANY_LOGINS = "too_many_logins"
    APP_REMOVED = "app_removed"
    LOGGED_OUT = "logged_out"
    TOKEN_REFUSED = "token_refused"
    ANSWER_LOST = "answer_lost"
    REMOVED_HERE = "removed_here"
    # limited: works, something is missing
    PERMISSION_MISSING = "permission_missing"
    ROLE_LOST = "role_lost"
    ACCOUNT_TYPE = "account_type"
    # expiring
    RENEWAL_DUE = "renewal_due"
    # blocked: the owner must act at the platform
    SECURITY_CHECK = "security_check"
    ACCOUNT_SUSPENDED = "account_suspended"
    ACCOUNT_DEACTIVATED = "account_deactivated"
    ACCOUNT_GONE = "account_gone"
    SHUT_OUT = "shut_out"
    # unreachable
    PLATFORM_DOWN = "platform_down"
    RATE_LIMITED = "rate_limited"
    NO_ANSWER = "no_answer"
    # ours, not the link's
    APP_PROBLEM = "app_problem"
    KEY_MISSING = "key_missing"


OWNER_MUST_ACT = frozenset(
    {
        Cause.SECURITY_CHECK,
        Cause.ACCOUNT_SUSPENDED,
        Cause.ACCOUNT_DEACTIVATED,
        Cause.ACCOUNT_GONE,
        Cause.SHUT_OUT,
    }
)
"""Causes that lie with the account, not with the token: a relink does not help before."""

LACKS = frozenset({Cause.PERMISSION_MISSING, Cause.ROLE_LOST, Cause.ACCOUNT_TYPE})
"""Causes of a link that works, but not for everything that is wanted."""


class Sureness(StrEnum):
    """How a cause became known; people weigh what they are told by it."""

    NAMED = "named"
    REPORTED = "reported"
    UNEXPLAINED = "unexplained"
    COMPARED = "compared"
    CONCLUDED = "concluded"
    TOLD = "told"
    NOTHING_KNOWN = "nothing_known"
    OURS = "ours"


SURENESS_TEXTS: dict[Sureness, str] = {
    Sureness.NAMED: "The platform's own answer names this cause.",
    Sureness.REPORTED: "The platform's documentation does not explain the number that it gives; "
    "what it means is known from others who met it.",
    Sureness.UNEXPLAINED: "That the platform refuses is certain. Why, it does not say.",
    Sureness.COMPARED: "Found by comparing what the platform allows with what you use.",
    Sureness.CONCLUDED: "Concluded from what Linkkeeper itself did; the platform does not say it.",
    Sureness.TOLD: "A check found that the platform refuses the link; why, the platform told by "
    "itself in a signed message.",
    Sureness.NOTHING_KNOWN: "Nothing is known about the link itself: it is not accused.",
    Sureness.OURS: "Certain: this lies with Linkkeeper, not with the account.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseText:
    """`title` fits a row; `meaning` is one or two sentences; `steps` are what a person does.

    `sure` says how such a cause becomes known.
    """

    title: str
    meaning: str
    steps: tuple[str, ...] = ()
    sure: Sureness = Sureness.NAMED


CAUSE_TEXTS: dict[Cause, CauseText] = {
    Cause.TOKEN_RAN_OUT: CauseText(
        title="The permission ran out",
        meaning="The platform gives permission for a limited time only, and that time is over.",
        steps=("Relink the account: log in at the platform once more.",),
    ),
    Cause.PASSWORD_CHANGED: CauseText(
        title="The password was changed",
        meaning="After a change of password the platform ends the links of all other programs.",
        steps=("Relink the account with the new password.",),
    ),
    Cause.TOO_MANY_LOGINS: CauseText(
        title="Too many log-ins from different places",
        meaning="The platform ended the link to be on the safe side, because the same person "
        "logged in from many places.",
        steps=(
            "Relink the account.",
            "Where you can, let one person do the log-ins for this account.",
        ),
    ),
    Cause.APP_REMOVED: CauseText(
        title="Linkkeeper was removed at the platform",
        meaning="Somebody took away Linkkeeper's access in the platform's own settings.",
        steps=("Ask your team whether this was meant.", "If not, relink the account."),
    ),
    Cause.LOGGED_OUT: CauseText(
        title="Logged out everywhere",
        meaning="Somebody ended all sessions at the platform, and this link with them.",
        steps=("Relink the account.",),
    ),
    Cause.TOKEN_REFUSED: CauseText(
        title="The platform refuses the link",
        meaning="The platform says that the permission is no longer valid, and does not say why. "
        "Often a password was changed or access was withdrawn.",
        steps=("Relink the account.",),
        sure=Sureness.UNEXPLAINED,
    ),
    Cause.ANSWER_LOST: CauseText(
        title="A renewal got lost on the way",
        meaning="While the link was being renewed the connection broke, and the platform now "
        "refuses the old permission.",
        steps=("Relink the account.",),
        sure=Sureness.CONCLUDED,
    ),
    Cause.REMOVED_HERE: CauseText(
        title="The account had been removed here",
        meaning="When it was removed, Linkkeeper gave back its access to the platform. The account "
        "and its publications are back; the access is not.",
        steps=("Relink the account.",),
        sure=Sureness.OURS,
    ),
    Cause.PERMISSION_MISSING: CauseText(
        title="A permission is missing",
        meaning="The link works, but the platform does not allow everything that you use.",
        steps=(
            "See which permission is missing, and whether a relink gives it or the platform.",
            "After granting it at the platform, choose Check now.",
        ),
        sure=Sureness.COMPARED,
    ),
    Cause.ROLE_LOST: CauseText(
        title="The role on the account was taken away",
        meaning="The person who linked this account no longer has a role on it at the platform. "
        "A relink by the same person does not help.",
        steps=(
            "Ask an administrator of the account at the platform to give the role back.",
            "Or let somebody who has the role relink the account.",
        ),
        sure=Sureness.COMPARED,
    ),
    Cause.ACCOUNT_TYPE: CauseText(
        title="The account is of another type now",
        meaning="The platform allows this only for professional accounts, and this is not one.",
        steps=("Change the account back to a professional account at the platform.",),
        sure=Sureness.COMPARED,
    ),
    Cause.RENEWAL_DUE: CauseText(
        title="Must be renewed soon",
        meaning="It works now. The platform wants a person to confirm the permission before the "
        "date shown.",
        steps=("Renew it: it takes a minute and nothing is interrupted.",),
    ),
    Cause.SECURITY_CHECK: CauseText(
        title="The platform asks for a security check",
        meaning="The owner must log in at the platform itself and confirm that it is really them. "
        "A relink does not help before that.",
        steps=(
            "Log in at the platform itself, not through Linkkeeper.",
            "Follow what it asks there.",
            "Then choose Check now.",
        ),
    ),
    Cause.ACCOUNT_SUSPENDED: CauseText(
        title="The account is suspended",
        meaning="The platform has closed or frozen this account. Only the platform can lift that.",
        steps=(
            "Log in at the platform and read its message.",
            "Object there if it is a mistake.",
            "Then choose Check now.",
        ),
    ),
    Cause.ACCOUNT_DEACTIVATED: CauseText(
        title="The account is switched off",
        meaning="Its owner has deactivated the account at the platform.",
        steps=("Switch it on again at the platform.", "Then choose Check now."),
    ),
    Cause.ACCOUNT_GONE: CauseText(
        title="The account cannot be found",
        meaning="The platform says that this account does not exist any more.",
        steps=(
            "Look at the platform whether it was deleted or moved.",
            "Keep it here, paused, to keep its publications.",
        ),
    ),
    Cause.SHUT_OUT: CauseText(
        title="The platform shuts the account out",
        meaning="It knows the permission, forbids everything all the same, and does not say why. "
        "Often the account is locked or suspended: only its owner can see that, at the platform.",
        steps=(
            "Log in at the platform itself and look whether the account is locked or suspended.",
            "Put that right there.",
            "Then choose Check now.",
        ),
        sure=Sureness.UNEXPLAINED,
    ),
    Cause.PLATFORM_DOWN: CauseText(
        title="The platform has trouble",
        meaning="The platform answers with errors. This says nothing about your link.",
        steps=("Nothing to do: do not relink. Linkkeeper keeps trying.",),
        sure=Sureness.NOTHING_KNOWN,
    ),
    Cause.RATE_LIMITED: CauseText(
        title="The platform asks us to wait",
        meaning="It takes no more questions for a while. This says nothing about your link.",
        steps=("Nothing to do: Linkkeeper waits as long as it was asked to.",),
        sure=Sureness.NOTHING_KNOWN,
    ),
    Cause.NO_ANSWER: CauseText(
        title="The platform does not answer",
        meaning="No answer came for some time. This says nothing about your link.",
        steps=("Nothing to do: do not relink. Linkkeeper keeps trying.",),
        sure=Sureness.NOTHING_KNOWN,
    ),
    Cause.APP_PROBLEM: CauseText(
        title="Linkkeeper's own registration has a problem",
        meaning="The platform does not accept the way this installation is registered with it. "
        "Your link itself is not accused.",
        steps=("An administrator must look at the registration with this platform.",),
        sure=Sureness.OURS,
    ),
    Cause.KEY_MISSING: CauseText(
        title="Stored permission cannot be opened",
        meaning="The key with which it was sealed is not on this server. Nothing was changed.",
        steps=("An administrator must put back the key file that belongs to this database.",),
        sure=Sureness.OURS,
    ),
}
