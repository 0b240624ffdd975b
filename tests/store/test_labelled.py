"""What copies tell of hand labels is what the view tells, whatever happened since the copy before."""

import random
from datetime import timedelta

import pytest

from monitor.mention import State
from monitor.store.labelled import tell_labels
from monitor.store.labels import HandLabel, save_labels
from monitor.store.write import save
from tests.builders import NOON, after, batch, mention

DAY = timedelta(days=1)
TEXTS = ("streamly is awful", "streamly is great", "streamly on tuesday")


def put(con, *mentions):
    save(con, [batch(*mentions)], now=NOON)


def take(con, label, *numbers, at=NOON):
    list(save_labels(con, [HandLabel(f"x:{number}", "Streamly", label) for number in numbers], now=at))


def told(con):
    """What the next copy says, which is what the view says."""
    con.execute("begin")
    tell_labels(con)
    con.execute("commit")
    rows = con.execute("select * exclude (is_current, version) from labelled where is_current order by all").fetchall()
    assert rows == con.execute("from v_human_labels order by all").fetchall()
    return [(source_id, label) for _, _, source_id, _, _, _, label, *_ in rows]


@pytest.fixture
def labelled(con):
    """A text a day, of which the first three have a label."""
    put(con, *(mention(str(number), created_at=NOON + number * DAY, fetched_at=NOON + number * DAY) for number in range(6)))
    take(con, -1, 0, 1, 2)
    assert told(con) == [("0", -1), ("1", -1), ("2", -1)]
    return con


def test_nothing_is_worked_out_again_where_nothing_changed(labelled):
    labelled.execute("update labelled set why = 'as it was'")
    labelled.execute("begin")
    tell_labels(labelled)
    assert labelled.execute("select distinct why from labelled").fetchall() == [("as it was",)]
    labelled.execute("commit")


def test_only_days_between_those_that_changed_are_worked_out_again(labelled):
    labelled.execute("update labelled set url = 'as it was'")
    put(labelled, mention("9", created_at=NOON + DAY))
    labelled.execute("begin")
    tell_labels(labelled)
    labelled.execute("commit")
    assert labelled.execute("select source_id, url from labelled order by all").fetchall() == [
        ("0", "as it was"),
        ("1", None),
        ("2", "as it was"),
    ]


def test_a_label_that_is_given_again_and_one_of_a_new_text_are_told(labelled):
    take(labelled, 1, 1, at=after(5))
    take(labelled, 0, 5, at=after(5))
    assert told(labelled) == [("0", -1), ("1", 1), ("2", -1), ("5", 0)]


def test_a_label_changed_at_the_same_moment_is_told(labelled):
    take(labelled, 1, 2)
    assert told(labelled) == [("0", -1), ("1", -1), ("2", 1)]


def test_a_text_that_is_taken_back_leaves_at_once(labelled):
    put(labelled, mention("1", None, created_at=NOON + DAY, fetched_at=NOON + 9 * DAY, state=State.DELETED))
    assert labelled.execute("select source_id from labelled order by all").fetchall() == [("0",), ("2",)]
    assert told(labelled) == [("0", -1), ("2", -1)]


def test_an_edited_text_leaves_and_comes_back_with_its_words(labelled):
    put(labelled, mention("1", "streamly went downhill", created_at=NOON + DAY, fetched_at=NOON + 2 * DAY))
    assert told(labelled) == [("0", -1), ("2", -1)]
    put(labelled, mention("1", created_at=NOON + DAY, fetched_at=NOON + 3 * DAY))
    assert told(labelled) == [("0", -1), ("1", -1), ("2", -1)]


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_the_view_is_told(con, seed):
    rng = random.Random(seed)
    for step in range(40):
        number = rng.randrange(12)
        at = NOON + number * DAY
        text = rng.choice((*TEXTS, None))
        state = State.DELETED if text is None else State.LIVE
        if rng.random() < 0.6:
            put(con, mention(str(number), text, created_at=at, fetched_at=at + timedelta(hours=step), state=state))
        else:
            take(con, rng.choice((-1, 0, 1)), number, at=after(step // 2))
        if rng.random() < 0.5:
            told(con)
    told(con)
