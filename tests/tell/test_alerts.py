"""What is told of an incident, and in which words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

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
    assert incident_lines(incident, event_at=EVENT_AT)[:9] == [
        "BACKLASH  Streamly   Sun 1 Nov 14:05 → Mon 09:40 UTC      critical, noticed 9 minutes after the first post",
        "   “Plan prices rise 60 %” (event, Sun 13:56)",
        "   112 mentions in the hour to 15:05, which usually brings 8 to 21; 431 in all, 390 of them negative.",
        "   What they say     they leave (61 %) · price hike 112 (usually 0.4) · two <b>bills</b> 60 (usually 0)",
        "   Where they go     Vuebox 41",
        "   Where it spread   Reddit 301 → X 130 (+22 min)",
        "   Voices            388 authors; no account above 1 %",
        "   Seen              92 % of this time was looked at; there may be more",
        "   Said              “Twice the price. Cancelled.” (Reddit r/television, Sun 1 Nov 14:11, 212 reactions)",
    ]


def test_times_are_those_of_the_reader(incident):
    assert "Sun 1 Nov 09:05 → Mon 04:40 New York" in incident_lines(incident, zone=NEW_YORK)[0]


def test_one_that_lasts_is_told_as_such(incident):
    lines = incident_lines(replace(incident, resolved_at=None, state="open", event=None))
    assert "since Sun 1 Nov 14:05 UTC, still going on" in lines[0]
    assert "431 so far" in lines[1]


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
    evidence = replace(incident.evidence, terms=[], rivals=[], authors=0, coverage=None, examples=[], leaving=0, counted=0, sources=[])
    told = "\n".join(incident_lines(replace(incident, evidence=evidence)))
    assert "it is not recorded what was looked at" in told
    assert not any(label in told for label in ("What they say", "Where they go", "Where it spread", "Voices", "Said"))
