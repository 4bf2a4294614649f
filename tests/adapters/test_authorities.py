"""Certificates are verified against the system's authorities, or Mozilla's where it has none."""

import ssl

import pytest

from dashboard.adapters.authorities import verifying_context


@pytest.fixture
def system(tmp_path):
    """A system whose store of authorities has these files."""

    def build(*, file=None, folder=()):
        (tmp_path / "certs").mkdir()
        for name in folder:
            (tmp_path / "certs" / name).touch()
        bundle = tmp_path / "bundle.pem"
        if file is not None:
            bundle.write_text(file)
        return ssl.DefaultVerifyPaths(
            str(bundle) if file is not None else None, str(tmp_path / "certs"), "", "", "", ""
        )

    return build


@pytest.fixture
def known(monkeypatch, tmp_path):
    """How many authorities a context knows, the real system having none."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    return lambda paths: len(verifying_context(paths).get_ca_certs())


def test_certificate_and_name_are_verified():
    context = verifying_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_system_with_a_bundle_decides_alone(system, known):
    assert known(system(file="its own")) == 0


def test_system_with_a_folder_of_certificates_decides_alone(system, known):
    assert known(system(folder=["0a1b2c3d.0"])) == 0


def test_system_without_any_gets_those_of_mozilla(system, known):
    assert known(system()) > 50


def test_empty_bundle_counts_as_none(system, known):
    assert known(system(file="")) > 50


def test_all_who_ask_share_one_context() -> None:
    assert verifying_context() is verifying_context()
