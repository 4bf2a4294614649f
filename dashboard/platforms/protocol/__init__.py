"""What Linkkeeper asks of a platform. A platform file is data with a few methods.

Capabilities beyond the common ones are protocols of their own, found with `isinstance`, so that no
platform has to say "not implemented".
"""

from dashboard.domain.credentials import App, Credential, Subject
from dashboard.platforms.protocol.about import About, AppGuide, LoginField, OwnLogIn
from dashboard.platforms.protocol.content import ListsMentions, ListsPosts, Publishes, TellsFate
from dashboard.platforms.protocol.log_ins import (
    Granted,
    Revokes,
    RevokesAllAtOnce,
    SignsInAtOwnServer,
    SignsInAtPlatform,
    SignsInByPassword,
    Start,
)
from dashboard.platforms.protocol.platform import DatesItsQuestions, Platform, SpeaksThroughSandbox
from dashboard.platforms.protocol.registering import AppTest, NeedsApp, ReceivesPushes
from dashboard.platforms.protocol.renewing import (
    Refreshed,
    RefreshesCredentials,
    RefreshOutcome,
    RefreshRefused,
    RefreshUnclear,
    RenewsWithoutSecret,
)

__all__ = [
    "About",
    "App",
    "AppGuide",
    "AppTest",
    "Credential",
    "DatesItsQuestions",
    "Granted",
    "ListsMentions",
    "ListsPosts",
    "LoginField",
    "NeedsApp",
    "OwnLogIn",
    "Platform",
    "Publishes",
    "ReceivesPushes",
    "RefreshOutcome",
    "RefreshRefused",
    "RefreshUnclear",
    "Refreshed",
    "RefreshesCredentials",
    "RenewsWithoutSecret",
    "Revokes",
    "RevokesAllAtOnce",
    "SignsInAtOwnServer",
    "SignsInAtPlatform",
    "SignsInByPassword",
    "SpeaksThroughSandbox",
    "Start",
    "Subject",
    "TellsFate",
]
