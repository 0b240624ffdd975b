import shutil
import tempfile
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import monitor.gather.rescore as scoring
import monitor.store.rescore as flipping
from monitor.collect.connector import Page, Query
from monitor.config.models import Config, Saying, Scoring
from monitor.detect.watch import Watch
from monitor.gather.enricher import Enricher
from monitor.gather.rematch import Judge, rematch
from monitor.gather.rescore import Target, rescore
from monitor.mention import Engagement, State
from monitor.store.database import Store
from monitor.store.labels import HandLabel, save_labels
from monitor.store.ledger import standing_runs
from monitor.store.rescore import Labels
from monitor.store.write import save
from tests.builders import NOON, after, brand, mention
from tests.store.recount import recounted, rollups

HIMAL = brand("Himal", timezone="Asia/Kathmandu")
BRANDS = "select * from mention_brand order by all"
MENTIONS = "select * exclude (marks) from mention order by all"


def config(*brands, scorer="vader-brand"):
    return Config(brands=brands or (brand(), HIMAL), scoring=Scoring(scorer=scorer))


PLAIN = config(scorer="vader")
# who says so is angry
WOBBLY = config(brand(lexicon=[Saying(say="wobbly", means=-3)]), HIMAL)


def put(store, rules, *mentions, now=NOON):
    """Store texts as a live round under these rules does."""
    with store.writing() as con:
        run = standing_runs(con, ["x"], now=now)["x"]
        save(con, [Enricher.of(rules).batch(Page(mentions, {}, seen=len(mentions)), query=Query("x", "q"), run=run)], now=now)


def again(store, rules, **changes):
    """Score again what is stored."""
    return rescore(store, Target.of(rules), **{"clock": lambda: NOON, "processes": 1, **changes})


def name_of(rules):
    return Target.of(rules).scorer


def rows(store, sql="select source_id, label, scorer from mention_brand order by all"):
    with store.opened() as con:
        return con.execute(sql).fetchall()


def counts(store):
    with store.opened() as con:
        assert rollups(con) == recounted(con)
        assert con.execute("from rescored").fetchall() == []
        return rollups(con)


# what moves, and what stays


def test_all_is_scored_by_the_new_scorer_and_what_moved_is_told(store):
    put(store, PLAIN, mention("1", "streamly raised the price, what a rip off"), mention("2", "I love streamly"), mention("3", "himal tea"))
    before = rows(store, "select * exclude (brand_compound, label, why, intents, topics, scorer) from mention_brand order by all")
    moved = again(store, config())
    assert rows(store) == [("1", -1, name_of(config())), ("2", 1, name_of(config())), ("3", 0, name_of(config()))]
    assert rows(store, "select * exclude (brand_compound, label, why, intents, topics, scorer) from mention_brand order by all") == before
    streamly = moved["Streamly"]
    assert (streamly.rows, streamly.labels) == (2, Counter({(0, -1): 1, (1, 1): 1}))
    assert (streamly.share_before, streamly.share_after) == (0.0, 0.5)
    [(text, was, now, _, compound)] = streamly.examples
    assert (text, was, now) == ("streamly raised the price, what a rip off", 0, -1)
    assert [(compound,)] == rows(store, "select brand_compound from mention_brand where source_id = '1'")
    assert (moved["Himal"].labels, moved["Himal"].examples) == (Counter({(0, 0): 1}), [])
    counts(store)


def test_scored_again_there_is_nothing_left_to_move(store):
    put(store, PLAIN, mention("1", "streamly is a rip off"), mention("2"))
    again(store, config())
    first = rows(store, BRANDS), counts(store)
    assert again(store, config()) == {}
    assert (rows(store, BRANDS), counts(store)) == first


