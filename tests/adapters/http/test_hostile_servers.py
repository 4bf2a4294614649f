"""Servers that are slow, endless, broken or lying end in a kind of silence, in time (R43)."""

import asyncio
import gzip
import subprocess
import sys
import time
import zlib
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.adapters.http import Limits
from dashboard.domain.wire import Answer, NoAnswerError, Silence
from tests.adapters.http.conftest import always, answer, ask, once, silence

HEAD = b"HTTP/1.1 200 OK\r\n"


def drip(data, pause=0.05):
    def handle(connection):
        connection.request()
        for byte in data:
            connection.send(bytes([byte]))
            time.sleep(pause)

    return handle


def endless(head, piece):
    def handle(connection):
        connection.request()
        connection.send(head)
        while True:
            connection.send(piece)

    return handle


def zeros(megabytes):
    """A gzip stream of so many megabytes of zeros, without its end."""
    packer = zlib.compressobj(9, wbits=31)
    first = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    further = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + further * (megabytes - 1)


@pytest.mark.parametrize(
    "data",
    [HEAD * 20, HEAD + b"Content-Length: 100\r\n\r\n" + b"x" * 100],
    ids=["in the headers", "in the body"],
)
def test_slow_server_is_left_at_the_deadline(serve, client_for, data):
    server = serve(drip(data))
    client = client_for(server)
    began = time.monotonic()
    error = silence(client, ask(server.url, deadline=0.4))
    assert error.silence is Silence.TIMEOUT
    assert error.may_have_arrived
    assert time.monotonic() - began < 1.5


def test_server_that_pauses_in_its_answer_is_left_before_the_deadline(serve, client_for):
    server = serve(drip(HEAD + b"Content-Length: 9\r\n\r\n", pause=0))
    hanging = serve(
        lambda c: (c.request(), c.send(HEAD + b"Content-Length: 9\r\n\r\n"), c.request())
    )
    client = client_for(server, hanging, limits=Limits(between_pieces=0.2))
    began = time.monotonic()
    assert silence(client, ask(hanging.url, deadline=20)).silence is Silence.TIMEOUT
    assert time.monotonic() - began < 5


def test_answer_to_a_change_is_waited_for_up_to_the_deadline(serve, client_for):
    """R34: a new token is not thrown away because it comes with a pause."""

    def handle(connection):
        connection.request()
        connection.send(HEAD + b"Content-Length: 2\r\n\r\n{")
        time.sleep(0.4)
        connection.send(b"}")

    server = serve(handle)
    client = client_for(server, limits=Limits(between_pieces=0.1))
    assert client.run(client.send(ask(server.url, method="POST"))).body == b"{}"


def test_endless_body_is_cut_at_the_limit(serve, client_for):
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    server = serve(endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", piece))
    error = silence(client_for(server), ask(server.url, max_bytes=500_000))
    assert error.silence is Silence.TOO_LARGE
    assert error.may_have_arrived


def test_body_of_exactly_the_limit_is_taken_and_one_byte_more_is_not(serve, client_for):
    server = serve(always(answer(b"x" * 1000)))
    client = client_for(server)
    assert len(client.run(client.send(ask(server.url, max_bytes=1000))).body) == 1000
    assert silence(client, ask(server.url, max_bytes=999)).silence is Silence.TOO_LARGE


def test_limit_counts_after_decompression(serve, client_for):
    packed = gzip.compress(bytes(10_000))
    server = serve(always(answer(packed, headers="Content-Encoding: gzip\r\n")))
    client = client_for(server)
    assert client.run(client.send(ask(server.url, max_bytes=10_000))).body == bytes(10_000)
    assert silence(client, ask(server.url, max_bytes=9_999)).silence is Silence.TOO_LARGE


def test_body_is_decompressed_once_at_most(serve, client_for):
    packed = gzip.compress(gzip.compress(b"x"))
    server = serve(always(answer(packed, headers="Content-Encoding: gzip, gzip\r\n")))
    client = client_for(server)
    assert client.run(client.send(ask(server.url))).body != b"x"


@pytest.mark.parametrize("where", ["an answer", "a redirect"])
def test_gzip_bomb_costs_no_memory(serve, where):
    """F30: a gigabyte of zeros, in the body of an answer or of a redirect."""
    status = "200 OK" if where == "an answer" else "302 Found"
    head = f"HTTP/1.1 {status}\r\nContent-Encoding: gzip\r\nLocation: /x\r\n\r\n".encode()
    server = serve(once(head + zeros(1024)))
    script = (
        "import resource, sys\n"
        "from dashboard.adapters.http import HttpClient\n"
        "from dashboard.domain.wire import Ask, NoAnswerError\n"
        "host = sys.argv[1]\n"
        "client = HttpClient(user_agent='x', allow_private_hosts=frozenset({host}))\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak()\n"
        "try: client.run(client.send(Ask(call='x', method='GET', url=f'http://{host}/')))\n"
        "except NoAnswerError as error: print(error.silence.value, peak() - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, f"127.0.0.1:{server.port}"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    kind, growth = done.stdout.split()
    assert kind == ("too_large" if where == "an answer" else "redirected")
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(growth) * unit < 50 * 2**20


@pytest.mark.parametrize(
    "headers",
    [
        b"".join(b"X-%d: y\r\n" % n for n in range(10_000)),
        b"".join(b"X-%d: y\r\n" % n for n in range(101)),
        b"X: " + b"y" * 20_000 + b"\r\n",
        b"".join(b"X-%d: %s\r\n" % (n, b"y" * 8_000) for n in range(20)),
    ],
    ids=["10,000", "101", "one long", "many long"],
)
def test_too_many_headers_are_too_large(serve, client_for, headers):
    server = serve(once(HEAD + headers + b"Content-Length: 0\r\n\r\n"))
    assert silence(client_for(server), ask(server.url)).silence is Silence.TOO_LARGE


def test_hundred_headers_are_fine(serve, client_for):
    headers = "".join(f"X-{n}: y\r\n" for n in range(99))
    server = serve(always(answer(headers=headers)))
    client = client_for(server)
    assert len(client.run(client.send(ask(server.url))).headers) == 100


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 2",
        HEAD + b"Content-Length: 10\r\n\r\nhalf",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhal",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"Content-Length: 5\r\nContent-Encoding: gzip\r\n\r\nnotgz",
        HEAD + b"Content-Length: many\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
    ],
)
def test_answer_that_ends_in_the_middle_or_is_not_http_is_broken_off(serve, client_for, data):
    server = serve(once(data))
    error = silence(client_for(server), ask(server.url, method="POST"))
    assert error.silence is Silence.BROKEN_OFF
    assert error.may_have_arrived


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_change_whose_answer_is_lost_is_sent_once(serve, client_for, method):
    """R77: whoever asked must decide, as the effect is unknown."""
    server = serve(lambda connection: connection.request())
    error = silence(client_for(server), ask(server.url, method=method))
    assert (error.silence, error.may_have_arrived) == (Silence.BROKEN_OFF, True)
    assert len(server.requests) == 1


