"""A real browser for the tests that need one: the Chromium that `./manage test` found."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from playwright.sync_api import Browser, Playwright
from werkzeug.serving import make_server


def launch(playwright: Playwright) -> Browser:
    """Start Chromium, the system's if there is one, else Playwright's own."""
    path = os.environ.get("LINKKEEPER_CHROMIUM") or shutil.which("chromium")
    return playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve `app` on a free port of this machine; gives its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))  # seconds
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