def test_what_is_to_be_done_is_counted_by_scorer(store):
    put(store, PLAIN, *(mention(str(number)) for number in range(4)))
    put(store, PLAIN, mention("1", None, state=State.DELETED, fetched_at=after(9)))
    put(store, config(), mention("9"))
    target = Target.of(config())
    assert target.labels(store) == [Labels("vader/3.3.2", 4, 3, 1), Labels(target.scorer, 1, 0, 0)]
    again(store, config())
    assert target.labels(store) == [Labels(target.scorer, 4, 0, 0), Labels("vader/3.3.2", 1, 0, 1)]


def test_what_was_taken_back_stays_as_it_was_told(store):
    put(store, PLAIN, mention("1", "I am cancelling streamly"), mention("2", "streamly is wobbly"))
    put(store, PLAIN, mention("1", None, state=State.REMOVED, fetched_at=after(9)))
    told = rows(store, "from mention_brand where source_id = '1'")
    assert told
    again(store, WOBBLY)
    assert rows(store, "from mention_brand where source_id = '1'") == told
    assert rows(store)[1] == ("2", -1, name_of(WOBBLY))
    counts(store)


def test_a_brand_that_left_the_configuration_keeps_its_scores(store):
    put(store, PLAIN, mention("1", "streamly and himal"))
    again(store, config(HIMAL))
    assert rows(store, "select brand, scorer from mention_brand order by all") == [
        ("Himal", name_of(config(HIMAL))),
        ("Streamly", "vader/3.3.2"),
    ]


def test_who_is_counted_does_not_change(store):
    own = [brand(own_handles=["x:ann"]), HIMAL]
    put(store, config(*own, scorer="vader"), mention("1"), mention("2", repost_of_id="7", author_name="bob"))
    booked = rows(store, "select source_id, booked, counted from v_mentions order by all")
    assert [one for _, one, _ in booked] == ["own", "duplicate"]
    again(store, config(*own))
    assert rows(store, "select source_id, booked, counted from v_mentions order by all") == booked
    counts(store)


def test_labels_given_by_people_stay(store):
    put(store, PLAIN, mention("1", "streamly is a rip off"))
    with store.writing() as con:
        assert list(save_labels(con, [HandLabel("x:1", "Streamly", -1, "streamly is a rip off", None)], now=NOON))
    by_hand = rows(store, "from human_label")
    assert by_hand
    again(store, config())
    assert rows(store, "from human_label") == by_hand
    assert rows(store, "select human_label, label from v_human_labels") == [(-1, -1)]


def test_a_reply_that_came_without_its_parent_is_read_with_it(store):
    parent = mention("1", "streamly is a rip off", conversation_id="1")
    reply = mention("2", "same here", created_at=after(9000), conversation_id="1", in_reply_to_id="1")
    put(store, PLAIN, parent)
    with store.opened() as con:
        threads = {("x", "1"): ("Streamly",)}
        assert con.execute("select count(*) from mention").fetchall() == [(1,)]
    with store.writing() as con:
        run = standing_runs(con, ["x"], now=NOON)["x"]
        enricher = Enricher.of(PLAIN)
        enricher.threads.update(threads)
        save(con, [enricher.batch(Page([reply], {}, seen=1), query=Query("x", "q"), run=run)], now=NOON)
    assert rows(store)[1][:2] == ("2", 0)
    again(store, config())
    assert rows(store)[1] == ("2", -1, name_of(config()))


def test_a_reply_that_comes_to_a_brand_by_its_new_rule_is_read_with_what_it_answers(empty):
    old, new = config(brand(), brand("Himal", rule="tea")), config(brand(rule="streamly OR tea"), brand("Himal", rule="tea"))
    said = [mention("1", "streamly is a rip off"), mention("2", "same here, tea", quoted_id="1")]
    with stored(empty) as once, stored(empty) as fresh:
        put(once, old, *said)
        put(fresh, new, *said)
        changed(once, new)
        assert rows(once, BRANDS) == rows(fresh, BRANDS)
        assert rows(once, "select label from mention_brand where source_id = '2' and brand = 'Streamly'") == [(-1,)]


