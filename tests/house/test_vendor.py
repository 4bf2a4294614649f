"""What we did not write stands in `static/vendor` as its makers published it."""

import hashlib
import re

from dashboard.web.assets import STATIC

VENDOR = STATIC / "vendor"


def listed() -> dict[str, str]:
    lines = (VENDOR / "CHECKSUMS").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("  ", 1) for line in lines if not line.startswith("#")]
    return {name: digest for digest, name in pairs}


def test_each_vendored_file_is_listed_and_unchanged():
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.iterdir()
        if path.name != "CHECKSUMS"
    }
    assert found == listed()


def test_each_vendored_package_brings_its_licence():
    packages = {re.split(r"-\d", name)[0] for name in listed() if not name.endswith(".LICENSE")}
    licences = {name.removesuffix(".LICENSE") for name in listed() if name.endswith(".LICENSE")}
    assert packages | {"tabler-icons"} == licences


def test_vendored_style_sheets_fetch_nothing():
    for path in VENDOR.glob("*.css"):
        sheet = path.read_text(encoding="utf-8")
        addresses = re.findall(r"url\(\s*['\"]?([^'\")]{1,20})", sheet)
        assert addresses, "a style sheet of this size has pictures; is the pattern still right?"
        assert {address.partition(",")[0] for address in addresses} == {"data:image/svg+xml"}
        assert "@import" not in sheet
