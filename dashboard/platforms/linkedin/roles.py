"""Who a LinkedIn account is, and what a role on an organisation allows.

A remote id is the URN of a member or an organisation. Which role may do what: docs =
learn.microsoft.com/en-us/linkedin/marketing (organization-access-control, posts-api).
"""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from dashboard.domain.capabilities import Capability, Missing, MissingKind
from dashboard.domain.credentials import Credential
from dashboard.domain.links import Identity
from dashboard.platforms.linkedin.about import ABOUT, LABELS
from dashboard.platforms.permissions import by_relink, lacking, missing_permissions
from dashboard.platforms.values import object_of, text_of

PERSON, COMPANY = "urn:li:person:", "urn:li:organization:"
_ALL = frozenset(
    {
        "ADMINISTRATOR",
        "CONTENT_ADMINISTRATOR",
        "CONTENT_ADMIN",
        "DIRECT_SPONSORED_CONTENT_POSTER",
    }
)
_ONLY_WRITE = frozenset({"RECRUITING_POSTER"})
_READING = (Capability.MONITOR_MENTIONS, Capability.READ_PUBLICATIONS)


def organisations(roles: list[object]) -> tuple[Identity, ...]:
    """Each organisation that the person may act for, once, known by its number only."""
    urns = dict.fromkeys(urn for urn, role in _held(roles) if role in _ALL | _ONLY_WRITE)
    return tuple(
        Identity(
            remote_id=urn,
            name=f"Organisation {_number(urn)}",
            handle="",
            url=f"https://www.linkedin.com/company/{quote(_number(urn), safe='')}",
        )
        for urn in urns
    )


def number_of(organisation: Identity) -> str:
    return _number(organisation.remote_id)


def with_name(organisation: Identity, told: Mapping[str, object]) -> Identity:
    """The same with the name that people know, as far as it was told."""
    return replace(
        organisation,
        name=text_of(told.get("localizedName")) or organisation.name,
        handle=text_of(told.get("vanityName")),
    )


def missing_on(
    organisation: Identity, roles: list[object], credential: Credential
) -> tuple[Missing, ...]:
    """What is not allowed on an organisation: no role at all, or one that is too small."""
    mine = {role for urn, role in _held(roles) if urn == organisation.remote_id}
    kind, what = MissingKind.ROLE, "organizationAcls"
    if not mine & (_ALL | _ONLY_WRITE):
        return lacking(ABOUT, kind, what, "a role on the page")
    missing = by_relink(missing_permissions(ABOUT, credential.scopes, LABELS))
    if mine & _ALL:
        return missing
    label = "a role on the page that may read"
    return (*missing, *lacking(ABOUT, kind, what, label, only=_READING))


def missing_of_member(credential: Credential) -> tuple[Missing, ...]:
    """A member can only publish; reading is closed to programs, so it is not missing."""
    what = "w_member_social"
    if not credential.scopes or what in credential.scopes:
        return ()
    only = (Capability.PUBLISH,)
    return by_relink(lacking(ABOUT, MissingKind.PERMISSION, what, LABELS[what], only=only))


def missing_without_access(credential: Credential) -> tuple[Missing, ...]:
    """What "Not enough permissions" means: a permission that was not given, or else unnamed."""
    what = "rw_organization_admin"
    if what not in credential.scopes:
        return by_relink(lacking(ABOUT, MissingKind.PERMISSION, what, LABELS[what]))
    label = "LinkedIn's approval of Linkkeeper for pages, or a role on the page,"
    return lacking(ABOUT, MissingKind.PERMISSION, "ACCESS_DENIED", label)


def _held(roles: list[object]) -> list[tuple[str, str]]:
    """Organisations with the person's roles on them, as far as they count now."""
    found = []
    for item in roles:
        acl = object_of(item)
        urn = text_of(acl.get("organization"), 200) or text_of(acl.get("organizationTarget"), 200)
        if urn.startswith(COMPANY) and text_of(acl.get("state"), 40) in {"", "APPROVED"}:
            found.append((urn, text_of(acl.get("role"), 60)))
    return found


def _number(urn: str) -> str:
    return urn.removeprefix(COMPANY)
