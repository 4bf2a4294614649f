"""The words of the domain for templates: causes, capabilities, what stops, and links to outside."""

from urllib.parse import urlsplit

from flask import Flask

from dashboard.db.screens.accounts import GROUPS
from dashboard.domain.capabilities import CAPABILITY_TEXTS
from dashboard.domain.causes import CAUSE_TEXTS, SURENESS_TEXTS
from dashboard.domain.impact import modules, sentence, stopped
from dashboard.domain.notices import NOTICE_SPECS
from dashboard.domain.pushes import REASON_TEXTS
from dashboard.domain.troubles import UNTOLD_TEXTS
from dashboard.web.assets import platform_icons
from dashboard.web.bars import STATE_WORDS, drawn

_PUBLICATION_WORDS = {
    "scheduled": "Scheduled",
    "held": "Held",
    "publishing": "Going out",
    "published": "Published",
    "failed": "Failed",
    "unknown": "Not known",
    "missed": "Missed",
    "loaded": "Loaded from the platform",
}


_NOTICE_WORDS = {
    "link_broken": "An account is not connected properly",
    "link_limited": "A permission is missing",
    "link_expiring": "A link must be renewed soon",
    "link_recovered": "An account works again",
    "link_flapping": "An account keeps breaking",
    "platform_silent": "A whole platform has trouble",
    "platform_back": "That platform answers again",
    "registration_refused": "A platform refuses the registration",
    "key_missing": "Stored permissions cannot be opened",
}
_NOTICE_ICONS = {
    "link_broken": "problem",
    "link_limited": "warning",
    "link_expiring": "clock",
    "link_recovered": "check-circle",
    "link_flapping": "refresh",
    "platform_silent": "no-answer",
    "platform_back": "pulse",
    "registration_refused": "plug",
    "key_missing": "key",
}


def outside(url: str) -> str:
    """Return an address that a platform sent if it is a web address, else "#": never a script."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "#"
    return url if parts.scheme in {"http", "https"} and parts.hostname else "#"


def add_words(app: Flask) -> None:
    """Give the templates of `app` these words."""
    app.jinja_env.filters["outside"] = outside
    app.jinja_env.filters["month"] = lambda day: f"{day:%B %Y}"
    app.jinja_env.filters["short_day"] = lambda at: f"{at.day} {at:%b}"
    app.jinja_env.filters["clock_time"] = lambda at, here: f"{at.astimezone(here):%H:%M}"
    app.jinja_env.globals.update(
        cause_texts=CAUSE_TEXTS,
        sureness_texts=SURENESS_TEXTS,
        reason_texts=REASON_TEXTS,
        untold_texts=UNTOLD_TEXTS,
        capability_texts=CAPABILITY_TEXTS,
        groups_of_states=lambda: GROUPS,
        stopped=stopped,
        sentence=sentence,
        modules=modules,
        publication_words=_PUBLICATION_WORDS,
        platform_icons=platform_icons,
        drawn_bars=drawn,
        state_words={state.value: word for state, word in STATE_WORDS.items()},
        notice_specs=NOTICE_SPECS,
        notice_words=_NOTICE_WORDS,
        notice_icons=_NOTICE_ICONS,
    )
