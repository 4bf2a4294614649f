"""Every macro renders by itself, with undefined names as errors, and says what it must."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from flask import Flask, render_template_string
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import BooleanField, PasswordField, RadioField, SelectField, StringField
from wtforms.fields import SelectChoice

from dashboard.domain.calendar import PublicationState
from dashboard.domain.states import LinkState
from dashboard.web.assets import STATIC

SPRITE = (STATIC / "img/icons.svg").read_text(encoding="utf-8")


class TheForm(FlaskForm):
    """One field of each kind."""

    email = StringField("Email address")
    password = PasswordField("Password")
    role = SelectField("Role", choices=[SelectChoice("a", "Administrator")])
    stay = BooleanField("Keep me signed in")
    which = RadioField(
        "Which accounts", choices=[SelectChoice("all", "All"), SelectChoice("some", "Some")]
    )


@pytest.fixture
def render(small_app: Flask, frame: SimpleNamespace):
    def render(call: str, file: str = "ui", **context) -> str:
        name = re.search(r"(\w+)\(", call)[1]
        source = f'{{% from "_macros/{file}.html" import {name} %}}'
        body = call if call.startswith("{%") else f"{{{{ {call} }}}}"
        with small_app.test_request_context("/overview"):
            if "form" in context:
                context["form"] = context["form"]()
                context["form"].email.errors = ["Too short.", "No dot."]
            return render_template_string(source + body, **context)

    return render


NOW = datetime.now(UTC)


@pytest.mark.parametrize("state", LinkState)
def test_a_state_is_a_shape_a_colour_and_a_word(render, state: LinkState):
    badge = render("state_badge(state, since)", state=state, since=NOW - timedelta(hours=3.1))
    assert f'id="state-{state}"' in SPRITE
    assert f"#state-{state}" in badge
    assert f'data-state="{state}"' in badge
    assert render("state_word(state)", state=state).strip() in badge
    assert "since <time" in badge
    assert ">3 h</time>" in badge


@pytest.mark.parametrize("state", PublicationState)
def test_a_publication_says_its_status_in_a_word(render, state: PublicationState):
    shown = render("publication_mark(state, word=False)", state=state)
    assert 'class="visually-hidden"' in shown
    assert "#" in shown


def test_all_states_look_different():
    shapes = [line for line in SPRITE.splitlines() if 'id="state-' in line]
    assert len({line.split(">", 1)[1] for line in shapes}) == len(LinkState)


def test_an_icon_is_decoration_unless_it_has_a_label(render):
    assert 'aria-hidden="true"' in render('icon("mail")')
    assert 'role="img" aria-label="Is mailed"' in render('icon("mail", "Is mailed")')


def test_the_relink_icon_says_in_full_what_it_does(render):
    shown = render('relink_mark("/relink/1", "Relink Facebook page Bakery Jansen")')
    assert 'aria-label="Relink Facebook page Bakery Jansen"' in shown
    assert 'href="/relink/1"' in shown


def test_what_people_typed_is_escaped_everywhere(render):
    name = "<b>x</b>\" onclick='y'"
    for call in (
        "button(name, label=name)",
        "link_button(name, '/', label=name)",
        "post_button(name, '/', values={'a': name})",
        "relink_mark('/', name)",
        "empty_state(name, name)",
        "chip(name, 1, '/')",
        "crumbs([(name, None)])",
        "page_head(name, name)",
        "definition_list([(name, name)])",
        "steps([(name, 'now')])",
        "history_bars([('healthy', name)], name)",
        "avatar(name)",
        "platform_icon('mastodon', name)",
    ):
        shown = render(call, name=name)
        assert "<b>" not in shown, call
        assert "\" onclick='" not in shown, call


SHOWN = {
    "exact_time(now)": "data-exact",
    "day_of(now)": "data-day",
    "time(now, prefix='seen ')": 'data-prefix="seen "',
    "empty_state('None yet', 'Link one.', action=more)": "<i>more</i>",
    "pager(2, 3, '?page={}'.format)": 'rel="next" href="?page=3"',
    "chip('Expired', 2, '?s', current=True, state='expired')": 'aria-current="true"',
    "post_button('Pause', '/p', 'danger', values={'a': 'b'})": 'name="csrf_token"',
    "poller('/changes?since=1', True, seconds=5)": 'hx-swap-oob="outerHTML"',
    "definition_list([('Linked by', 'Anna')])": "<dt>Linked by</dt><dd>Anna</dd>",
    "steps([('First read', 'failed')])": 'First read<span class="visually-hidden">: Went wrong',
    "{% call card('History', id='h') %}inside{% endcall %}": 'aria-labelledby="h-title"',
    "{% call callout('note', 'Mind this') %}inside{% endcall %}": 'data-kind="note"',
    "{% call page_head('Accounts') %}inside{% endcall %}": "inside",
}


@pytest.mark.parametrize(("call", "wanted"), SHOWN.items())
def test_each_macro_shows_what_it_is_given(render, call: str, wanted: str):
    assert wanted in render(call, now=NOW, more=Markup("<i>more</i>"))


def test_one_page_needs_no_pager(render):
    assert render("pager(1, 1, '?page={}'.format)").strip() == ""


def test_a_wrong_field_says_why_and_is_tied_to_it(render):
    shown = render(
        "field(form.email, 'We mail there.', autocomplete='email')", "forms", form=TheForm
    )
    assert 'aria-invalid="true"' in shown
    assert 'aria-describedby="email-hint email-error"' in shown
    assert "Too short. No dot." in shown
    assert 'autocomplete="email"' in shown


def test_a_right_field_makes_no_noise(render):
    shown = render("password_field(form.password)", "forms", form=TheForm)
    assert "aria-" not in shown
    assert 'autocomplete="current-password"' in shown


def test_each_kind_of_field_has_its_words(render):
    assert 'class="form-select"' in render("field(form.role)", "forms", form=TheForm)
    box = render("checkbox_field(form.stay, 'Not on a shared computer.')", "forms", form=TheForm)
    assert 'aria-describedby="stay-hint"' in box
    radios = render("radio_group(form.which)", "forms", form=TheForm)
    assert "<legend>Which accounts</legend>" in radios
    assert radios.count('type="radio"') == 2


def test_the_top_of_a_wrong_form_says_that_nothing_was_saved(render):
    assert "Nothing was saved yet" in render("form_errors(form)", "forms", form=TheForm)


def test_a_box_that_saves_itself_works_as_a_form_too(render):
    box = render("setting_box('broken', 'Send me an email', True, '/save', 'Hint')", "forms")
    assert 'method="post"' in box
    assert 'name="csrf_token"' in box
    assert " checked" in box
    assert "data-without-js>Save" in box


def test_a_search_is_a_form_that_keeps_the_other_filters(render):
    search = render("search_form('/a', 'x', 'Search', '#list', {'state': 'expired'})", "forms")
    assert 'method="get"' in search
    assert '<input type="hidden" name="state" value="expired">' in search
