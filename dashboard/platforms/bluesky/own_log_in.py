"""Linking at the log-in of the account's own server: the way there, and the way back.

Everything on the way is told by strangers. What counts in the end is that the identity in the
answer leads, by its own document and its own server, to the very log-in that gave the answer
(atproto.com/specs/oauth: the issuer is verified both ways).
"""

import contextlib
from collections.abc import Mapping
from datetime import datetime

from dashboard.domain.credentials import App, Subject
from dashboard.domain.errors import InvalidInputError, PlatformError
from dashboard.domain.wire import Http, NoAnswerError, Silence
from dashboard.platforms import oauth2
from dashboard.platforms.answers import Reply
from dashboard.platforms.atproto import session_of
from dashboard.platforms.atproto_log_in import talks
from dashboard.platforms.atproto_log_in.client import SCOPES, method_of
from dashboard.platforms.atproto_log_in.homes import (
    Home,
    NobodyError,
    home_of,
    home_of_name,
    is_did,
    is_handle,
)
from dashboard.platforms.atproto_log_in.log_ins import issuer_of, log_in_of
from dashboard.platforms.atproto_log_in.places import UnfitServerError
from dashboard.platforms.atproto_log_in.talks import Errand
from dashboard.platforms.bluesky.consent import Senses, give_back, kept, no_consent
from dashboard.platforms.bluesky.reading import failure, read_identity, read_session
from dashboard.platforms.bluesky.signing_in import KEY, plain_handle
from dashboard.platforms.protocol import Granted, LoginField, OwnLogIn, Start

FIELD = "which"

WAY = OwnLogIn(
    conditions=(
        "You log in at the server that the account lives on; Linkkeeper sees no password.",
        "It will ask you whether Linkkeeper may read and write posts, and read direct messages.",
    ),
    before_relink=(
        "Log in as the account that you want to relink.",
        "If your browser is logged in there as somebody else, choose the right account there.",
    ),
    fields=(
        LoginField(
            name=FIELD,
            label="Which account",
            hint="Its full name at Bluesky. Linkkeeper finds by itself where it lives.",
            placeholder="bakery.bsky.social",
            autocomplete="username",
        ),
    ),
)

_OURS = frozenset(
    {"invalid_client", "unauthorized_client", "invalid_client_metadata", "invalid_redirect_uri"}
)
_NOBODY = "No account with this name can be found. Check the spelling."


async def set_out(
    senses: Senses, http: Http, app: App, typed: Mapping[str, str], *, state: str, remote_id: str
) -> Start:
    """See `SignsInAtOwnServer`."""
    try:
        home = await _home(senses, http, typed, remote_id)
        log_in = await log_in_of(http, senses.hosts, home.pds, method=method_of(app))
    except UnfitServerError as error:
        raise _no_log_in(error.why) from error
    except NoAnswerError as error:
        if error.silence is Silence.FORBIDDEN_ADDRESS:
            raise _no_log_in("Linkkeeper does not connect to the server it names") from error
        raise
    going = talks.errand(log_in, home.did, is_relink=bool(remote_id))
    voice = senses.voice(http, app, issuer=log_in.issuer, key=going.key)
    hint = home.handle or home.did
    there = await talks.hand_in(voice, log_in, going, state=state, login_hint=hint)
    if isinstance(there, Reply):
        raise _not_taken(there)
    return Start(url=there, verifier=going.packed())


async def arrive(
    senses: Senses, http: Http, app: App, *, code: str, issuer: str, verifier: str, now: datetime
) -> Granted:
    """See `SignsInAtOwnServer`; nothing is sent to anybody before the answer's sender is known."""
    going = Errand.unpacked(verifier)
    if issuer != going.issuer:
        raise PlatformError(KEY, "odd_answer", "the answer came from another server than asked")
    voice = senses.voice(http, app, issuer=going.issuer, key=going.key)
    reply = await talks.exchange(voice, going, code=code)
    tokens = talks.read(reply, asked=SCOPES, did="", now=now)
    if not isinstance(tokens, oauth2.Tokens):
        raise no_consent(reply, tokens)
    did = reply.text("sub")
    try:
        home = await _proven_home(senses, http, going, did)
    except (PlatformError, NoAnswerError):
        useless = kept(tokens, going, did=did, pds="", app=app, now=now)
        with contextlib.suppress(PlatformError, NoAnswerError):
            await give_back(senses, http, app, useless)
        raise
    credential = kept(tokens, going, did=did, pds=home.pds, app=app, now=now)
    signing = senses.signing(http, credential)
    try:
        seen = await read_session(signing, credential)
        session = session_of(seen)
        if session is None or session.did != did:
            raise failure(seen)
        identity = await read_identity(signing, credential, session)
    except (PlatformError, NoAnswerError):
        with contextlib.suppress(PlatformError, NoAnswerError):
            await give_back(senses, http, app, credential)
        raise
    subject = Subject(remote_id=did, name=identity.name)
    return Granted(credential=credential, subject=subject, identities=(identity,))


async def _home(senses: Senses, http: Http, typed: Mapping[str, str], remote_id: str) -> Home:
    if remote_id:
        return await home_of(http, senses.hosts, remote_id)
    name = plain_handle(typed.get(FIELD, ""))
    if not is_did(name) and not is_handle(name):
        raise InvalidInputError(FIELD, "Type the whole name, such as bakery.bsky.social.")
    try:
        if is_did(name):
            return await home_of(http, senses.hosts, name)
        return await home_of_name(http, senses.hosts, name)
    except NobodyError as error:
        raise InvalidInputError(FIELD, _NOBODY) from error


async def _proven_home(senses: Senses, http: Http, going: Errand, did: str) -> Home:
    """Where the account in the answer lives, if its own log-in is the one that answered."""
    try:
        home = await home_of(http, senses.hosts, did)
        issuer = await issuer_of(http, senses.hosts, home.pds)
    except UnfitServerError as error:
        raise PlatformError(KEY, "odd_answer", error.why) from error
    if issuer != going.issuer:
        why = "the log-in that answered is not that of the account"
        raise PlatformError(KEY, "odd_answer", why)
    if did != going.did and not going.is_relink:
        why = f"{going.did} was asked for, {did} logged in"
        raise PlatformError(KEY, "other_account", why)
    return home


def _no_log_in(why: str) -> PlatformError:
    return PlatformError(KEY, "no_log_in", why)


def _not_taken(reply: Reply) -> PlatformError:
    code = reply.text("error", 80)
    if reply.silence() or not code:
        return reply.failure(KEY)
    kind = "app_problem" if code in _OURS else "refused"
    return PlatformError(KEY, kind, reply.evidence(code=code).text or code)
