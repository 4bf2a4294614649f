"""One blueprint per page, named like its template folder."""

from flask import Blueprint

from dashboard.pages import (
    accounts,
    calendar,
    linking,
    me,
    overview,
    password,
    relink,
    removal,
    roles,
    session,
    setup,
    users,
    welcome,
)

PAGES: tuple[Blueprint, ...] = (
    overview.bp,
    accounts.bp,
    calendar.bp,
    linking.bp,
    me.bp,
    password.bp,
    relink.bp,
    removal.bp,
    roles.bp,
    session.bp,
    setup.bp,
    users.bp,
    welcome.bp,
)
