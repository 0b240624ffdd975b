import shutil
import tempfile
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import monitor.gather.rematch as judging
from monitor.collect.connector import Looked, Page, Place, Query, SourceSettings, Window
from monitor.config.models import Config, Mute, Scoring
from monitor.detect.watch import Watch
from monitor.gather.enricher import Enricher
from monitor.gather.rematch import Judge, Tally, rematch
from monitor.mention import Engagement, State
from monitor.store.database import Store
from monitor.store.ledger import backfill_run, standing_runs
from monitor.store.progress import save_coverage
from monitor.store.rematch import earliest_looks, read_texts
from monitor.store.write import save
from tests.builders import NOON, after, brand, mention
from tests.store.recount import recounted, rollups

FOLLOWED = Query("x", "thread page", asks="conversation_id:page", about="Streamly", covers=False)
HIMAL = brand("Himal", timezone="Asia/Kathmandu")


def config(*brands, places=None):
    """A configuration; `places` as {channel: brand} of X."""
    places = [Place(channel=channel, about=about) for channel, about in (places or {}).items()]
    # with plain VADER, whose scores do not hang on the rules: the others are what `rescore` makes anew
    return Config(brands=brands or (brand(), HIMAL), sources={"x": SourceSettings(places=places)}, scoring=Scoring(scorer="vader"))


def put(store, rules, *mentions, about=None, now=NOON):
    """Store texts as a live round under these rules does."""
    with store.writing() as con:
        run = standing_runs(con, ["x"], now=now)["x"]
        page = Page(mentions, {}, seen=len(mentions))
        save(con, [Enricher.of(rules).batch(page, query=Query("x", "q", about=about), run=run)], now=now)


def again(store, rules, *, queries=(), dry_run=False, strict=False, brands=None, now=NOON):
    """Judge again what is stored; the tallies of brands to which something happened."""
    judge = Judge.of(rules, queries, is_strict=strict)
    names = brands or [each.name for each in rules.brands]
    found = rematch(store, judge, brands=names, dry_run=dry_run, clock=lambda: now)
    return {name: tally for name, tally in found.items() if tally != Tally()}


def rows(store, sql="select source_id, brand, matched_by from mention_brand order by all"):
    with store.opened() as con:
        return con.execute(sql).fetchall()


def counts(store):
    with store.opened() as con:
        assert rollups(con) == recounted(con)
        return rollups(con)


# what comes, goes and stays


def test_a_wider_rule_brings_texts_that_are_stored_for_others(store):
    put(store, config(brand(), brand("Himal", rule='"himal tea"')), mention("1", "streamly beats himal"), mention("2", "himal tea"))
    assert again(store, config()) == {"Streamly": Tally(stay=1), "Himal": Tally(come=1, stay=1, explained=1)}
    assert rows(store) == [("1", "Himal", "text"), ("1", "Streamly", "text"), ("2", "Himal", "text")]
    counts(store)


def test_a_text_that_belongs_to_nobody_any_more_is_kept_and_comes_back_with_its_rule(store):
    narrow = config(brand(rule='"streamly tv"'))
    put(store, config(), mention("1"), mention("2", "streamly tv is awful", engagement=Engagement(likes=3)))
    before, told = rows(store, "from mention_brand order by all"), counts(store)
    assert again(store, narrow) == {"Streamly": Tally(go=1, stay=1, explained=1)}
    assert rows(store, "select source_id from mention order by all") == [("1",), ("2",)]
    assert rows(store) == [("2", "Streamly", "text")]
    counts(store)
    assert again(store, config(brand())) == {"Streamly": Tally(come=1, stay=1, explained=1)}
    assert rows(store, "from mention_brand order by all") == before
    assert counts(store) == told


