"""What the outbound client promises to those who ask with it."""

import asyncio
import json
import logging
import os

import pytest

from dashboard.adapters.http import HttpClient, Limits
from dashboard.domain.wire import NoAnswerError, Part, Silence
from dashboard.settings import Settings
from tests.adapters.http.conftest import always, answer, ask, once, silence


def test_every_status_is_an_answer(serve, client_for):
    for status in ("200 OK", "204 No Content", "304 Not Modified", "401 No", "429 Slow", "503 Ill"):
        server = serve(once(answer(status=status)))
        client = client_for(server)
        assert client.run(client.send(ask(server.url))).status == int(status[:3])


def test_answer_has_lower_case_headers_and_the_whole_body(serve, client_for):
    server = serve(always(answer(b"x" * 200_000, headers="X-Rate: 1\r\nX-RATE: 2\r\n")))
    client = client_for(server)
    found = client.run(client.send(ask(server.url)))
    assert found.headers["x-rate"] == "1, 2"
    assert found.body == b"x" * 200_000


def test_form_and_json_arrive_as_they_were_asked(serve, client_for):
    server = serve(always(answer()))
    client = client_for(server)
    client.run(client.send(ask(server.url, method="POST", form={"a": "ü&=", "b": "2"})))
    client.run(client.send(ask(server.url, method="POST", json={"a": ["ü"]})))
    form, document = server.requests
    assert form.headers["content-type"] == "application/x-www-form-urlencoded"
    assert form.body == b"a=%C3%BC%26%3D&b=2"
    assert document.headers["content-type"] == "application/json"
    assert json.loads(document.body) == {"a": ["ü"]}


def test_files_and_raw_bytes_arrive_as_they_were_asked(serve, client_for):
    server = serve(always(answer()))
    client = client_for(server)
    parts = (
        Part(name="caption", data=b"two words"),
        Part(name="picture", data=b"\x89PNG", filename="a.png", media_type="image/png"),
    )
    client.run(client.send(ask(server.url, method="POST", parts=parts)))
    png = {"Content-Type": "image/png"}
    client.run(client.send(ask(server.url, method="PUT", raw=b"\x89PNG", headers=png)))
    form, raw = server.requests
    assert form.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="picture"; filename="a.png"' in form.body
    assert b"\x89PNG\r\n" in form.body
    assert b"two words\r\n" in form.body
    assert (raw.headers["content-type"], raw.body) == ("image/png", b"\x89PNG")


def test_address_goes_on_the_wire_unchanged(serve, client_for):
    server = serve(always(answer()))
    client = client_for(server)
    client.run(client.send(ask(f"{server.url}/a%2Fb/c+d?x=%C3%A9+1&y=%2B#never-sent")))
    assert server.requests[0].path == "/a%2Fb/c+d?x=%C3%A9+1&y=%2B"


def test_user_agent_tells_version_and_where_to_complain(serve, tmp_path):
    server = serve(always(answer()))
    settings = Settings(
        data_dir=tmp_path,
        base_url="https://keeper.example",
        database_url="sqlite://",
        allow_private_hosts=frozenset({f"127.0.0.1:{server.port}"}),
    )
    client = HttpClient.from_settings(settings)
    client.run(client.send(ask(server.url)))
    client.close()
    agent = server.requests[0].headers["user-agent"]
    assert agent.startswith("Linkkeeper/")
    assert agent.endswith(" (+https://keeper.example)")


def test_connection_is_reused_for_questions_that_only_read(serve, client_for):
    server = serve(always(answer(b"{}")))
    client = client_for(server)
    for _ in range(3):
        client.run(client.send(ask(server.url)))
    assert server.accepted == 1


def test_question_that_changes_something_gets_a_new_connection(serve, client_for):
    """A kept connection that closes at that moment would make its outcome unknown (R35, R77)."""
    server = serve(always(answer(b"{}")))
    client = client_for(server)
    for _ in range(3):
        client.run(client.send(ask(server.url, method="POST")))
    assert server.accepted == 3


