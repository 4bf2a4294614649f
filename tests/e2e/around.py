"""What stands around an installation in these tests: the Sandbox, a mail server, people's mail."""

import json
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.adapters.mail_sink import Sink

ROOT = Path(__file__).resolve().parents[2]
_ADDRESS = re.compile(r"http://\S+?(?=/\s)")


class SandboxProcess:
    """The make-believe platform as a process of its own, steered by its control panel."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "dashboard.sandbox", "--data-dir", str(folder)]
        self._process = subprocess.Popen(
            [*command, "--port", "0", "--seed", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        found = _ADDRESS.search(self._process.stdout.readline())
        assert found is not None, "the Sandbox did not say where it is"
        self.origin = found.group()

    @property
    def place(self) -> str:
        """As the allow-list of the outbound client wants it."""
        return self.origin.removeprefix("http://")

    def press(self, account: str, button: str, **fields: str) -> None:
        """Press a button of the control panel; it must have had something to do."""
        self._ask(f"/control/accounts/{account}/{button}", urlencode(fields).encode())

    def post(self, account: str, text: str) -> None:
        self.press(account, "post", text=text)

    def wait_until_unlinked(self, handle: str, *, seconds: float = 30) -> None:
        """No permission of anybody carries the account any more."""
        give_up = time.monotonic() + seconds
        while True:
            accounts = self._ask("/control/state.json")["accounts"]
            if not next(one["grants"] for one in accounts if one["handle"] == handle):
                return
            assert time.monotonic() < give_up, f"{handle} is still linked"
            time.sleep(0.2)

    def disturb(self, account: str, kind: str, *, calls: str = "all", count: int = 0) -> None:
        """Let calls about an account go wrong: the next `count` of them, or all until `calm`."""
        order = {"kind": kind, "account": account, "seconds": "1", "calls": calls}
        if count:
            order["count"] = str(count)
        self._ask("/control/faults", urlencode(order).encode())

    def calm(self) -> None:
        """End all disturbances."""
        self._ask("/control/faults/off", b"")

    def spoil_secret(self, client_id: str) -> None:
        """The platform stops to accept the secret of an app."""
        self._ask(f"/control/apps/{client_id}/change-secret", b"")

    def mend_secret(self, client_id: str) -> None:
        self._ask(f"/control/apps/{client_id}/restore-secret", b"")

    def renewals(self, handle: str) -> int:
        """How many tokens the permissions that carry the account have been given so far."""
        state = self._ask("/control/state.json")
        mine = next(one["grants"] for one in state["accounts"] if one["handle"] == handle)
        return sum(len(one["tokens"]) for one in state["grants"] if one["id"] in mine)

    def wait_until_renewed(self, handle: str, before: int, *, seconds: float = 30) -> None:
        """There are more of them than `before`."""
        give_up = time.monotonic() + seconds
        while self.renewals(handle) <= before:
            assert time.monotonic() < give_up, f"{handle} was not renewed"
            time.sleep(0.2)

    def id_of(self, handle: str) -> str:
        accounts = self._ask("/control/state.json")["accounts"]
        return str(next(one["id"] for one in accounts if one["handle"] == handle))

    def password_of(self, person: str) -> str:
        people = self._ask("/control/state.json")["people"]
        return next(one["password"] for one in people if one["id"] == person)

    def _ask(self, path: str, body: bytes | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.origin}{path}", body, {"Accept": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate(timeout=10)


class Letter:
    """One mail as it came in."""

    def __init__(self, envelope: Envelope) -> None:
        self.to: list[str] = envelope.rcpt_tos
        message = message_from_bytes(envelope.content or b"", policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.subject = str(message["Subject"])
        body = message.get_body(("plain",))
        assert body is not None
        self.text = str(body.get_content())

    def link(self, part: str) -> str:
        """The first address in it that has `part`."""
        found = re.search(rf"http://\S*{part}\S*", self.text)
        assert found is not None, f"no address with {part} in:\n{self.text}"
        return found.group()

    def __repr__(self) -> str:
        return f"<{self.subject} to {', '.join(self.to)}>"


class Letters(Sink):
    """All mail that came in; whoever waits for a letter is woken by its arrival."""

    def __init__(self) -> None:
        super().__init__()
        self._arrived = threading.Condition()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        with self._arrived:
            self._arrived.notify_all()
        return str(answer)

    def about(self, *words: str, to: str = "") -> list[Letter]:
        """Those to somebody about all the words, oldest first.

        What happened ("lost") stands in the subject; names of accounts there or in the text.
        """
        letters = [Letter(envelope) for envelope in list(self.envelopes)]
        return [
            one
            for one in letters
            if all(
                word in one.subject or (word[0].isupper() and word in one.text) for word in words
            )
            and (not to or to in one.to)
        ]

    def wait(self, *words: str, to: str = "", count: int = 1, seconds: float = 40) -> list[Letter]:
        """The same, as soon as there are so many."""
        with self._arrived:
            self._arrived.wait_for(lambda: len(self.about(*words, to=to)) >= count, timeout=seconds)
        found = self.about(*words, to=to)
        assert len(found) >= count, f"{found} about {words} to {to}; in all {self.about()}"
        return found