def test_the_examples_are_those_that_moved_furthest(store, monkeypatch):
    monkeypatch.setattr(flipping, "FLIPPED_AT_ONCE", 2)
    said = ["wobbly", "wobbly, wobbly", "good but wobbly", "wobbly wobbly wobbly", "great"]
    put(store, PLAIN, *(mention(str(number), f"streamly is {text}", created_at=after(7 * number)) for number, text in enumerate(said)))
    before = dict(rows(store, "select source_id, brand_compound from mention_brand"))
    moved = again(store, WOBBLY)["Streamly"]
    now = dict(rows(store, "select source_id, brand_compound from mention_brand"))
    labels = {source_id: label for source_id, label, _ in rows(store)}
    furthest = sorted(
        (key for key in now if (labels[key] == -1) != (before[key] <= -0.05)), key=lambda key: (-abs(now[key] - before[key]), key)
    )
    assert [(one.text, one.after) for one in moved.examples] == [(f"streamly is {said[int(key)]}", now[key]) for key in furthest[:3]]
    assert moved.rows == 5


# beside a monitor at work


def test_what_comes_or_is_edited_meanwhile_is_left_as_it_came(store, monkeypatch):
    monkeypatch.setattr(scoring, "BATCH", 1)
    put(store, PLAIN, *(mention(str(number), "streamly is wobbly", created_at=after(10 * number)) for number in range(4)))

    def meanwhile(_rows):
        beside = rows(store, "select count(*) from rescored")
        if beside == [(2,)]:
            # by a monitor that runs with the new scorer, and by one that still runs with the old one
            put(
                store,
                WOBBLY,
                mention("0", "streamly is great", state=State.EDITED, fetched_at=after(90)),
                mention("8", "streamly is awful"),
            )
            put(store, PLAIN, mention("1", "streamly is lovely", state=State.EDITED, fetched_at=after(90), created_at=after(10)))
            put(store, PLAIN, mention("2", None, state=State.DELETED, fetched_at=after(90), created_at=after(20)))

    again(store, WOBBLY, on_batch=meanwhile)
    plain, wobbly = name_of(PLAIN), name_of(WOBBLY)
    assert rows(store) == [("0", 1, wobbly), ("1", 1, plain), ("2", 0, plain), ("3", -1, wobbly), ("8", -1, wobbly)]
    counts(store)
    again(store, WOBBLY)
    assert rows(store) == [("0", 1, wobbly), ("1", 1, wobbly), ("2", 0, plain), ("3", -1, wobbly), ("8", -1, wobbly)]
    counts(store)


def test_words_of_a_text_that_is_taken_back_are_not_kept_beside_either(store):
    put(store, PLAIN, mention("1", "streamly is wobbly"), mention("2"))
    with pytest.raises(Killed):
        again(store, WOBBLY, on_batch=killing(after_batches=1))
    assert rows(store, "select source_id from rescored order by all") == [("1",), ("2",)]
    put(store, PLAIN, mention("1", None, state=State.DELETED, fetched_at=after(90)))
    assert rows(store, "select source_id from rescored order by all") == [("2",)]


def test_a_changed_past_alerts_nobody(store):
    """What the old scorer took for praise is anger; the detector at work has the past in its memory."""
    begun = NOON - timedelta(days=15)
    past = [
        mention(f"{day}-{number}", "streamly is wobbly", created_at=begun + timedelta(days=day, minutes=4 * number))
        for day in range(15)
        for number in range(360)
    ]
    put(store, PLAIN, *past)
    with store.writing() as con:
        run = standing_runs(con, ["x"], now=NOON)["x"]
        con.execute("insert into coverage values ('x', 'q', [], ?, ?, ?, true, 1, null, ?)", [begun, after(3000), NOON, run.run_id])
        watch = Watch(WOBBLY.brands, sensitivity="eager")
        assert watch.judge(con, until=after(-10), now=NOON) == []
        assert watch.judge(con, until=NOON, now=NOON) == []
    assert again(store, WOBBLY, clock=lambda: after(2))["Streamly"].share_after == 1.0
    with store.writing() as con:
        places = con.execute("select brand, judged_to from judged order by all").fetchall()
        assert places == [("Himal", NOON.replace(tzinfo=None)), ("Streamly", after(5).replace(tzinfo=None))]
    put(store, WOBBLY, *(mention(f"now-{number}", "streamly is wobbly", created_at=after(4 * number)) for number in range(100)))
    with store.writing() as con:
        assert [watch.judge(con, until=after(5 * step), now=after(5 * step)) for step in range(80)] == [[]] * 80


