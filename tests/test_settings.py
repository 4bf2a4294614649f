"""Settings: what cannot be used is told at the start, in a sentence each, all at once."""

import pytest

from dashboard.settings import Settings, SettingsError


def faults_of(**environ: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(environ)
    return caught.value.faults


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LINKKEEPER_BASE_URL", "ftp://linkkeeper.example"),
        ("LINKKEEPER_BASE_URL", "https://linkkeeper.example:99999"),
        ("LINKKEEPER_BASE_URL", "http://[::1"),
        ("LINKKEEPER_SANDBOX_URL", "http://127.0.0.1:x"),
        ("LINKKEEPER_SANDBOX_DIALECTS", "perhaps"),
        ("LINKKEEPER_SECRET_KEY", "changeme"),
        ("LINKKEEPER_MAIL_URL", "smtp://[mail"),
        ("LINKKEEPER_MAIL_URL", "smtp://user:hunter2@mail.example:99999"),
        ("LINKKEEPER_MAIL_FROM", "@"),
        ("LINKKEEPER_MAIL_FROM", "nobody"),
        ("LINKKEEPER_ALLOW_PRIVATE_HOSTS", "printer:99999"),
        ("LINKKEEPER_ALLOW_PRIVATE_HOSTS", "printer"),
        ("LINKKEEPER_SESSION_IDLE", "9" * 20),
        ("LINKKEEPER_PATIENCE", "-1"),
        ("DATABASE_URL", "mysql://user:hunter2@host/db"),
        ("REDIS_URL", "redis://:hunter2@127.0.0.1:99999"),
        ("LINKKEEPER_CHEK_EVERY", "600"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_without_what_was_typed(name: str, value: str) -> None:
    (fault,) = faults_of(**{name: value})
    assert fault.startswith(f"{name} ")
    assert fault[-1] in ".?"
    assert "hunter2" not in fault
    assert "Invalid" not in fault


def test_all_faults_are_told_at_once() -> None:
    found = faults_of(LINKKEEPER_PATIENCE="x", LINKKEEPER_WORKERS="0", REDIS_URL="http://host")
    assert [fault.split()[0] for fault in found] == [
        "REDIS_URL",
        "LINKKEEPER_PATIENCE",
        "LINKKEEPER_WORKERS",
    ]


@pytest.mark.parametrize("sender", ["a@b.example", "Linkkeeper <a@b.example>", '"L, K" <a@b>'])
def test_senders_with_and_without_a_name_can_be_used(sender: str) -> None:
    assert Settings.from_env({"LINKKEEPER_MAIL_FROM": sender}).mail_from == sender


def test_a_registration_stands_in_the_environment_with_all_that_its_platform_asks_for() -> None:
    settings = Settings.from_env(
        {
            "LINKKEEPER_APP_LINKEDIN_CLIENT_ID": "id-1",
            "LINKKEEPER_APP_LINKEDIN_CLIENT_SECRET": "hush",
            "LINKKEEPER_APP_LINKEDIN_PAGES": "yes",
        }
    )
    typed = {"client_id": "id-1", "client_secret": "hush", "pages": "yes"}
    assert settings.apps == {"linkedin": typed}


@pytest.mark.parametrize("half", ["CLIENT_ID", "CLIENT_SECRET", "PAGES"])
def test_half_a_registration_in_the_environment_is_told(half: str) -> None:
    assert faults_of(**{f"LINKKEEPER_APP_LINKEDIN_{half}": "x"})
