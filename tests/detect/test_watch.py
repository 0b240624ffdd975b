from dataclasses import replace
from datetime import UTC, timedelta
from itertools import pairwise
from time import perf_counter

import numpy as np
import pytest

from monitor.detect.series import BIN
from monitor.detect.watch import Watch, hindsight, read_incident, read_incidents
from monitor.errors import StoreError
from monitor.store.incidents import acknowledge, silence
from tests.detect.conftest import DAY, START, everyday, planted

DAYS = 26
END = START + timedelta(days=DAYS)
LATER = (END + timedelta(days=1)).replace(tzinfo=UTC)
FROM = 19 * DAY
AT = 20 * DAY + 150


def moment(number):
    return (START + number * BIN).replace(tzinfo=UTC)


def story(store, name="Streamly", *, seed=1, backlash=True):
    brand = store.brand(name)
    volume, negative = everyday(seed, days=DAYS)
    if backlash:
        volume, negative = planted(volume, negative, at=AT, size=6_000, days=1)
    store.counts(brand, volume, negative)
    everyday_texts = [(moment(AT - 20 * n).replace(tzinfo=None), f"what to watch tonight {n}", 0) for n in range(1, 90)]
    angry = [(moment(AT + n // 10).replace(tzinfo=None), f"price hike, not for me {n}", -1) for n in range(600)]
    store.say(brand, everyday_texts + angry)
    return brand


def live(store, watch, first, last, *, step=12, restart=None):
    changes = []
    for number in range(first, last, step):
        if restart and (number - first) // step % restart == 0:
            watch = Watch(watch._brands, sensitivity="balanced")
        changes += watch.judge(store.con, until=moment(number), now=moment(number) + timedelta(minutes=4))
    return changes


def told(changes):
    return [(change.incident.id, change.change, change.at, change.incident.severity) for change in changes]


def rows(store):
    return store.con.execute("select * exclude (evidence) from incident order by id").fetchall()


def test_a_backlash_is_told_live(store):
    brand = story(store)
    store.cover(START, END)
    changes = live(store, Watch([brand], sensitivity="balanced"), FROM, DAYS * DAY, step=1)
    first, last = changes[0], changes[-1]
    assert [first.change, last.change] == ["opened", "resolved"]
    assert timedelta(0) <= first.at - moment(AT) <= timedelta(hours=1)
    assert first.incident.id.startswith("streamly-20260621-")
    assert first.incident.noticed_at == first.at + timedelta(minutes=4)
    assert first.incident.direction == "backlash"
    assert first.incident.evidence.terms[0].term == "price hike"
    assert first.incident.first_source == "x"
    assert read_incident(store.con, first.incident.id) == last.incident
    assert last.incident.state == "resolved"
    noted = store.con.execute("select change from incident_log order by changed_at").fetchall()
    assert [change for (change,) in noted] == [change.change for change in changes]


def test_judging_starts_where_it_first_was_asked_to(store):
    brand = story(store)
    store.cover(START, END)
    watch = Watch([brand], sensitivity="balanced")
    assert watch.judge(store.con, until=moment(AT + 60), now=LATER) == []
    assert store.con.execute("select judged_to from judged").fetchall() == [(START + (AT + 60) * BIN,)]
    assert rows(store) == []


def test_judging_twice_changes_nothing(store):
    brand = story(store)
    store.cover(START, END)
    watch = Watch([brand], sensitivity="balanced")
    live(store, watch, FROM, AT + 100)
    before = rows(store)
    until = moment(AT + 100 - 12)
    assert watch.judge(store.con, until=until, now=LATER) == watch.judge(store.con, until=until - timedelta(hours=3), now=LATER) == []
    assert rows(store) == before


@pytest.mark.parametrize("restart", [3, 23])
def test_restarts_tell_what_an_undisturbed_process_tells(store, restart):
    brand = story(store)
    store.cover(START, END)
    store.con.execute("begin")
    expected = told(live(store, Watch([brand], sensitivity="balanced"), FROM, DAYS * DAY, step=36))
    expected_rows = rows(store)
    store.con.execute("rollback")
    assert told(live(store, Watch([brand], sensitivity="balanced"), FROM, DAYS * DAY, step=36, restart=restart)) == expected
    assert rows(store) == expected_rows
    assert len(expected) >= 2


def test_a_transaction_taken_back_is_judged_again(store):
    brand = story(store)
    store.cover(START, END)
    watch = Watch([brand], sensitivity="balanced")
    live(store, watch, FROM, AT)
    store.con.execute("begin")
    lost = live(store, watch, AT, AT + 48)
    store.con.execute("rollback")
    assert told(live(store, watch, AT, AT + 48)) == told(lost) != []


def test_history_imported_while_watching_is_taken_into_account(store):
    brand = story(store)
    store.cover(START + FROM * BIN, END)
    watch = Watch([brand], sensitivity="balanced")
    assert live(store, watch, FROM, AT - 24) == []
    store.con.execute("delete from rollup_5m where bin_start < ?", [START + 19 * DAY * BIN])
    assert live(store, watch, AT - 24, AT) == []
    store.counts(brand, *(one[:FROM] for one in everyday(1, days=DAYS)))
    store.cover(START, START + FROM * BIN)
    assert live(store, watch, AT, AT + 60)[0].change == "opened"


def test_a_round_in_which_nothing_happens_is_cheap(store):
    brands = [story(store, name, seed=number, backlash=False) for number, name in enumerate(("One", "Two", "Three"))]
    store.cover(START, END)
    watch = Watch(brands, sensitivity="balanced")
    live(store, watch, FROM, FROM + 24, step=1)
    started = perf_counter()
    live(store, watch, FROM + 24, FROM + 124, step=1)
    assert (perf_counter() - started) / 100 < 0.05


def test_hindsight_finds_the_past_and_alerts_nobody(store):
    brand = story(store)
    store.cover(START, END)
    found = hindsight(store.con, [brand], sensitivity="balanced", run_id=7, now=LATER)
    (incident,) = [change.incident for change in found if change.incident.severity != "info"]
    assert incident.origin == "backfill"
    assert incident.noticed_at - moment(AT) <= timedelta(hours=1)
    assert store.con.execute("select distinct run_id from incident").fetchall() == [(7,)]


def test_hindsight_twice_changes_nothing(store):
    brand = story(store)
    store.cover(START, END)
    hindsight(store.con, [brand], sensitivity="balanced", run_id=7, now=LATER)
    before, noted = rows(store), store.con.execute("from incident_log").fetchall()
    assert hindsight(store.con, [brand], sensitivity="balanced", run_id=8, now=LATER) == []
    assert (rows(store), store.con.execute("from incident_log").fetchall()) == (before, noted)


def test_hindsight_sees_the_same_in_whatever_order_history_came(store):
    brand = story(store)
    history = store.con.execute("from rollup_5m").fetchall()
    seen = []
    for order in (slice(None), slice(None, None, -1)):
        store.con.execute("delete from incident")
        store.con.execute("delete from coverage")
        store.con.execute("delete from rollup_5m")
        for first in range(0, DAYS, 13)[order]:
            since, until = START + timedelta(days=first), START + timedelta(days=first + 13)
            part = [row for row in history if since <= row[4] < until]
            store.con.executemany(f"insert into rollup_5m values ({', '.join('?' * len(part[0]))})", part)
            store.cover(since, until)
            hindsight(store.con, [brand], sensitivity="balanced", run_id=1, now=LATER)
        seen.append(rows(store))
    assert seen[0] == seen[1] != []


def test_hindsight_deletes_what_the_data_no_longer_shows_and_never_what_was_told(store):
    brand = story(store)
    store.cover(START, END)
    hindsight(store.con, [brand], sensitivity="balanced", run_id=1, now=LATER)
    assert rows(store)
    store.con.execute("delete from rollup_5m where bin_start >= ? and bin_start < ?", [START + AT * BIN, START + (AT + DAY) * BIN])
    hindsight(store.con, [brand], sensitivity="balanced", run_id=2, now=LATER)
    kept = [incident for incident in read_incidents(store.con) if incident.severity != "info"]
    assert {incident.direction for incident in kept} <= {"quiet"}
    live(store, Watch([brand], sensitivity="balanced"), FROM, AT)


def test_hindsight_leaves_live_incidents_alone(store):
    brand = story(store)
    store.cover(START, END)
    live(store, Watch([brand], sensitivity="balanced"), FROM, DAYS * DAY)
    before = rows(store)
    hindsight(store.con, [brand], sensitivity="balanced", run_id=3, now=LATER)
    assert [row for row in rows(store) if row in before] == before
    spans = sorted((one.onset_at, one.resolved_at or LATER) for one in read_incidents(store.con))
    assert all(end <= begin for (_, end), (begin, _) in pairwise(spans))


def test_an_imported_incident_that_goes_on_is_told_once_live_under_its_id(store):
    brand = story(store)
    store.cover(START, START + (AT + 20) * BIN)
    hindsight(store.con, [brand], sensitivity="balanced", run_id=3, now=LATER)
    (imported,) = [one for one in read_incidents(store.con) if one.resolved_at is None]
    store.con.execute("delete from coverage")
    store.cover(START, END)
    changes = live(store, Watch([brand], sensitivity="balanced"), AT + 20, AT + 60)
    assert (changes[0].change, changes[0].incident.id, changes[0].incident.origin) == ("opened", imported.id, "live")


def test_ids_count_up_in_the_brands_day(store):
    brand = story(store, "Zoë & Co. TV")
    store.cover(START, END)
    day = {change.incident.id for change in hindsight(store.con, [brand], sensitivity="balanced", run_id=None, now=LATER)}
    assert "zoe-co-tv-20260621-1" in day


def test_incidents_are_read_by_brand_and_time(store):
    brand = story(store)
    store.cover(START, END)
    hindsight(store.con, [brand], sensitivity="balanced", run_id=1, now=LATER)
    every = read_incidents(store.con)
    big = next(one for one in every if one.severity == "critical")
    assert big in read_incidents(store.con, brand="STREAMLY", since=big.onset_at, until=big.onset_at + timedelta(minutes=1))
    assert big not in read_incidents(store.con, since=big.resolved_at)
    assert read_incidents(store.con, brand="Vuebox") == []
    with pytest.raises(StoreError, match="no incident 'x-1'"):
        read_incident(store.con, "x-1")


def test_a_brand_never_looked_at_has_no_past(store):
    brand = store.brand()
    assert hindsight(store.con, [brand], sensitivity="balanced", run_id=1, now=LATER) == []
    watch = Watch([brand], sensitivity="balanced")
    assert live(store, watch, 0, 48) == []


def test_numbers_of_a_story_agree(store):
    brand = story(store)
    store.cover(START, END)
    hindsight(store.con, [brand], sensitivity="balanced", run_id=1, now=LATER)
    for one in read_incidents(store.con):
        total = store.con.execute(
            "select sum(counted), sum(negative) from rollup_5m where bin_start >= ? and bin_start < ?",
            [one.onset_at.replace(tzinfo=None), (one.resolved_at or LATER).replace(tzinfo=None)],
        ).fetchone()
        assert total == (one.observed, one.negative)
        assert np.isfinite([one.expected_low, one.expected_high, one.strength]).all()


def test_an_example_that_was_erased_does_not_come_back(store):
    brand = story(store)
    store.cover(START, END)
    watch = Watch([brand], sensitivity="balanced")
    (incident, *_) = (change.incident for change in live(store, watch, FROM, AT + DAY // 4, step=1))
    assert incident.evidence.examples
    erased = replace(incident.evidence, examples=[])
    store.con.execute("update incident set evidence = ?", [erased.to_json()])
    live(store, watch, AT + DAY // 4, AT + DAY // 2, step=1)
    now = read_incident(store.con, incident.id)
    assert now.observed > incident.observed
    assert now.evidence == erased


def test_what_people_say_of_an_incident_outlasts_all_that_becomes_of_it(store):
    brand = story(store)
    store.cover(START, END)
    watch = Watch([brand], sensitivity="balanced")
    (first, *_) = live(store, watch, FROM, AT + 24)
    assert first.is_alert(moment(AT + 24))
    acknowledge(store.con, first.incident.id, by="ann", at=moment(AT + 24))
    silence(store.con, first.incident.id, by="bob", at=moment(AT + 24), until=None)
    last = live(store, watch, AT + 24, DAYS * DAY)[-1]
    assert (last.incident.id, last.change) == (first.incident.id, "resolved")
    assert (last.incident.acknowledged_by, last.incident.silenced_by) == ("ann", "bob")
    assert not last.is_alert(LATER)
    assert read_incident(store.con, first.incident.id) == last.incident


def test_what_people_say_of_an_imported_incident_outlasts_another_look_at_the_past(store):
    brand = story(store)
    store.cover(START, END)
    found = hindsight(store.con, [brand], sensitivity="balanced", run_id=1, now=LATER)
    one = next(change.incident for change in found if change.incident.severity == "critical")
    acknowledge(store.con, one.id, by="ann", at=LATER)
    before = rows(store), store.con.execute("from incident_log").fetchall()
    assert hindsight(store.con, [brand], sensitivity="balanced", run_id=1, now=LATER) == []
    assert (rows(store), store.con.execute("from incident_log").fetchall()) == before
    store.con.execute("update incident set observed = 1")
    hindsight(store.con, [brand], sensitivity="balanced", run_id=1, now=LATER)
    assert read_incident(store.con, one.id).acknowledged_by == "ann"
    assert ("ann is on it",) in store.con.execute("select text from incident_log").fetchall()


def test_what_is_silenced_or_small_is_no_alert(store):
    brand = story(store)
    store.cover(START, END)
    (first, *_) = live(store, Watch([brand], sensitivity="balanced"), FROM, AT + 24)
    small = replace(first.incident, severity="info")
    hushed = replace(first.incident, silenced_at=moment(AT), silenced_until=moment(AT + 12))
    assert not replace(first, incident=small).is_alert(moment(AT))
    assert not replace(first, incident=hushed).is_alert(moment(AT + 11))
    assert replace(first, incident=hushed).is_alert(moment(AT + 12))