def test_a_row_that_stays_keeps_its_score(store):
    put(store, config(), mention("1", "streamly is great"))
    with store.writing() as con:
        con.execute("update mention_brand set label = -1, brand_compound = -0.5, why = 'irony', scorer = 'better/1'")
    again(store, config(brand(rule="streamly OR great")))
    assert rows(store, "select matched_terms, label, brand_compound, why, scorer from mention_brand") == [
        (["streamly", "great"], -1, -0.5, "irony", "better/1")
    ]


@pytest.mark.parametrize(
    ("changed", "told", "flags"),
    [
        pytest.param({"mute": Mute(authors=["ann"])}, Tally(stay=1, changed=1), (False, True, False), id="muted"),
        pytest.param({"own_handles": ["x:ann"]}, Tally(stay=1, changed=1), (True, False, False), id="own"),
        pytest.param({"exclude": "great"}, Tally(go=1), None, id="excluded"),
    ],
)
def test_who_wrote_it_and_what_is_excluded_count_too(store, changed, told, flags):
    put(store, config(), mention("1"))
    assert again(store, config(brand(**changed))) == {"Streamly": told}
    assert rows(store, "select is_own, is_muted, counted from mention_brand") == ([flags] if flags else [])
    counts(store)
    put_back = again(store, config(brand()))["Streamly"]
    assert (put_back.come, put_back.changed) == (told.go, told.changed)
    assert rows(store, "select is_own, is_muted, counted from mention_brand") == [(False, False, True)]


def test_spam_and_reposts_stay_out_of_the_figures(store):
    put(store, config(HIMAL), mention("1", "himal streamly", repost_of_id="9"), mention("2", "streamly and himal"))
    with store.writing() as con:
        con.execute("update mention set is_spam = true where source_id = '2'")
        con.execute("update mention_brand set counted = false where source_id = '2'")
        con.execute("delete from rollup_5m")
        con.execute("delete from rollup_day")
    again(store, config())
    assert rows(store, "select source_id, brand, counted from mention_brand where brand = 'Streamly' order by all") == [
        ("1", "Streamly", False),
        ("2", "Streamly", False),
    ]
    assert rows(store, "select booked, count(*) from v_mentions group by all order by all") == [("duplicate", 2), ("spam", 2)]


def test_an_erased_text_keeps_its_brands(store):
    put(store, config(), mention("1"), mention("2", "same here", conversation_id="1", in_reply_to_id="1"))
    put(store, config(), mention("1", None, state=State.DELETED, fetched_at=after(9)))
    put(store, config(), mention("3", "me too, himal", conversation_id="1", in_reply_to_id="1", fetched_at=after(10)))
    # its thread goes on being about what it was about
    assert again(store, config(brand(rule="other"))) == {"Streamly": Tally(come=1, stay=2)}
    assert rows(store, "select source_id from mention_brand where brand = 'Streamly' order by all") == [("1",), ("2",), ("3",)]
    counts(store)


def test_a_brand_that_left_the_configuration_keeps_its_history(store):
    put(store, config(), mention("1", "streamly and himal"))
    assert again(store, config(HIMAL)) == {"Himal": Tally(stay=1)}
    assert rows(store) == [("1", "Himal", "text"), ("1", "Streamly", "text")]


def test_one_brand_alone_can_be_judged_again(store):
    put(store, config(), mention("1", "streamly and himal"))
    assert again(store, config(brand(rule="a"), brand("Himal", rule="b")), brands=["Himal"]) == {"Himal": Tally(go=1)}
    assert rows(store) == [("1", "Streamly", "text")]


def test_counting_changes_nothing(store):
    put(store, config(), mention("1"), mention("2", "himal"))
    before = rows(store, "from mention_brand order by all")
    other = config(brand(rule="himal"))
    assert again(store, other, dry_run=True) == {"Streamly": Tally(come=1, go=1)}
    assert rows(store, "from mention_brand order by all") == before
    assert again(store, other) == {"Streamly": Tally(come=1, go=1)}


# places and threads

REPLY = {"conversation_id": "root", "in_reply_to_id": "root"}


