import pyarrow as pa
import pytest

from monitor.enrich.remarks import Remarks
from monitor.enrich.score import ASKED
from monitor.enrich.scorers import scorer_named
from monitor.enrich.workers import AHEAD, score_all


def tools():
    return scorer_named("vader-brand"), Remarks([])


def asked(number):
    texts = [f"acme is {'great' if number % 2 else 'awful'}, {number} times"]
    return pa.table([texts, ["Acme"], ["en"], [None]], schema=ASKED)


def some(count, *, then=None):
    for number in range(count):
        yield number, asked(number)
    if then is not None:
        raise then


@pytest.mark.parametrize("processes", [1, 2])
def test_what_was_taken_is_given_out_before_a_failure_of_the_input_is_raised(processes):
    given = score_all(some(5, then=OSError("line 6")), tools, processes=processes)
    assert [(number, table["label"].to_pylist()) for number, table in (next(given) for _ in range(5))] == [
        (number, [1 if number % 2 else -1]) for number in range(5)
    ]
    with pytest.raises(OSError, match="line 6"):
        next(given)


def test_order_is_kept_and_only_few_are_taken_ahead():
    taken = []

    def items():
        for number in range(20):
            taken.append(number)
            yield number, asked(number)

    given = []
    for number, _ in score_all(items(), tools, processes=2):
        given.append(number)
        assert len(taken) - len(given) <= 2 * AHEAD
    assert given == list(range(20))
