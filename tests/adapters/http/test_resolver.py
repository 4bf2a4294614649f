"""Names are resolved once, judged, and connected where they were judged (R40, R41)."""

import asyncio
import socket
from threading import Event

from dashboard.adapters.http import Limits, Network
from dashboard.domain.wire import Silence
from tests.adapters.http.conftest import always, answer, ask, leading_to, silence


def test_exception_for_an_address_is_exact_to_the_port(serve, client_for):
    """R41: the test double on one port is open, the database next to it stays closed."""
    open_one, closed_one = serve(always(answer())), serve(always(answer()))
    client = client_for(open_one)
    client.run(client.send(ask(open_one.url)))
    assert silence(client, ask(closed_one.url)).silence is Silence.FORBIDDEN_ADDRESS
    assert closed_one.accepted == 0


def test_exception_for_an_address_holds_for_no_name_that_leads_there(serve, client_for):
    server = serve(always(answer()))
    client = client_for(server, network=leading_to("127.0.0.1"))
    for address in (f"https://rebound.example:{server.port}/", "https://rebound.example/"):
        assert silence(client, ask(address)).silence is Silence.FORBIDDEN_ADDRESS
    assert server.accepted == 0


def test_name_that_leads_to_a_private_address_is_refused(client_for):
    client = client_for(network=leading_to("93.184.215.14", "::ffff:10.0.0.1"))
    error = silence(client, ask("https://mixed.example/"))
    assert error.silence is Silence.FORBIDDEN_ADDRESS
    assert not error.may_have_arrived


def test_rebinding_name_is_only_connected_at_the_address_that_was_judged(client_for):
    """The name answers public first and loopback from then on."""
    answers = [[(socket.AF_INET, "93.184.215.14")]]
    connected = []

    def lookup(host, port):
        return answers.pop() if answers else [(socket.AF_INET, "127.0.0.1")]

    def new_socket(info):
        connected.append(info[4][:2])
        raise ConnectionRefusedError

    client = client_for(
        network=Network(lookup=lookup, new_socket=new_socket), limits=Limits(remember_names=0)
    )
    first = silence(client, ask("https://rebinding.example/"))
    second = silence(client, ask("https://rebinding.example/"))
    assert first.silence is Silence.NO_CONNECTION
    assert second.silence is Silence.FORBIDDEN_ADDRESS
    assert set(connected) == {("93.184.215.14", 443)}


def test_unknown_name_is_its_own_silence(client_for):
    def lookup(host, port):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    error = silence(client_for(network=Network(lookup=lookup)), ask("https://nowhere.example/"))
    assert error.silence is Silence.NAME_NOT_FOUND
    assert not error.may_have_arrived


def test_deadline_covers_a_name_server_that_does_not_answer(client_for):
    """F32; other names are resolved meanwhile."""
    release = Event()

    def lookup(host, port):
        if host == "slow.example":
            release.wait(10)
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    client = client_for(network=Network(lookup=lookup))

    async def both():
        slow = [
            asyncio.create_task(client.send(ask("https://slow.example/", deadline=0.3)))
            for _ in range(50)
        ]
        quick = await asyncio.gather(
            client.send(ask("https://quick.example/")), return_exceptions=True
        )
        return quick + await asyncio.gather(*slow, return_exceptions=True)

    quick, *slow = client.run(both())
    release.set()
    assert quick.silence is Silence.NAME_NOT_FOUND
    assert {error.silence for error in slow} == {Silence.TIMEOUT}


def test_closed_port_is_no_connection(serve, client_for):
    server = serve(always(answer()))
    server.close()
    error = silence(client_for(server), ask(server.url))
    assert error.silence is Silence.NO_CONNECTION
    assert not error.may_have_arrived