def test_replies_go_and_come_with_the_root_of_their_thread(store):
    texts = [mention("root", conversation_id="root"), mention("reply", "same here", created_at=after(9), **REPLY)]
    put(store, config(), *texts)
    assert again(store, config(brand(rule="other"))) == {"Streamly": Tally(go=2)}
    assert again(store, config()) == {"Streamly": Tally(come=2)}
    assert rows(store) == [("reply", "Streamly", "thread"), ("root", "Streamly", "text")]


def test_a_root_that_is_dated_after_its_replies_still_decides(store):
    put(store, config(), mention("root", conversation_id="root", created_at=after(700)), mention("reply", "same here", **REPLY))
    told = again(store, config(brand(rule="other")), dry_run=True)
    assert told == again(store, config(brand(rule="other"))) == {"Streamly": Tally(go=2)}


def test_a_reply_whose_root_is_not_stored_stays_with_its_thread(store):
    put(store, config(), mention("root", conversation_id="root"), mention("reply", "same here", **REPLY))
    with store.writing() as con:
        con.execute("delete from mention where source_id = 'root'")
        con.execute("delete from mention_brand where source_id = 'root'")
    assert again(store, config(brand(rule="other"))) == {"Streamly": Tally(stay=1)}
    assert again(store, config(brand(rule="other", exclude="here"))) == {"Streamly": Tally(go=1)}


@pytest.mark.parametrize(
    ("rules", "strict", "expected"),
    [
        pytest.param(config(places={"acmetv": "Himal"}), False, [("1", "Himal", "place")], id="about another now"),
        pytest.param(config(places={"acmetv": "Streamly"}), False, [("1", "Streamly", "place")], id="as it was"),
        pytest.param(config(), False, [("1", "Streamly", "place")], id="no longer named"),
        pytest.param(config(), True, [], id="no longer named, by the configuration alone"),
        pytest.param(config(brand(exclude="froze")), False, [], id="excluded"),
        pytest.param(config(brand("Himal", rule="froze"), brand()), False, [("1", "Himal", "text")], id="names another now"),
    ],
)
def test_a_text_stays_at_its_place_unless_something_speaks_against_it(store, rules, strict, expected):
    put(store, config(places={"acmetv": "Streamly"}), mention("1", "it froze", channel="AcmeTV"))
    again(store, rules, strict=strict)
    assert rows(store) == expected


@pytest.mark.parametrize("strict", [False, True])
def test_a_followed_page_goes_before_the_place_it_stands_in(store, strict):
    placed = config(places={"tv": "Himal"})
    comment = mention("1", "it froze", channel="tv", conversation_id="page", in_reply_to_id="page")
    put(store, placed, comment, about="Streamly")
    assert again(store, placed, queries=[FOLLOWED], strict=strict) == {"Streamly": Tally(stay=1)}
    # once nothing tells of the page any more, its place counts
    assert again(store, placed, strict=strict) == {"Streamly": Tally(go=1), "Himal": Tally(come=1)}


def test_what_a_page_once_followed_brought_stays(store):
    comment = mention("1", "it froze", conversation_id="page", in_reply_to_id="page")
    put(store, config(), comment, mention("page", "an announcement", conversation_id="page"), about="Streamly")
    assert again(store, config(brand(rule="other"))) == {"Streamly": Tally(stay=2)}
    assert again(store, config(), queries=[FOLLOWED]) == {"Streamly": Tally(stay=2)}
    assert again(store, config(), strict=True) == {"Streamly": Tally(go=2)}


# what must always hold

# of no intent: those, like scores, stay as they were found with the names of then
WORDS = ["streamly", "himal", "tea", "nice", "awful", "froze"]
RULES = st.builds(
    lambda one, two, exclude, muted, own, places: config(
        brand(rule=one, exclude=exclude, mute=Mute(authors=muted), own_handles=own),
        brand("Himal", rule=two, timezone="Asia/Kathmandu"),
        places=places,
    ),
    st.sampled_from(["streamly", "streamly OR tea", "streamly NOT awful", "froze", "author:ann"]),
    st.sampled_from(["himal", '"himal tea"', "himal OR streamly", "nice"]),
    st.sampled_from([None, "awful", "tea OR froze"]),
    st.sampled_from([[], ["ann"]]),
    st.sampled_from([[], ["x:bob"]]),
    st.sampled_from([{}, {"tv": "Streamly"}, {"tv": "Himal"}]),
)


