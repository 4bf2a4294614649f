"""Pages travel compressed, and their length tells nothing."""

import gzip

from flask import Flask


def sizes_of(app: Flask, *, encoding: str) -> list[int]:
    client = app.test_client()
    headers = {"Accept-Encoding": encoding}
    return [len(client.get("/forgotten-password", headers=headers).data) for _ in range(12)]


def test_a_page_travels_compressed(app: Flask) -> None:
    plain = app.test_client().get("/forgotten-password")
    packed = app.test_client().get("/forgotten-password", headers={"Accept-Encoding": "br, gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2
    assert gzip.decompress(packed.data).startswith(plain.data[:200])
    assert "Accept-Encoding" in packed.headers["Vary"]


def test_who_cannot_read_that_gets_it_plain(app: Flask) -> None:
    for encoding in ("", "identity", "br", "gzip;q=0"):
        answer = app.test_client().get("/forgotten-password", headers={"Accept-Encoding": encoding})
        assert "Content-Encoding" not in answer.headers
        assert "Accept-Encoding" in answer.headers["Vary"]


def test_what_is_short_stays_as_it_is(app: Flask) -> None:
    answer = app.test_client().get("/healthz", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers


def test_the_length_of_the_same_page_differs_at_random(app: Flask) -> None:
    """BREACH: it would otherwise tell the form token, guess by guess."""
    assert len(set(sizes_of(app, encoding="gzip"))) > len(set(sizes_of(app, encoding=""))) + 3
