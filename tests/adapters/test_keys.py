"""The key file is made once, kept to its owner, and never half written (R2, R31)."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from dashboard.adapters.keys import KeyFileError, KeyRing
from dashboard.domain.errors import CannotDecryptError
from dashboard.settings import Settings

PLACE = {"table": "grants", "row": "17", "column": "credential"}
SECRET = "correct horse battery staple, 32+"


@pytest.fixture
def settings_in(tmp_path):
    def build(name="var", secret_key=None):
        return Settings(
            data_dir=tmp_path / name,
            base_url="https://x.example",
            secret_key=secret_key,
            database_url="sqlite://",
        )

    return build


@pytest.fixture
def settings(settings_in):
    return settings_in()


def test_first_start_makes_a_file_that_only_its_owner_reads(settings):
    umask = os.umask(0)
    try:
        KeyRing.load(settings)
    finally:
        os.umask(umask)
    path = settings.data_dir / "keys.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in settings.data_dir.iterdir()] == ["keys.json"]


def test_next_start_uses_the_same_keys(settings):
    first, second = KeyRing.load(settings), KeyRing.load(settings)
    assert second.cipher().open(first.cipher().seal(b"x", **PLACE), **PLACE) == b"x"
    assert first.derive("sessions") == second.derive("sessions")


def test_two_installations_share_no_key(settings_in):
    """R2."""
    one, other = KeyRing.load(settings_in("one")), KeyRing.load(settings_in("other"))
    assert one.derive("sessions") != other.derive("sessions")
    with pytest.raises(CannotDecryptError):
        other.cipher().open(one.cipher().seal(b"x", **PLACE), **PLACE)


def test_processes_that_start_together_end_up_with_the_same_keys(settings):
    barrier = Barrier(8)

    def load(_):
        barrier.wait()
        return KeyRing.load(settings).derive("sessions")

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(load, range(8)))) == 1


def test_secret_of_one_purpose_says_nothing_about_another(settings):
    ring = KeyRing.load(settings)
    secrets = [ring.derive(purpose) for purpose in ("sessions", "jobs", "feeds")]
    assert len(set(secrets)) == 3
    assert {len(secret) for secret in secrets} == {32}


def test_new_key_seals_and_the_old_one_still_opens(settings):
    ring = KeyRing.load(settings)
    old = ring.cipher().seal(b"old", **PLACE)
    ring.rotate()
    assert ring.cipher().open(old, **PLACE) == b"old"
    again = KeyRing.load(settings)
    assert again.cipher().open(old, **PLACE) == b"old"
    assert again.newest() == ring.newest()


def test_new_key_signs_nobody_out(settings):
    ring = KeyRing.load(settings)
    before = ring.derive("sessions")
    ring.rotate()
    assert KeyRing.load(settings).derive("sessions") == before


def test_running_process_opens_what_another_sealed_with_a_newer_key(settings):
    running, other = KeyRing.load(settings), KeyRing.load(settings)
    cipher = running.cipher()
    other.rotate()
    assert cipher.open(other.cipher().seal(b"new", **PLACE), **PLACE) == b"new"


def test_keys_made_at_the_same_time_are_all_kept(settings):
    rings = [KeyRing.load(settings) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(KeyRing.rotate, rings))
    content = json.loads((settings.data_dir / "keys.json").read_text())
    assert len(content["sealing"]) == 7
    assert (settings.data_dir / "keys.json").stat().st_mode & 0o777 == 0o600


def test_key_file_that_vanished_means_cannot_decrypt(settings):
    ring, other = KeyRing.load(settings), KeyRing.load(settings)
    other.rotate()
    sealed = other.cipher().seal(b"x", **PLACE)
    (settings.data_dir / "keys.json").unlink()
    with pytest.raises(CannotDecryptError):
        ring.cipher().open(sealed, **PLACE)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_key_file_that_others_can_read_is_refused_with_what_to_do(settings, mode):
    KeyRing.load(settings)
    path = settings.data_dir / "keys.json"
    path.chmod(mode)
    with pytest.raises(KeyFileError, match=f"chmod 600 {path}"):
        KeyRing.load(settings)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"root": 1, "sealing": []}',
        '{"root": "", "sealing": []}',
        '{"root": "AAAA", "sealing": [{"id": "00", "key": "AAAA"}]}',
    ],
)
def test_damaged_key_file_is_refused_and_left_as_it_is(settings, content):
    KeyRing.load(settings)
    path = settings.data_dir / "keys.json"
    path.write_text(content)
    with pytest.raises(KeyFileError, match="damaged"):
        KeyRing.load(settings)
    assert path.read_text() == content


def test_folder_that_cannot_be_written_is_named(settings):
    settings.data_dir.write_text("a file where the folder should be")
    with pytest.raises(KeyFileError, match=str(settings.data_dir)):
        KeyRing.load(settings)


def test_secret_key_of_the_settings_takes_the_place_of_the_file(settings_in):
    ring, again = (KeyRing.load(settings_in(secret_key=SECRET)) for _ in range(2))
    other = KeyRing.load(settings_in(secret_key=SECRET + "!"))
    assert again.cipher().open(ring.cipher().seal(b"x", **PLACE), **PLACE) == b"x"
    assert ring.derive("sessions") == again.derive("sessions") != other.derive("sessions")
    assert not settings_in().data_dir.exists()


def test_key_file_from_before_the_secret_key_still_opens(settings_in):
    sealed = KeyRing.load(settings_in()).cipher().seal(b"old", **PLACE)
    cipher = KeyRing.load(settings_in(secret_key=SECRET)).cipher()
    assert cipher.open(sealed, **PLACE) == b"old"


def test_secret_key_of_the_settings_is_not_turned_behind_their_back(settings_in):
    with pytest.raises(KeyFileError, match="LINKKEEPER_SECRET_KEY"):
        KeyRing.load(settings_in(secret_key=SECRET)).rotate()
