"""What people say of an incident is kept beside what detection says of it."""

import pytest

from monitor.detect.evidence import Evidence
from monitor.store.inbox import give, taken
from monitor.store.incidents import acknowledge, lift, silence
from tests.builders import NOON, after

ID = "streamly-20260714-1"


@pytest.fixture
def known(con):
    """A store with one incident that goes on."""
    add_incident(con)
    return con


def add_incident(con):
    con.execute(
        """
        insert into incident by name
        select ? as id, 'Streamly' as brand, 'open' as state, 'backlash' as direction, 'warning' as severity, 'live' as origin,
            'detector' as found_by, [] as series, timestamp '2026-07-14 11:00' as onset_at, timestamp '2026-07-14 11:05' as noticed_at,
            timestamp '2026-07-14 11:30' as peak_at, 40 as peak, 2 as expected_low, 9 as expected_high, 60 as observed, 50 as negative,
            2.0 as strength, 'Streamly backlash' as summary, ? as evidence
        """,
        [ID, Evidence(60, 50, 3, [], [], [], 40, None, [], 1.0, "select 1").to_json()],
    )


def said(con):
    names = "acknowledged_by, acknowledged_at, silenced_by, silenced_at, silenced_until"
    [values] = con.execute(f"select {names} from v_incidents").fetchall()
    return {name: value for name, value in zip(names.split(", "), values, strict=True) if value is not None}


def noted(con):
    return con.execute("select change, text from v_incident_log order by changed_at").fetchall()


def plain(moment):
    return moment.replace(tzinfo=None)


def test_whoever_says_so_last_is_on_it_since_they_first_did(known):
    assert acknowledge(known, ID, by="ann", at=NOON) == "done"
    assert acknowledge(known, ID, by="ann", at=after(5)) == "again"
    assert said(known) == {"acknowledged_by": "ann", "acknowledged_at": plain(NOON)}
    assert acknowledge(known, ID, by="bob", at=after(9)) == "done"
    assert said(known) == {"acknowledged_by": "bob", "acknowledged_at": plain(after(9))}
    assert noted(known) == [("acknowledged", "ann is on it"), ("acknowledged", "bob is on it")]


def test_a_silence_lasts_until_a_time_or_until_it_is_over_and_the_last_word_stands(known):
    assert silence(known, ID, by="ann", at=NOON, until=after(240)) == "done"
    assert said(known) == {"silenced_by": "ann", "silenced_at": plain(NOON), "silenced_until": plain(after(240))}
    assert silence(known, ID, by="bob", at=after(5), until=None) == "done"
    assert said(known) == {"silenced_by": "bob", "silenced_at": plain(after(5))}
    assert [text for _, text in noted(known)] == ["silenced by ann until 2026-07-14 16:00 UTC", "silenced by bob until it is over"]


def test_a_silence_can_be_lifted_once(known):
    assert lift(known, ID, by="ann", at=NOON) == "again"
    silence(known, ID, by="ann", at=NOON, until=None)
    assert lift(known, ID, by="bob", at=after(5)) == "done"
    assert said(known)["silenced_until"] == plain(after(5))
    assert lift(known, ID, by="bob", at=after(6)) == "again"
    assert noted(known)[-1] == ("lifted", "told of again, by bob")


def test_one_that_is_over_can_be_acknowledged_and_needs_no_silence(known):
    known.execute("update incident set state = 'resolved'")
    assert silence(known, ID, by="ann", at=NOON, until=None) == "over"
    assert acknowledge(known, ID, by="ann", at=NOON) == "done"
    assert [change for change, _ in noted(known)] == ["acknowledged"]


def test_of_an_unknown_incident_nothing_is_kept(known):
    assert acknowledge(known, "x-1", by="ann", at=NOON) == "unknown"
    assert silence(known, "x-1", by="ann", at=NOON, until=None) == "unknown"
    assert lift(known, "x-1", by="ann", at=NOON) == "unknown"
    assert noted(known) == []


@pytest.mark.parametrize(
    ("kind", "values", "outcome", "by"),
    [
        pytest.param("ack", {}, "done", "acknowledged_by", id="ack"),
        pytest.param("silence", {"until": None, "lift": False}, "done", "silenced_by", id="silence"),
        pytest.param("silence", {"until": after(60).isoformat(), "lift": False}, "done", "silenced_by", id="for an hour"),
        pytest.param("silence", {"until": None, "lift": True}, "again", None, id="lift"),
    ],
)
def test_it_is_an_order_that_whoever_next_uses_the_store_follows(store, kind, values, outcome, by):
    with store.writing() as con:
        add_incident(con)
    order = give(store.folder, kind, {"incident": ID, "by": "ann", **values}, now=NOON)
    with store.opened() as con:
        assert taken(con, order).outcome == outcome
        assert said(con).get(by, "ann" if by is None else None) == "ann"


def test_an_order_for_an_unknown_incident_is_told_in_the_log(store, caplog):
    order = give(store.folder, "ack", {"incident": "x-1", "by": "ann"}, now=NOON)
    with store.opened() as con:
        assert taken(con, order).outcome == "unknown"
    assert "inbox: there is no incident 'x-1'" in caplog.text