# what must always hold

WORDS = [
    "streamly",
    "himal",
    "wobbly",
    "awful",
    "love",
    "rip off",
    "same here",
    "cancelled",
    "switched to himal",
    "tea",
    "better than",
    "!",
]
RULES = st.builds(
    lambda one, two, lexicon, titles, rivals: config(
        brand(rule=one, lexicon=lexicon, titles=titles, rivals=rivals), brand("Himal", rule=two, timezone="Asia/Kathmandu")
    ),
    st.sampled_from(["streamly", "streamly OR tea", "streamly NOT awful", "love"]),
    st.sampled_from(["himal", '"himal tea"', "himal OR streamly"]),
    st.sampled_from([[], [Saying(say="wobbly", means=-3)]]),
    st.sampled_from([[], ["Awful Tea"]]),
    st.sampled_from([[], ["Himal"]]),
)


@st.composite
def texts(draw):
    """A few threads, in which texts answer and quote one another."""
    found = []
    for number in range(draw(st.integers(1, 14))):
        known = st.sampled_from([None, *(one.source_id for one in found), "elsewhere"])
        root = draw(st.sampled_from([None, *(one.source_id for one in found if one.is_root)]))
        found.append(
            mention(
                str(number),
                " ".join(draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5))),
                title=draw(st.sampled_from([None, None, "streamly is down"])),
                created_at=after(draw(st.sampled_from([0, 1, 4, 5, 400, 2000]))),
                conversation_id=root or str(number),
                in_reply_to_id=root and draw(known),
                quoted_id=draw(known),
                lang=draw(st.sampled_from(["en", "en", None, "de"])),
                repost_of_id=draw(st.sampled_from([None, None, None, "77"])),
                engagement=Engagement(likes=draw(st.sampled_from([None, 3]))),
            )
        )
    return found


@contextmanager
def stored(empty):
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder), command="test") as store:
        shutil.copyfile(empty, store.path)
        yield store


def changed(store, rules, **changes):
    """Take a change of the configuration over, as the commands do."""
    rematch(store, Judge.of(rules, (), is_strict=True), brands=["Streamly", "Himal"], dry_run=False, clock=lambda: NOON)
    return again(store, rules, **changes)


@settings(max_examples=40, phases=(Phase.explicit, Phase.generate))
@given(texts(), RULES, RULES, st.sampled_from([1, 2, 5_000]))
def test_scoring_again_comes_to_what_an_import_under_the_new_rules_would_have(empty, mentions, old, new, batch):
    with pytest.MonkeyPatch.context() as patch, stored(empty) as once, stored(empty) as fresh:
        patch.setattr(scoring, "BATCH", batch)
        patch.setattr(scoring, "CHAPTER", 2)
        patch.setattr(flipping, "FLIPPED_AT_ONCE", batch)
        put(once, old, *mentions)
        kept = {key for (key,) in rows(once, "select source_id from mention")}
        put(fresh, new, *(one for one in mentions if one.source_id in kept))
        before = rows(once, "select source, source_id, brand, label from mention_brand")
        share = {name: one.share_after for name, one in changed(once, new).items()}
        assert rows(once, BRANDS) == rows(fresh, BRANDS)
        assert counts(once) == counts(fresh)
        told = dict(rows(once, "select brand, sum(negative) / nullif(sum(scored), 0) from v_daily group by brand"))
        assert all(share[name] == told[name] for name in share)
        assert before or not share
        first = rows(once, MENTIONS), rows(once, BRANDS), counts(once)
        assert changed(once, new) == {}
        assert (rows(once, MENTIONS), rows(once, BRANDS), counts(once)) == first


