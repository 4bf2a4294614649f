"""A typed server becomes one origin, whoever typed it and however."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.errors import InvalidInputError
from dashboard.domain.wire import Ask, NoAnswerError, Silence
from dashboard.platforms.servers import ask_typed, host_of, origin_of
from tests.fakes import ScriptedHttp


@pytest.mark.parametrize(
    "typed",
    [
        "mastodon.example",
        " Mastodon.Example ",
        "https://mastodon.example",
        "https://mastodon.example/",
        "HTTPS://MASTODON.EXAMPLE:443/",
        "@anna@mastodon.example",
        "anna@mastodon.example",
        "https://mastodon.example/@anna",
        "mastodon.example/@anna",
        "\u200bmastodon.example\u202c",
    ],
)
def test_the_ways_to_type_a_server_become_one(typed: str) -> None:
    assert origin_of(typed, field="server") == "https://mastodon.example"


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("bücher.example", "https://xn--bcher-kva.example"),
        ("HTTPS://BÜCHER.Example", "https://xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("mastodon。example", "https://mastodon.example"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("http://localhost:80", "http://localhost"),
        ("mastodon.example:8443", "https://mastodon.example:8443"),
        ("http://[::1]:3000/", "http://[::1]:3000"),
    ],
)
def test_other_letters_and_ports_have_one_form_too(typed: str, origin: str) -> None:
    assert origin_of(typed, field="server") == origin


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "https://",
        "mastodon.example/path",
        "https://mastodon.example/@anna/109",
        "https://mastodon.example/?x=1",
        "https://mastodon.example#x",
        "https://anna:pw@mastodon.example",
        "https://anna@mastodon.example",
        "anna:pw@mastodon.example",
        "https://mastodon.example@evil.example/",
        "https://mastodon.example\\@evil.example",
        "mastodon.example\n.evil.example",
        "mastodon example",
        "mastodon.example.",
        "-mastodon.example",
        "mastodon..example",
        "mastodon_example.org",
        "mastodon.example:99999999",
        "mastodon.example:",
        "mastodon.example:80:80",
        "file:///etc/passwd",
        "gopher://mastodon.example",
        "javascript:alert(1)",
        "//mastodon.example",
        "https://https://mastodon.example",
        "mastodon.example%2f.evil.example",
        "[::1%25lo]",
        "a" * 64 + ".example",
        "a." * 150 + "example",
        "a." * 124 + "example",
        "xn--\u00fc.example",
        "☃" * 400,
    ],
)
def test_r40_what_is_no_server_is_refused_at_its_field(typed: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        origin_of(typed, field="server")
    assert raised.value.field == "server"


@given(st.text(max_size=80))
def test_r40_whatever_is_typed_an_origin_is_plain_or_refused(typed: str) -> None:
    try:
        origin = origin_of(typed, field="server")
    except InvalidInputError:
        return
    scheme, _, host = origin.partition("://")
    assert scheme in {"https", "http"}
    assert host == host.lower()
    assert host.isascii()
    assert not set(host) & set("/\\@?#% \t\r\n")
    assert origin_of(origin, field="server") == origin, "it is its own one form"


async def ask(silence: Silence) -> None:
    http = ScriptedHttp({"ask": NoAnswerError(silence, call="ask")})
    await ask_typed(http, Ask(call="ask", method="GET", url="https://x"), field="server")


@pytest.mark.parametrize(
    "silence",
    [Silence.FORBIDDEN_ADDRESS, Silence.NAME_NOT_FOUND, Silence.REDIRECTED, Silence.TLS],
)
def test_a_wrong_address_is_said_at_its_field(silence: Silence, http: ScriptedHttp) -> None:
    with pytest.raises(InvalidInputError) as raised:
        http.run(ask(silence))
    assert raised.value.field == "server"
    assert raised.value.why.endswith((".",))


@pytest.mark.parametrize("silence", [Silence.TIMEOUT, Silence.NO_CONNECTION, Silence.TOO_LARGE])
def test_a_server_that_is_only_silent_is_not_a_wrong_address(
    silence: Silence, http: ScriptedHttp
) -> None:
    with pytest.raises(NoAnswerError):
        http.run(ask(silence))


def test_a_host_is_shown_without_its_scheme() -> None:
    assert host_of("https://mastodon.example") == "mastodon.example"
    assert host_of("http://127.0.0.1:3000") == "127.0.0.1:3000"
