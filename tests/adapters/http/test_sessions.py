"""Connections are made with verified certificates (F33) and within their own time limit."""

import ssl
import warnings

import pytest

from dashboard.adapters.http import Limits, Network
from dashboard.domain.wire import Silence
from tests.adapters.certificates import Authority
from tests.adapters.http.conftest import always, answer, ask, leading_to, silence

HOST = "platform.example"


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def asked(serve, client_for, authority):
    """Ask a server with this TLS set-up under HOST's name, its authority being trusted."""

    def ask_it(tls, authorities=None, **limits):
        server = serve(always(answer(b"secure")), tls=tls)
        client = client_for(
            network=Network(
                lookup=leading_to("127.0.0.1").lookup,
                authorities=authorities or authority.trusting(),
            ),
            allow_private_hosts=frozenset({f"{HOST}:{server.port}"}),
            limits=Limits(**limits),
        )
        return client, server, ask(f"https://{HOST}:{server.port}/", method="POST")

    return ask_it


def test_server_with_a_good_certificate_is_asked_by_its_name(asked, authority):
    names = []
    tls = authority.server(HOST)
    tls.sni_callback = lambda _socket, name, _context: names.append(name)
    client, server, question = asked(tls)
    assert client.run(client.send(question)).body == b"secure"
    assert names == [HOST]
    assert server.requests[0].headers["host"] == f"{HOST}:{server.port}"


@pytest.mark.parametrize("fault", ["expired", "wrong host", "unknown authority", "no TLS 1.2"])
def test_bad_certificate_is_refused_before_anything_is_sent(asked, authority, tmp_path, fault):
    tls = {
        "expired": lambda: authority.server(HOST, days_ago=60),
        "wrong host": lambda: authority.server("other.example"),
        "unknown authority": lambda: Authority(tmp_path).server(HOST),
        "no TLS 1.2": lambda: _only_tls_1_1(authority.server(HOST)),
    }[fault]()
    client, server, question = asked(tls)
    error = silence(client, question)
    assert error.silence is Silence.TLS
    assert not error.may_have_arrived
    assert server.requests == []


def test_authorities_of_the_system_do_not_include_any_odd_one(asked, authority):
    client, _, question = asked(authority.server(HOST), ssl.create_default_context())
    assert silence(client, question).silence is Silence.TLS


def test_server_without_tls_gets_nothing_to_read(serve, client_for):
    server = serve(always(answer()))
    client = client_for(server)
    error = silence(client, ask(f"https://127.0.0.1:{server.port}/", method="POST"))
    assert error.silence in {Silence.TLS, Silence.NO_CONNECTION}
    assert server.requests == []


def test_handshake_that_never_ends_is_a_timeout_that_sent_nothing(serve, client_for):
    mute = serve(lambda connection: connection.sock.recv(10_000) and connection.sock.recv(10_000))
    client = client_for(mute, limits=Limits(connect=0.3))
    error = silence(client, ask(f"https://127.0.0.1:{mute.port}/", method="POST", deadline=10))
    assert (error.silence, error.may_have_arrived) == (Silence.TIMEOUT, False)


def _only_tls_1_1(context):
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1_1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context
