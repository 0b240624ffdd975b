from functools import partial

import pyarrow as pa
import pytest

from monitor.enrich.score import ASKED
from monitor.enrich.workers import make_tools, score_all
from monitor.errors import RetryLater
from tests.builders import brand

TOOLS = partial(make_tools, "vader-brand", (brand(),), None)


def asked(number):
    texts = [f"streamly {word} {number}" for word in ("is awful", "is great", "")]
    return number, pa.table([texts, ["Streamly", None, "Streamly"], [None] * 3, [None] * 3], schema=ASKED)


def broken():
    for number in range(5):
        yield asked(number)
    raise RetryLater("the source asks for a pause")


def test_in_several_processes_tables_come_out_as_in_one_and_in_their_order():
    alone = list(score_all(map(asked, range(9)), TOOLS, processes=1))
    several = list(score_all(map(asked, range(9)), TOOLS, processes=2))
    assert [number for number, _ in several] == [*range(9)]
    assert all(one.equals(other) for (_, one), (_, other) in zip(alone, several, strict=True))
    assert alone[0][1]["label"].to_pylist() == [-1, 1, 0]


@pytest.mark.parametrize("processes", [1, 2])
def test_what_came_before_a_trouble_is_given_out_first(processes):
    given = score_all(broken(), TOOLS, processes=processes)
    assert [number for number, _ in (next(given) for _ in range(5))] == [*range(5)]
    with pytest.raises(RetryLater):
        next(given)


def test_no_more_is_taken_than_is_waited_for():
    taken = []

    def counted():
        for number in range(100):
            taken.append(number)
            yield asked(number)

    given = score_all(counted(), TOOLS, processes=2)
    next(given)
    assert len(taken) == 4
    given.close()