class Killed(BaseException):
    """What a process does not survive."""


def killing(*, after_batches):
    """Dies once so many batches are written."""
    left = [None] * (after_batches + 1)

    def on_batch(_rows):
        left.pop()
        if not left:
            raise Killed

    return on_batch


@settings(max_examples=20, phases=(Phase.explicit, Phase.generate))
@given(texts(), RULES, RULES, RULES, st.lists(st.integers(0, 7), max_size=3))
def test_killed_between_two_batches_and_run_again_it_comes_to_the_same(empty, mentions, old, other, new, deaths):
    with pytest.MonkeyPatch.context() as patch, stored(empty) as undisturbed, stored(empty) as killed:
        patch.setattr(scoring, "BATCH", 2)
        for store in (undisturbed, killed):
            put(store, old, *mentions)
        again(undisturbed, new)
        # first on the way to a third scorer
        for rules, batches in zip([other, new, new], deaths, strict=False):
            with pytest.MonkeyPatch.context() as dying:
                dying.setattr(scoring, "flip", lambda *_, **__: (_ for _ in ()).throw(Killed))
                with pytest.raises(Killed):
                    again(killed, rules, on_batch=killing(after_batches=batches))
        again(killed, new)
        assert rows(killed, BRANDS) == rows(undisturbed, BRANDS)
        assert counts(killed) == counts(undisturbed)


def test_what_was_scored_before_a_kill_is_not_scored_again(store, monkeypatch):
    monkeypatch.setattr(scoring, "BATCH", 2)
    put(store, PLAIN, *(mention(str(number), created_at=after(10 * number)) for number in range(6)))
    with pytest.raises(Killed):
        again(store, WOBBLY, on_batch=killing(after_batches=2))
    batches = []
    again(store, WOBBLY, on_batch=batches.append)
    assert batches == [4, 2]


@pytest.mark.parametrize("statement", range(1, 24, 3))
def test_killed_while_it_puts_the_new_scores_in_place_nothing_has_moved(store, monkeypatch, statement):
    monkeypatch.setattr(flipping, "FLIPPED_AT_ONCE", 2)
    put(store, PLAIN, *(mention(str(number), "streamly is wobbly", created_at=after(10 * number)) for number in range(6)))
    before = rows(store, BRANDS), counts(store)
    real = flipping.flip

    class Dying:
        """A connection that ends at some statement."""

        def __init__(self, con):
            self.con = con
            self.left = statement

        def execute(self, *args):
            self.left -= 1
            if not self.left:
                raise Killed
            return self.con.execute(*args)

        def __getattr__(self, name):
            return getattr(self.con, name)

    monkeypatch.setattr(scoring, "flip", lambda con, **given: real(Dying(con), **given))
    with pytest.raises(Killed):
        again(store, WOBBLY)
    with store.opened() as con:
        assert (con.execute(BRANDS).fetchall(), rollups(con)) == before
        assert con.execute("select count(*) from rescored").fetchall() == [(6,)]
    monkeypatch.setattr(scoring, "flip", real)
    assert again(store, WOBBLY)["Streamly"].rows == 6
    counts(store)


def test_many_texts_of_one_moment_are_scored_batch_by_batch_in_several_processes(store, monkeypatch):
    monkeypatch.setattr(scoring, "BATCH", 7)
    put(store, PLAIN, *(mention(str(number), "streamly is wobbly") for number in range(30)))
    batches = []
    moved = again(store, WOBBLY, processes=2, on_batch=batches.append)
    assert batches == [0, 7, 7, 7, 7, 2]
    # the others are copies of the first, and not counted
    [(text, before, after, *_)] = moved["Streamly"].examples
    assert (text, before, after) == ("streamly is wobbly", 0, -1)
    assert {label for _, label, _ in rows(store)} == {-1}
    counts(store)