@st.composite
def texts(draw):
    """A few threads, in which some texts stand in a place and some on a followed page."""
    found = []
    for number in range(draw(st.integers(1, 14))):
        roots = [one.source_id for one in found if one.is_root]
        root = draw(st.sampled_from([None, "page", *roots]))
        found.append(
            mention(
                str(number),
                " ".join(draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))),
                created_at=after(draw(st.sampled_from([0, 1, 4, 5, 400, 2000]))),
                author_name=draw(st.sampled_from(["ann", "bob", None])),
                channel=draw(st.sampled_from([None, "tv"])),
                conversation_id=root or str(number),
                in_reply_to_id=root,
                lang=draw(st.sampled_from(["en", "de"])),
                repost_of_id=draw(st.sampled_from([None, None, "77"])),
                engagement=Engagement(likes=draw(st.sampled_from([None, 3]))),
            )
        )
    return found


@contextmanager
def stored(empty):
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder), command="test") as store:
        shutil.copyfile(empty, store.path)
        yield store


def imported(store, rules, mentions):
    """All in one page, as far as they are not of the followed page."""
    ours = [one for one in mentions if one.conversation_id != "page"]
    put(store, rules, *ours)
    put(store, rules, *(one for one in mentions if one not in ours), about="Streamly")


BRANDS = "select * from mention_brand order by all"


@settings(max_examples=60, phases=(Phase.explicit, Phase.generate))
@given(texts(), RULES, RULES)
def test_judging_again_comes_to_what_an_import_under_the_new_rules_would_have(empty, mentions, old, new):
    with stored(empty) as once, stored(empty) as fresh:
        imported(once, old, mentions)
        kept = {key for (key,) in rows(once, "select source_id from mention")}
        imported(fresh, new, [one for one in mentions if one.source_id in kept])
        counted = again(once, new, queries=[FOLLOWED], strict=True, dry_run=True)
        assert again(once, new, queries=[FOLLOWED], strict=True) == counted
        assert rows(once, BRANDS) == rows(fresh, BRANDS)
        assert counts(once) == counts(fresh)
        after_one = rows(once, "from mention order by all"), rows(once, BRANDS), counts(once)
        second = again(once, new, queries=[FOLLOWED], strict=True)
        assert all(tally == Tally(stay=tally.stay) for tally in second.values())
        assert (rows(once, "from mention order by all"), rows(once, BRANDS), counts(once)) == after_one


class Killed(BaseException):
    """What a process does not survive."""


@settings(max_examples=25, phases=(Phase.explicit, Phase.generate))
@given(texts(), RULES, RULES, st.integers(0, 6), st.booleans())
def test_killed_between_two_batches_and_run_again_it_comes_to_the_same(empty, mentions, old, new, batches, strict):
    with pytest.MonkeyPatch.context() as patch, stored(empty) as undisturbed, stored(empty) as killed:
        patch.setattr(judging, "BATCH", 2)
        for store in (undisturbed, killed):
            imported(store, old, mentions)
        again(undisturbed, new, queries=[FOLLOWED], strict=strict)
        left = [None] * batches

        def die(_texts):
            if not left:
                raise Killed
            left.pop()

        judge = Judge.of(new, [FOLLOWED], is_strict=strict)
        try:
            rematch(killed, judge, brands=["Streamly", "Himal"], dry_run=False, clock=lambda: NOON, on_batch=die)
        except Killed:
            again(killed, new, queries=[FOLLOWED], strict=strict)
        assert rows(killed, BRANDS) == rows(undisturbed, BRANDS)
        assert counts(killed) == counts(undisturbed)


