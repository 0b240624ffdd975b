import pytest
from pydantic import TypeAdapter, ValidationError

from monitor.config.duration import Duration

READ = TypeAdapter(Duration)


@pytest.mark.parametrize(
    ("written", "seconds"), [("30s", 30), ("5m", 300), ("1h30m", 5400), ("7d", 604_800), (" 1d12h ", 129_600), (90, 90)]
)
def test_a_duration_is_read_as_people_write_it(written, seconds):
    assert READ.validate_python(written) == seconds


@pytest.mark.parametrize("written", ["", "5", "5 m", "m", "-5m", "1.5h", "0s", 0, -1, True, 1.5, None, "5w", "99999999999d", "5m x"])
def test_what_is_no_duration_is_refused(written):
    with pytest.raises(ValidationError):
        READ.validate_python(written)
