"""One blueprint per page, named like its template folder."""

from flask import Blueprint

from dashboard.pages import overview, session

PAGES: tuple[Blueprint, ...] = (
    overview.bp,
    session.bp,
)