def test_reading_survives_a_kept_connection_that_the_server_closed(serve, client_for):
    server = serve(once(answer(b"{}")))
    client = client_for(server)
    for _ in range(5):
        assert client.run(client.send(ask(server.url))).status == 200


def test_question_on_a_kept_connection_may_have_arrived(serve, client_for):
    def handle(connection):
        connection.request()
        connection.send(answer(b"{}"))
        connection.request()
        connection.request()

    server = serve(handle)
    client = client_for(server)
    client.run(client.send(ask(server.url)))
    assert silence(client, ask(server.url, deadline=0.2)).may_have_arrived
    assert server.accepted == 1


def test_connection_that_is_not_accepted_in_time_is_a_timeout_that_sent_nothing(serve, client_for):
    """The full backlog of a listener that accepts nobody stands for a black hole."""
    import socket

    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        host, port = full.getsockname()
        crowd = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            with suppress(BlockingIOError):
                one.connect((host, port))
            crowd.append(one)
        client = client_for(
            limits=Limits(connect=0.3), allow_private_hosts=frozenset({f"{host}:{port}"})
        )
        error = silence(client, ask(f"http://{host}:{port}/", method="POST"))
        for one in crowd:
            one.close()
    assert (error.silence, error.may_have_arrived) == (Silence.TIMEOUT, False)


def test_others_are_served_while_one_server_hangs(serve, client_for):
    """R44."""
    hanging = serve(lambda connection: (connection.request(), connection.request()))
    healthy = serve(always(answer(b"{}")))
    client = client_for(hanging, healthy, limits=Limits(connections=40, connections_per_host=10))

    async def both():
        stuck = [asyncio.create_task(client.send(ask(hanging.url, deadline=1))) for _ in range(50)]
        answers = await asyncio.gather(*(client.send(ask(healthy.url)) for _ in range(50)))
        still = sum(not task.done() for task in stuck)
        errors = await asyncio.gather(*stuck, return_exceptions=True)
        return answers, still, errors

    answers, still, errors = client.run(both())
    assert [found.status for found in answers] == [200] * 50
    assert still == 50
    assert {error.silence for error in errors} == {Silence.TIMEOUT}


FRAGMENTS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 103 Early Hints\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"Content-Length: 3\r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: gzip\r\n",
        b"Content-Encoding: deflate\r\n",
        b"Content-Encoding: br\r\n",
        b"Location: //\r\n",
        b"\r\n",
        b"\n",
        b"3\r\nabc\r\n",
        b"0\r\n\r\n",
        b"ffffffffffffffff\r\n",
    ]
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pieces=st.lists(FRAGMENTS | st.binary(max_size=20), max_size=8))
def test_whatever_a_server_says_it_is_an_answer_or_silence(serve, client_for, pieces):
    server = serve(once(b"".join(pieces)))
    client = client_for(server)
    try:
        found = client.run(client.send(ask(server.url, deadline=0.5)))
    except NoAnswerError as error:
        found = error
    assert isinstance(found, Answer | NoAnswerError)
    client.close()
    server.close()