def test_a_transaction_that_fails_leaves_its_batch_as_it_was(store, monkeypatch):
    put(store, config(), mention("1"))
    before = rows(store, BRANDS), counts(store)
    monkeypatch.setattr("monitor.store.rematch.recompute", lambda *_: (_ for _ in ()).throw(Killed))
    with pytest.raises(Killed):
        again(store, config(brand(rule="other")))
    monkeypatch.undo()
    assert (rows(store, BRANDS), counts(store)) == before


def test_many_texts_of_one_moment_are_judged_batch_by_batch(store, monkeypatch):
    monkeypatch.setattr(judging, "BATCH", 7)
    put(store, config(), *(mention(str(number)) for number in range(30)))
    assert again(store, config(brand(rule="great OR streamly"))) == {"Streamly": Tally(stay=30, explained=30)}
    assert again(store, config(brand(rule="other"))) == {"Streamly": Tally(go=30)}


# around it


def test_a_changed_past_alerts_nobody(store):
    """A rule that was far too narrow for weeks is widened; the detector at work has the past in its memory."""
    narrow, wide = config(brand(rule='"streamly tv"')), config(brand())
    begun = NOON - timedelta(days=15)
    past = [
        mention(
            f"{day}-{number}", "himal and streamly" + " tv" * (number % 12 == 0), created_at=begun + timedelta(days=day, minutes=2 * number)
        )
        for day in range(15)
        for number in range(720)
    ]
    put(store, narrow.model_copy(update={"brands": [*narrow.brands, HIMAL]}), *past)
    with store.writing() as con:
        run = standing_runs(con, ["x"], now=NOON)["x"]
        con.execute("insert into coverage values ('x', 'q', [], ?, ?, ?, true, 1, null, ?)", [begun, after(3000), NOON, run.run_id])
        watch = Watch(wide.brands, sensitivity="eager")
        assert watch.judge(con, until=after(-10), now=NOON) == []
        assert watch.judge(con, until=NOON, now=NOON) == []
    assert again(store, wide, now=after(2))["Streamly"].come == len(past) * 11 // 12
    with store.writing() as con:
        (until,) = con.execute("select judged_to from judged where brand = 'Streamly'").fetchall()[0]
        assert until == after(5).replace(tzinfo=None)
    put(store, wide, *(mention(f"now-{number}", created_at=after(2 * number)) for number in range(200)))
    with store.writing() as con:
        assert [watch.judge(con, until=after(5 * step), now=after(5 * step)) for step in range(80)] == [[]] * 80


def test_what_was_looked_at_and_from_when_is_known(store):
    with store.writing() as con:
        live = standing_runs(con, ["x"], now=NOON)["x"]
        backfilled = backfill_run(con, Query("file", "old.csv@12"), Window(), "question", now=NOON)
        for query, since, run in [
            (Query("x", "Streamly", ("Streamly",)), NOON, live),
            (Query("x", "Himal", ("Himal",)), after(-900), live),
            (Query("file", "old.csv@12"), after(-9000), backfilled),
        ]:
            save_coverage(con, [(query, Looked("x", since, after(5)), run.run_id, 1)], now=NOON)
        assert earliest_looks(con, ["Streamly"]) == [("file", "old.csv@12", after(-9000)), ("x", "Streamly", NOON)]


def test_a_stored_text_is_read_as_it_was_found(store):
    found = mention(
        "1",
        title="Streamly",
        url="https://x.example/1",
        links=("https://a.example",),
        author_followers=7,
        engagement=Engagement(likes=3, rating=4.5),
        engagement_at=after(1),
        state=State.EDITED,
        edited_at=after(1),
        lang="en",
        lang_origin="source",
    )
    put(store, config(), found)
    with store.opened() as con:
        (read,) = read_texts(con, {("x", "1"), ("x", "2")}).values()
    assert read.mention == found
    assert read.rows["Streamly"].terms == ("Streamly",)
