"""What a browser says it is, in words."""

import pytest

from dashboard.web.browsers import label_of

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("says", "label"),
    [
        ("(Windows NT 10.0; rv:146.0) Gecko/20100101 Firefox/146.0", "Firefox on Windows"),
        (f"(X11; Linux x86_64) {WEBKIT} Chrome/143.0 Safari/537.36", "Chrome on Linux"),
        (f"(Windows NT 10.0) {WEBKIT} Chrome/143.0 Safari/537.36 Edg/143.0", "Edge on Windows"),
        (f"(Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Safari/605.1.15", "Safari on macOS"),
        (f"(iPhone; CPU iPhone OS 26_0 like Mac OS X) {WEBKIT} Safari/604.1", "Safari on iOS"),
        (f"(Linux; Android 16) {WEBKIT} Chrome/143.0 Safari/537.36", "Chrome on Android"),
        ("curl/8.0", "A browser"),
        ("", "A browser"),
    ],
)
def test_a_browser_is_named_as_people_know_it(says: str, label: str) -> None:
    assert label_of(f"Mozilla/5.0 {says}") == label
