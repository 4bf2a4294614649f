"""Redirects are refused, or followed with care where that was allowed (R42)."""

import pytest

from dashboard.domain.wire import Silence
from tests.adapters.http.conftest import always, answer, ask, silence


def test_redirect_is_no_answer_unless_allowed(serve, client_for):
    server = serve(always(answer(status="302 Found", headers="Location: /there\r\n")))
    error = silence(client_for(server), ask(server.url, method="POST"))
    assert error.silence is Silence.REDIRECTED
    assert error.may_have_arrived
    assert len(server.requests) == 1


def test_allowed_redirect_is_followed(serve, client_for):
    end = serve(always(answer(b"end")))
    start = serve(always(answer(status="308 Gone there", headers=f"Location: {end.url}/x\r\n")))
    client = client_for(start, end)
    assert client.run(client.send(ask(start.url, redirects=1))).body == b"end"


def test_redirect_loop_ends_after_the_allowed_hops(serve, client_for):
    server = serve(always(answer(status="302 Found", headers="Location: /again\r\n")))
    error = silence(client_for(server), ask(server.url, redirects=2))
    assert error.silence is Silence.REDIRECTED
    assert len(server.requests) == 3


def test_question_that_changes_something_is_never_redirected(serve, client_for):
    server = serve(always(answer(status="307 There", headers="Location: /there\r\n")))
    error = silence(client_for(server), ask(server.url, method="POST", redirects=3))
    assert error.silence is Silence.REDIRECTED
    assert len(server.requests) == 1


def test_redirect_to_another_host_takes_no_secrets_along(serve, client_for):
    """R32: Authorization, cookies and keys under any other name stay with the first host."""
    end = serve(always(answer()))
    start = serve(always(answer(status="302 Found", headers=f"Location: {end.url}/\r\n")))
    headers = {"Authorization": "Bearer canary", "Cookie": "canary", "X-Key": "canary"}
    headers["Accept"] = "application/json"
    client = client_for(start, end)
    client.run(client.send(ask(start.url, redirects=1, headers=headers)))
    assert "canary" not in str(end.requests[0].headers)
    assert end.requests[0].headers["accept"] == "application/json"


def test_redirect_within_a_host_keeps_the_authorization(serve, client_for):
    def handle(connection):
        while (request := connection.request()) is not None:
            here = request.path == "/here"
            connection.send(
                answer(status="302 Found", headers="Location: /there\r\n") if here else answer()
            )

    server = serve(handle)
    client = client_for(server)
    question = ask(f"{server.url}/here", redirects=1, headers={"Authorization": "Bearer mine"})
    client.run(client.send(question))
    assert server.requests[1].headers["authorization"] == "Bearer mine"


def test_redirect_to_another_protocol_is_refused(serve, client_for):
    end = serve(always(answer()))
    there = f"Location: https://127.0.0.1:{end.port}/\r\n"
    start = serve(always(answer(status="302 Found", headers=there)))
    error = silence(client_for(start, end), ask(start.url, redirects=3))
    assert error.silence is Silence.REDIRECTED
    assert end.accepted == 0


def test_redirect_to_loopback_reaches_nobody(serve, client_for):
    canary = serve(always(answer()))
    for address in (canary.url, f"http://localhost:{canary.port}", "http://[::1]/"):
        start = serve(always(answer(status="307 There", headers=f"Location: {address}\r\n")))
        error = silence(client_for(start), ask(start.url, redirects=3))
        assert error.silence is Silence.FORBIDDEN_ADDRESS
    assert canary.accepted == 0


@pytest.mark.parametrize("location", ["", "http://[::1", "//", "gopher://x/", "http://a b/", "?\\"])
def test_senseless_redirect_is_no_answer(serve, client_for, location):
    server = serve(always(answer(status="302 Found", headers=f"Location: {location}\r\n")))
    error = silence(client_for(server), ask(server.url, redirects=3))
    assert error.silence in {Silence.REDIRECTED, Silence.FORBIDDEN_ADDRESS}
