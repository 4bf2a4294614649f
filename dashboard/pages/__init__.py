"""One blueprint per page, named like its template folder."""

from flask import Blueprint

from dashboard.pages import me, overview, password, session, setup, welcome

PAGES: tuple[Blueprint, ...] = (
    overview.bp,
    me.bp,
    session.bp,
    password.bp,
    welcome.bp,
    setup.bp,
)
