import random
from collections import Counter
from datetime import timedelta

import pytest

from monitor.collect.connector import Query, Window
from monitor.mention import State
from monitor.store.labels import HandLabel, Refused, allotted, draw, kept_labels, save_labels
from monitor.store.ledger import backfill_run
from monitor.store.undo import undo
from monitor.store.write import save
from tests.builders import NOON, after, batch, mention

TEXTS = ("streamly is awful", "streamly is great", "streamly on tuesday")


def put(con, *mentions, run_id=1):
    save(con, [batch(*mentions, run_id=run_id)], now=NOON)


def take(con, *labels, at=NOON):
    return list(save_labels(con, labels, now=at))


def labels(con):
    return con.execute("select mention_id, brand, human_label, label, weight from v_human_labels order by all").fetchall()


@pytest.fixture
def many(con):
    """Six hundred texts over ten hours: four of six negative, one of each other kind, from two sources."""
    kinds = (0, 0, 0, 0, 1, 2)
    put(
        con,
        *(
            mention(str(n), f"{TEXTS[kinds[n % 6]]} {n}", created_at=after(n), fetched_at=after(n + 1), source="x" if n % 5 else "reddit")
            for n in range(600)
        ),
    )
    return con


def test_each_label_source_and_season_has_its_part_of_a_sample(many):
    drawn = draw(many, "Streamly", 60, seed=1)
    assert len(drawn) == len({one.mention_id for one in drawn}) == 60
    by_label = Counter(one.label for one in drawn)
    assert by_label == {-1: 30, 0: 15, 1: 15}
    numbers = [int(one.mention_id.partition(":")[2]) for one in drawn]
    assert sum(one.mention_id.startswith("reddit:") for one in drawn) in range(9, 16)
    assert all(sum(part <= number < part + 150 for number in numbers) in range(11, 20) for part in (0, 150, 300, 450))


def test_weights_add_up_to_all_the_texts_there_are(many):
    assert sum(one.weight for one in draw(many, "Streamly", 60, seed=1)) == pytest.approx(600)
    half = draw(many, "Streamly", 60, seed=1, since=NOON, until=NOON + timedelta(minutes=300))
    assert sum(one.weight for one in half) == pytest.approx(300)


def test_every_text_of_a_label_has_the_same_chance(many):
    times = Counter(one.mention_id for seed in range(400) for one in draw(many, "Streamly", 60, seed=seed) if one.label == 1)
    # fifteen of about a hundred at each draw
    assert times.keys() == {one.mention_id for one in draw(many, "Streamly", 600, seed=1) if one.label == 1}
    assert 30 < min(times.values()) <= max(times.values()) < 95


def test_the_same_seed_draws_the_same_and_fewer_texts_are_all_drawn(many):
    assert draw(many, "Streamly", 60, seed=4) == draw(many, "Streamly", 60, seed=4) != draw(many, "Streamly", 60, seed=5)
    assert {one.weight for one in draw(many, "Streamly", 5_000, seed=1)} == {1.0}
    assert draw(many, "Himal", 60, seed=1) == []


@pytest.mark.parametrize("seed", range(20))
def test_what_is_allotted_is_there_and_adds_up(seed):
    rng = random.Random(seed)
    sizes = [rng.choice((0, 1, 7, 300)) for _ in range(4)]
    count = rng.randint(0, 400)
    given = allotted(sizes, count)
    assert sum(given) == min(count, sum(sizes))
    assert all(n <= size for n, size in zip(given, sizes, strict=True))


def test_a_label_taken_in_twice_is_one_label_and_a_later_one_goes_before(con):
    put(con, mention("1"), mention("2", "streamly is awful"))
    assert take(con, HandLabel("x:1", "streamly", -1, weight=2.5), HandLabel("x:2", "Streamly", 0)) == ["new", "new"]
    assert take(con, HandLabel("x:1", "Streamly", -1, weight=2.5), HandLabel("x:2", "Streamly", 0), at=after(5)) == ["known", "known"]
    assert con.execute("select distinct labelled_at from human_label").fetchall() == [(NOON.replace(tzinfo=None),)]
    assert take(con, HandLabel("x:1", "Streamly", 1)) == ["changed"]
    # the weight with which it was drawn stays
    assert labels(con) == [("x:1", "Streamly", 1, 1, 2.5), ("x:2", "Streamly", 0, -1, None)]


def test_a_label_of_something_else_is_refused_with_its_reason(con):
    put(con, mention("1", "streamly  is\ngreat"), mention("2"))
    put(con, mention("2", None, state=State.DELETED, fetched_at=after(9)))
    told = take(
        con,
        HandLabel("x:7", "Streamly", 0),
        HandLabel("x:1", "Himal", 0),
        HandLabel("x:1", "Streamly", 0, text="streamly is awful"),
        HandLabel("x:2", "Streamly", 0),
        HandLabel("x:1", "Streamly", 0, text="streamly is\r\ngreat "),
    )
    assert [one.reason.partition(":")[0] if isinstance(one, Refused) else one for one in told] == [
        "no such mention of that brand is stored",
        "no such mention of that brand is stored",
        "its text is another than the stored one",
        "its text was taken back by its source",
        "new",
    ]


def test_a_text_that_was_taken_back_takes_its_label_along(con):
    put(con, mention("1"), mention("2"))
    take(con, HandLabel("x:1", "Streamly", 1), HandLabel("x:2", "Streamly", 1))
    put(con, mention("1", None, state=State.DELETED, fetched_at=after(9)))
    assert con.execute("select source_id from human_label").fetchall() == [("2",)]


def test_an_edited_text_is_another_than_the_one_that_was_labelled(con):
    put(con, mention("1"))
    take(con, HandLabel("x:1", "Streamly", 1))
    put(con, mention("1", fetched_at=after(5)))
    assert len(labels(con)) == 1
    put(con, mention("1", "streamly went downhill", fetched_at=after(9)))
    assert labels(con) == kept_labels(con) == []
    assert take(con, HandLabel("x:1", "Streamly", -1)) == ["changed"]
    assert [one.text for one in kept_labels(con)] == ["streamly went downhill"]


def test_undoing_an_import_takes_its_labels_along(con):
    run = backfill_run(con, Query("file", "old.csv"), Window(), "of the question", now=NOON)
    put(con, mention("1"), run_id=run.run_id)
    take(con, HandLabel("x:1", "Streamly", 1))
    undo(con, run)
    assert con.execute("from human_label").fetchall() == []


def test_kept_labels_come_with_title_and_text(con):
    put(con, mention("1", "is great", title="Streamly"))
    take(con, HandLabel("x:1", "Streamly", 1, weight=3.0))
    [kept] = kept_labels(con, brand="Streamly")
    assert (kept.mention_id, kept.brand, kept.text, kept.label, kept.weight) == ("x:1", "Streamly", "Streamly\nis great", 1, 3.0)
    assert kept_labels(con, brand="Himal") == []
