"""What is only known when settings and platforms meet."""

import pytest

from dashboard.runtime import build_runtime
from dashboard.settings import Settings, SettingsError
from tests.fakes import RecordingJobs


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("LINKKEEPER_APP_LINKEDIM", "names no platform"),
        ("LINKKEEPER_APP_MASTODON", "names no platform"),
        ("LINKKEEPER_APP_LINKEDIN", "is nothing that this platform asks for"),
    ],
)
def test_a_misspelt_registration_in_the_environment_is_told_at_the_start(
    tmp_path, field: str, said: str
) -> None:
    environ = {
        "LINKKEEPER_DATA_DIR": str(tmp_path),
        f"{field}_CLIENT_ID": "id",
        f"{field}_CLIENT_SECRET": "hush",
        f"{field}_PAGEZ": "yes",
    }
    with pytest.raises(SettingsError) as caught:
        build_runtime(Settings.from_env(environ), jobs=lambda _redis, _key: RecordingJobs())
    (fault,) = caught.value.faults
    assert said in fault
    assert "hush" not in fault