def test_no_more_connections_to_a_host_than_the_limit(serve, client_for):
    server = serve(always(answer(b"{}")))
    client = client_for(server, limits=Limits(connections_per_host=2))

    async def many():
        await asyncio.gather(*(client.send(ask(server.url)) for _ in range(20)))

    client.run(many())
    assert len(server.requests) == 20
    assert server.accepted == 2


def test_cookies_are_neither_kept_nor_handed_on(serve, client_for):
    server = serve(always(answer(headers="Set-Cookie: a=1\r\n")))
    client = client_for(server)
    found = [client.run(client.send(ask(server.url))) for _ in range(2)]
    assert "set-cookie" not in found[0].headers
    assert "cookie" not in server.requests[1].headers


def test_proxy_variables_of_the_environment_are_ignored(serve, client_for, monkeypatch):
    """R40."""
    server, proxy = serve(always(answer())), serve(always(answer()))
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    client = client_for(server)
    client.run(client.send(ask(server.url)))
    assert (len(server.requests), len(proxy.requests)) == (1, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": {"Authorization": "Bearer a\r\nX: y"}},
        {"headers": {"Authorization": "Bearer \0"}},
        {"headers": {"A\nB": "x"}},
        {"headers": {"Host": "other.example"}},
        {"method": "GET / HTTP/1.1\r\nX:"},
        {"method": "POST", "form": {"a": "b"}, "json": {}},
    ],
)
def test_question_that_would_break_out_of_its_form_does_not_leave(serve, client_for, changes):
    server = serve(always(answer()))
    error = silence(client_for(server), ask(server.url, **changes))
    assert error.silence is Silence.NOT_SENT
    assert not error.may_have_arrived
    assert server.accepted == 0


def test_closed_client_sends_nothing(serve, client_for):
    server = serve(always(answer()))
    client = client_for(server)
    client.close()
    with pytest.raises(NoAnswerError) as caught:
        asyncio.run(client.send(ask(server.url)))
    assert caught.value.silence is Silence.NOT_SENT


def test_send_may_be_awaited_on_any_event_loop(serve, client_for):
    server = serve(always(answer(b"{}")))
    client = client_for(server)
    for _ in range(2):
        assert asyncio.run(client.send(ask(server.url))).status == 200
    assert client.run(client.send(ask(server.url))).status == 200
    assert server.accepted == 1


def test_client_works_in_the_parent_and_in_a_forked_child(serve, client_for):
    server = serve(always(answer(b"{}")))
    client = client_for(server)
    client.run(client.send(ask(server.url)))
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = client.run(client.send(ask(f"{server.url}/child"))).status
        os.write(writing, str(status).encode())
        os._exit(0)
    os.close(writing)
    assert os.read(reading, 10) == b"200"
    os.close(reading)
    os.waitpid(child, 0)
    assert client.run(client.send(ask(f"{server.url}/parent"))).status == 200
    assert [request.path for request in server.requests] == ["/", "/child", "/parent"]
    assert server.accepted == 2  # the child made its own connection


def test_no_secret_of_a_question_is_logged_or_raised(serve, client_for, caplog):
    caplog.set_level(logging.DEBUG)
    closing = serve(lambda connection: connection.request())
    refusing = serve(always(answer()))
    refusing.close()
    client = client_for(closing, refusing)
    errors = [
        silence(
            client,
            ask(
                f"{url}/path?code=canary",
                method="POST",
                headers={"Authorization": "Bearer canary"},
                form={"secret": "canary"},
            ),
        )
        for url in (closing.url, refusing.url, "http://10.0.0.1")
    ]
    for error in errors:
        assert "canary" not in f"{error!r} {error.__cause__!r} {error.__context__!r}"
    assert "canary" not in caplog.text
    assert "canary" not in repr(ask("https://x.example/", headers={"a": "canary"}))
