"""Letters are rendered from three small templates, and hostile values change nothing but words."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateNotFound, UndefinedError

from dashboard.adapters.letters import Letters, Rendered, day, instant

BASE = """<!doctype html><html><head><style>
p { color: #123456 } .button { padding: 4px }
@media (prefers-color-scheme: dark) { p { color: #fedcba } }
</style></head><body>{% block content %}{% endblock %}</body></html>"""


@pytest.fixture(scope="module")
def letters(tmp_path_factory):
    folder = tmp_path_factory.mktemp("email")
    (folder / "_base").mkdir()
    (folder / "_base" / "body.html").write_text(BASE)
    (folder / "broken").mkdir()
    (folder / "broken" / "subject.txt").write_text("Relink {{ name }}\n on {{ platform }}\n")
    (folder / "broken" / "body.txt").write_text(
        "{{ name }} needs you.\n\n{% if since %}\nSince {{ since|instant }}.  \n{% endif %}\n\n\n\n"
        "Relink: {{ link }}\n\n"
    )
    (folder / "broken" / "body.html").write_text(
        '{% extends "_base/body.html" %}{% block content %}'
        '<p>{{ name }}</p><a class="button" href="{{ link }}">Relink</a>{% endblock %}'
    )
    (folder / "half").mkdir()
    (folder / "half" / "subject.txt").write_text("x")
    return Letters(folder)


CONTEXT = {
    "name": "@bakery",
    "platform": "Mastodon",
    "since": datetime(2026, 11, 24, 9, 5, tzinfo=UTC),
    "link": "https://keeper.example/relink/1?a=1&b=2",
}


def test_letter_has_subject_text_and_html(letters):
    subject, text, html = letters.render("broken", CONTEXT)
    assert subject == "Relink @bakery on Mastodon"
    assert text == (
        "@bakery needs you.\n\nSince 24 Nov 2026, 09:05 UTC.\n\n"
        "Relink: https://keeper.example/relink/1?a=1&b=2\n"
    )
    assert 'href="https://keeper.example/relink/1?a=1&amp;b=2"' in html


def test_styles_are_inlined_and_rules_for_dark_mode_stay(letters):
    html = letters.render("broken", CONTEXT).html
    assert "#123456" in html.split("<body>")[1]
    assert "prefers-color-scheme" in html.split("<body>")[0]


@pytest.mark.parametrize("missing", CONTEXT)
def test_missing_value_is_an_error_and_no_gap(letters, missing):
    with pytest.raises(UndefinedError):
        letters.render("broken", {name: CONTEXT[name] for name in CONTEXT if name != missing})


@pytest.mark.parametrize("kind", ["unknown", "half", "../email/broken"])
def test_unknown_kind_or_missing_part_is_an_error(letters, kind):
    with pytest.raises(TemplateNotFound):
        letters.render(kind, CONTEXT)


@pytest.mark.parametrize(
    "name",
    [
        "x\r\nBcc: v@x.example",
        "x\n\nYour password has expired: https://evil.example",
        "x\u2028y\x85z\x0b\x1c",
        "\u202egnp.elif",
        "\u2066x\u2069",
        "a\0b\ud800",
    ],
)
def test_name_cannot_start_a_line_or_turn_the_writing(letters, name):
    plain, hostile = (letters.render("broken", CONTEXT | {"name": n}) for n in ("x", name))
    for found in hostile:
        assert not set(found) & set("\0\r\x85\u2028\u202e\u2066\ud800\x0b\x1c")
    assert len(hostile.subject.splitlines()) == 1
    assert len(hostile.text.splitlines()) == len(plain.text.splitlines())


@given(st.text(max_size=60))
def test_no_text_becomes_html(letters, name):
    html = letters.render("broken", CONTEXT | {"name": f"<b>{name}<script>'\"{{{{ 7*7 }}}}"}).html
    assert html.count("<script") == 0
    assert html.count("<b>") == 0
    assert "{{ 7*7 }}" in html


def test_overlong_subject_is_cut(letters):
    subject = letters.render("broken", CONTEXT | {"name": "x" * 500}).subject
    assert len(subject) == 200
    assert subject.endswith("\u2026")


def test_style_sheets_from_elsewhere_are_not_loaded(letters, tmp_path):
    canary = tmp_path / "canary.css"
    canary.write_text("p { color: red }")
    (tmp_path / "x").mkdir()
    for part in ("subject.txt", "body.txt"):
        (tmp_path / "x" / part).write_text("x")
    (tmp_path / "x" / "body.html").write_text(
        f'<html><head><link rel="stylesheet" href="file://{canary}"></head><p>x</p></html>'
    )
    assert "color" not in Letters(tmp_path).render("x", {}).html


def test_dates_read_the_same_everywhere():
    assert day(date(2027, 3, 1)) == "1 Mar 2027"
    assert instant(datetime(2027, 3, 1, 0, 5, tzinfo=UTC)) == "1 Mar 2027, 00:05 UTC"


def test_instant_of_another_zone_is_told_in_utc():
    berlin = timezone(timedelta(hours=1))
    assert instant(datetime(2027, 3, 1, 0, 30, tzinfo=berlin)) == "28 Feb 2027, 23:30 UTC"


def test_parts_have_names():
    assert Rendered("s", "t", "h").subject == "s"
