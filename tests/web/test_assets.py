import hashlib

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from dashboard.web.assets import STATIC, asset_url

SHEET = "css/components.css"


def fetched(app: Flask, url: str, **headers: str) -> TestResponse:
    answer = app.test_client().get(url, headers=headers)
    answer.get_data()
    answer.close()
    return answer


def test_a_name_carries_the_content_of_its_file():
    digest = hashlib.sha256((STATIC / SHEET).read_bytes()).hexdigest()
    assert asset_url(SHEET) == f"/static/css/components.{digest[:12]}.css"


def test_a_file_that_is_not_there_is_an_error_and_no_dead_address():
    with pytest.raises(KeyError):
        asset_url("css/no-such-sheet.css")


def test_vendored_files_keep_the_name_that_our_sheets_import():
    assert asset_url("vendor/tabler-1.6.1.min.css") == "/static/vendor/tabler-1.6.1.min.css"
    assert "../vendor/tabler-1.6.1.min.css" in (STATIC / "css/layers.css").read_text()


@pytest.mark.parametrize("name", [SHEET, "vendor/htmx-4.0.1.min.js"])
def test_browsers_may_keep_what_carries_its_content_or_version(served_app: Flask, name: str):
    answer = fetched(served_app, asset_url(name))
    assert answer.data == (STATIC / name).read_bytes()
    assert answer.cache_control.immutable


def test_the_plain_name_is_not_kept_for_ever(served_app: Flask):
    answer = fetched(served_app, f"/static/{SHEET}")
    assert not answer.cache_control.immutable


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_style_sheets_travel_compressed(served_app: Flask, encoding: str):
    answer = fetched(served_app, asset_url(SHEET), **{"Accept-Encoding": encoding})
    assert answer.headers["Content-Encoding"] == encoding
    assert len(answer.data) < (STATIC / SHEET).stat().st_size / 2


def test_static_files_carry_their_own_safe_headers_r20(served_app: Flask):
    headers = fetched(served_app, asset_url("img/favicon.svg")).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Access-Control-Allow-Origin" not in headers


def test_nothing_beside_the_folder_is_served(served_app: Flask):
    assert fetched(served_app, "/static/../pyproject.toml").status_code == 404
