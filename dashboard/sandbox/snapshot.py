"""Everything that is so at the platform, as plain data: for the control panel and for tests.

Tokens appear as hashes only.
"""

import sqlite3
from collections import defaultdict
from dataclasses import asdict
from datetime import datetime
from typing import Any

from dashboard.sandbox import accounts, apps, faults, grants, journal
from dashboard.sandbox.clock import iso, iso_optional, read_stamp
from dashboard.sandbox.model import Account, Grant
from dashboard.sandbox.store import read_settings

SHOWN_REQUESTS = 100


def whole(db: sqlite3.Connection, now: datetime) -> dict[str, Any]:
    """The state of the platform."""
    settings = read_settings(db)
    every_grant = grants.everything(db)
    return {
        "now": iso(now),
        "settings": {"access_life": settings.access_life, "rotation": settings.rotation},
        "people": [
            {
                "id": person.id,
                "name": person.name,
                "email": person.email,
                "password": person.password,
            }
            for person in accounts.people(db)
        ],
        "apps": [
            {
                "client_id": app.client_id,
                "name": app.name,
                "redirect_uris": app.redirect_uris,
                "scopes": app.scopes,
                "secret_changed": app.secret_changed,
            }
            for app in apps.apps(db)
        ],
        "accounts": [account(db, one) for one in accounts.accounts(db)],
        "grants": _grants(db, every_grant),
        "faults": [{"id": one.id, **asdict(one.order)} for one in faults.active(db)],
        "requests": [
            {**asdict(entry), "at": entry.at.isoformat()}
            for entry in journal.newest(db, SHOWN_REQUESTS)
        ],
    }


def account(db: sqlite3.Connection, of: Account) -> dict[str, Any]:
    """One account: its status, its team, and who has given what for it."""
    mine = grants.of_account(db, of.id)
    return {
        "id": of.id,
        "handle": of.handle,
        "name": of.name,
        "status": of.status,
        "network": of.network,
        "team": [
            {"person": member.person.id, "role": member.role, "taken": member.taken}
            for member in accounts.team_of(db, of.id)
        ],
        "grants": [grant.id for grant in grants.live(mine)],
        "granted_scopes": sorted(
            {scope for grant in grants.live(mine) for scope in grant.scopes_for(of.id)}
        ),
        "last_end_cause": next((grant.end_cause for grant in mine if grant.ended_at), None),
    }


def _grants(db: sqlite3.Connection, every_grant: list[Grant]) -> list[dict[str, Any]]:
    tokens: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in db.execute("SELECT * FROM tokens ORDER BY issued_at, kind"):
        tokens[row["grant_id"]].append(
            {
                "sha256": row["sha256"],
                "kind": row["kind"],
                "issued_at": iso(read_stamp(row["issued_at"])),
                "expires_at": iso(read_stamp(row["expires_at"])),
                "used": row["used_at"] is not None,
            }
        )
    return [
        {
            "id": grant.id,
            "person": grant.person_id,
            "client_id": grant.client_id,
            "scopes": grant.scopes,
            "created_at": iso(grant.created_at),
            "ended_at": iso_optional(grant.ended_at),
            "end_cause": grant.end_cause,
            "refreshes": grant.refreshes,
            "accounts": [
                {
                    "id": part.account_id,
                    "renew_by": iso_optional(part.renew_by),
                    "withdrawn": sorted(part.withdrawn),
                }
                for part in grant.accounts
            ],
            "tokens": tokens[grant.id],
        }
        for grant in every_grant
    ]
