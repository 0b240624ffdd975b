"""What is told of an incident, and in which words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.detect.evidence import Evidence, Heard, Named, Outage, Reach
from monitor.detect.records import read_incidents
from monitor.tell.alerts import incident_lines

NEW_YORK = ZoneInfo("America/New_York")
EVENT_AT = datetime(2026, 11, 1, 13, 56, tzinfo=UTC)


@pytest.fixture
def incident(con):
    day = datetime(2026, 11, 1, tzinfo=UTC)
    [found] = read_incidents(con, brand="Streamly", since=day, until=day + timedelta(days=1))
    return found


def test_an_incident_is_told_verdict_first(incident):
    assert incident_lines(incident)[:15] == [
        "BACKLASH  Streamly   Sun 1 Nov 14:05 → Mon 09:40 UTC      critical, noticed 9 minutes after the first post",
        "   “Plan prices rise 60 %” (event, Sun 13:56, 9 minutes before): price hike, two <b>bills</b>, leaving for",
        "   Vuebox",
        "   112 mentions in the hour to 15:05, which usually brings 8 to 21; 431 in all, 390 of them negative.",
        "   What they say     they leave (61 % of the excess) · price hike 112 (usually 0.4) · two <b>bills</b> 60",
        "                     (usually 0)",
        "   Where they go     Vuebox 41",
        "   Where it began    “Streamly <i>splits</i> its plans” (Reddit r/television https://r.example/e0): 56 % of",
        "                     the mentions",
        "   Where it spread   Reddit 301 → X 130 (+22 min)",
        "   Voices            388 authors; no account above 1 %; 12 copies and reposts more",
        "   Seen              92 % of this time was looked at; there may be more",
        "   Said              “Twice the price. Cancelled.” (Reddit r/television, Sun 1 Nov 14:11, 212 reactions,",
        "                     unkind)",
        "                     https://r.example/e1",
    ]


def test_who_looks_closer_is_told_the_rest_and_what_to_paste(incident):
    told = "\n".join(incident_lines(incident, with_query=True))
    assert "   Topics            pricing (58 % of the excess)\n" in told
    assert "Said first “Streamly <i>splits</i> its plans Here is the letter.” (Reddit r/television, Sun 1 Nov 14:05)" in " ".join(
        told.split()
    )
    assert "2,900 reactions; 81,000 views of 120 mentions; ESTIMATED reach of 300 other mentions: 9,400" in " ".join(told.split())
    assert "of 23 nothing is known" in told
    assert "   Not in your rule  #twobills 31 (usually 0)\n" in told
    assert "   To collect that, too: in config.yaml\n     rule: 'streamly OR #twobills'\n" in told
    assert not any("ESTIMATED" in line or "config.yaml" in line for line in incident_lines(incident))


def test_what_is_unknown_is_not_told_as_nothing(incident):
    evidence = replace(incident.evidence, reach=Reach(4, None, 0, None, 0, None, 4))
    assert "   Heard             reactions unknown; of 4 nothing is known" in incident_lines(
        replace(incident, evidence=evidence), with_query=True
    )


def test_a_reach_that_made_it_worse_is_told_beside_the_usual_one(incident):
    evidence = replace(incident.evidence, heard=Heard(1_240_000, 60_000))
    told = "   Widely heard      1,240,000 views within a day; a usual day of the brand has up to 60,000"
    assert told in incident_lines(replace(incident, evidence=Evidence.from_json(evidence.to_json())))
    assert not any("Widely heard" in line for line in incident_lines(incident))


@pytest.mark.parametrize(
    ("ended", "window"),
    [
        pytest.param("2026-11-01T16:15:00Z", "Sun 14:05 → 16:15 UTC: 26 reports (usually 1.3)", id="over"),
        pytest.param(None, "since Sun 14:05, still on: 26 reports (usually 1.3)", id="going on"),
    ],
)
def test_an_outage_is_told_with_its_window_devices_and_regions(incident, ended, window):
    outage = Outage("2026-11-01T14:05:00Z", ended, 26, 1.3, [Named("Roku", 12), Named("phone", 3)], [Named("Ohio", 4)])
    evidence = replace(incident.evidence, outage_window=outage, causes=["error 1107"], rivals=[])
    lines = incident_lines(replace(incident, direction="outage", event=None, evidence=evidence))
    assert lines[1] == "   error 1107, Roku, phone, Ohio"
    assert f"   When it failed    {window}; on Roku 12, phone 3; in Ohio 4" in lines


def test_one_loud_account_is_named_as_long_as_its_text_is_there(incident):
    evidence = replace(
        incident.evidence, causes=["one account", "ruined"], rivals=[], loudest=incident.evidence.first, top_author_share=0.4
    )
    assert incident_lines(replace(incident, event=None, evidence=evidence))[1] == "   one account (bob), ruined"
    gone = replace(evidence, loudest=None)
    assert incident_lines(replace(incident, event=None, evidence=gone))[1] == "   one account, ruined"


def test_who_is_on_it_and_how_long_it_is_silenced_is_told(incident):
    at = datetime(2026, 11, 1, 14, 20, tzinfo=UTC)
    said = replace(incident, acknowledged_by="ann\x1b[31m", acknowledged_at=at, silenced_by="bob", silenced_at=at)
    lines = incident_lines(said)
    assert "   On it             ann[31m since Sun 1 Nov 14:20" in lines
    assert "   Silenced          by bob, Sun 1 Nov 14:20 to its end" in lines
    ending = replace(said, silenced_until=at + timedelta(hours=4))
    assert "   Silenced          by bob, Sun 1 Nov 09:20 to Sun 1 Nov 13:20" in incident_lines(ending, zone=NEW_YORK)
    assert not any("On it" in line or "Silenced" in line for line in incident_lines(incident))


def test_times_are_those_of_the_reader(incident):
    assert "Sun 1 Nov 09:05 → Mon 04:40 New York" in incident_lines(incident, zone=NEW_YORK)[0]


def test_one_that_lasts_is_told_as_such(incident):
    lines = incident_lines(replace(incident, resolved_at=None, state="open", event=None))
    assert "since Sun 1 Nov 14:05 UTC, still going on" in lines[0]
    assert "431 so far" in lines[2]


def test_one_found_in_imported_history_alerted_nobody(incident):
    assert incident_lines(replace(incident, origin="backfill"))[0].endswith("found in imported history, nobody was alerted")


def test_strangers_words_stay_on_their_line_and_only_web_links_are_shown(incident):
    lines = incident_lines(incident, with_query=True)
    assert all(c.isprintable() for line in lines for c in line)
    assert not any("javascript:" in line for line in lines)
    assert "                     https://r.example/e1" in lines


def test_the_query_stands_at_the_end_on_request(incident):
    assert incident_lines(incident, with_query=True)[-3:] == ["   The query behind this", "     select count(*)", "     from v_mentions"]
    assert not any("select" in line for line in incident_lines(incident))


def test_what_is_not_known_is_not_told_as_nothing(incident):
    evidence = replace(
        incident.evidence, terms=[], rivals=[], authors=0, coverage=None, examples=[], intents=[], counted=0, sources=[], thread=None
    )
    told = "\n".join(incident_lines(replace(incident, evidence=evidence)))
    assert "it is not recorded what was looked at" in told
    assert not any(label in told for label in ("What they say", "Where they go", "Where it began", "Where it spread", "Voices", "Said"))
