"""One blueprint per page, named like its template folder."""

from flask import Blueprint

from dashboard.pages import (
    accounts,
    calendar,
    composer,
    general,
    health,
    linking,
    me,
    messages,
    monitor,
    overview,
    password,
    platforms,
    relink,
    removal,
    roles,
    session,
    setup,
    stop,
    users,
    welcome,
)

PAGES: tuple[Blueprint, ...] = (
    overview.bp,
    accounts.bp,
    calendar.bp,
    composer.bp,
    general.bp,
    health.bp,
    linking.bp,
    me.bp,
    messages.bp,
    monitor.bp,
    password.bp,
    platforms.bp,
    relink.bp,
    removal.bp,
    roles.bp,
    session.bp,
    setup.bp,
    stop.bp,
    users.bp,
    welcome.bp,
)
