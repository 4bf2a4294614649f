"""What we start does not outlive us, however we end."""

import subprocess
import sys
import time
from pathlib import Path

from dashboard.adapters import valkey

HOLDER = """
import sys, time
from pathlib import Path
from dashboard.adapters import valkey
with valkey.running(Path(sys.argv[1])):
    print("up", flush=True)
    time.sleep(60)
"""


def test_a_server_ends_with_a_process_that_is_killed(tmp_path: Path) -> None:
    """R65."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "up\n"
        server = valkey.prepare(tmp_path)
        assert server.answers()

        holder.kill()

    give_up = time.monotonic() + 10
    while server.answers():
        assert time.monotonic() < give_up, "it lives on"
        time.sleep(0.02)
