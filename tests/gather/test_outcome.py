from datetime import timedelta

import pytest

from monitor import __version__
from monitor.errors import CredentialsRefused, OutOfMoney, RetryLater, SourceChanged, StopUntil, StoreError
from monitor.gather.outcome import Pause, is_stopped, pause_after
from monitor.store.progress import Outcome
from tests.builders import NOON, after


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        pytest.param(RetryLater("x", seconds=4), Pause(NOON + timedelta(seconds=4)), id="so many seconds"),
        pytest.param(StopUntil("x", at=after(15)), Pause(after(15)), id="until a time"),
        pytest.param(OutOfMoney("x"), Pause(stopped="money"), id="refused for money: until somebody asks"),
        pytest.param(OutOfMoney("x", resets_at=after(60)), Pause(), id="our own budget: asked each round, costs nothing"),
        pytest.param(SourceChanged("x"), Pause(stopped=__version__), id="until a new version"),
        pytest.param(CredentialsRefused("x"), Pause(after(15), "credentials"), id="keys are tried again now and then"),
        pytest.param(StoreError("x"), Pause(), id="nothing to do with the source"),
    ],
)
def test_each_trouble_asks_for_its_own_pause(error, pause):
    assert pause_after(error, now=NOON, failures=0, every=300) == pause


def test_a_source_that_says_nothing_is_asked_later_and_later_but_within_its_interval():
    def longest(failures):
        return max((pause_after(RetryLater("x"), now=NOON, failures=failures, every=300).until - NOON).total_seconds() for _ in range(300))

    assert 0 < longest(0) <= 15 < longest(2) <= 60 < longest(8) <= 300


@pytest.mark.parametrize(("stopped", "stays"), [("money", True), (__version__, True), ("0.0.1", False), (None, False)])
def test_a_new_version_tries_again_what_an_older_one_could_not_read(stopped, stays):
    assert is_stopped(Outcome("x", "q", None, stopped, 1, None, "trouble", NOON)) is stays
