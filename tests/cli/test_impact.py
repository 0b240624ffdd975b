"""`monitor impact` answers from the published copy."""

import json
from datetime import UTC, datetime, timedelta

import pytest

BEGUN = datetime(2026, 6, 1, tzinfo=UTC)
AT = BEGUN + timedelta(days=30, hours=14)


def rows():
    """Two mentions an hour, half of them negative; from the event on six, two in three of them kind."""
    said = []
    for hour in range(34 * 24):
        at = BEGUN + timedelta(hours=hour)
        words = ["acme is great", "acme is terrible"] if at < AT else ["acme is great"] * 4 + ["acme is terrible"] * 2
        for number, text in enumerate(words):
            said.append(
                {"source": "x", "source_id": f"{hour}-{number}", "text": text, "author_name": f"a{hour}-{number}"}
                | {"created_at": (at + timedelta(minutes=5 + 9 * number)).isoformat()}
            )
    return said


@pytest.fixture
def filled(here):
    here.write("rows.jsonl", rows())
    here.run("event", "add", "Free delivery", "--brand", "Acme", "--at", AT.isoformat())
    here.run("backfill", "rows.jsonl")
    return here


def test_what_changed_is_told_and_printed_as_json(filled):
    told = filled.run("impact", "--event", "delivery").stdout.splitlines()
    assert told[0].startswith("Negative share fell 17 points (95 %: ")
    assert told[1].startswith("Mentions rose to 3.0 times (95 %: ")
    (values,) = json.loads(filled.run("impact", "--event", "Free delivery", "--brand", "acme", "--days", "1", "--json").stdout)
    assert (values["brand"], values["event"], values["hours"]) == ("Acme", "Free delivery", 24.0)
    assert values["measured"]["rows"][0]["after"] == 24 * 6


def test_what_is_not_over_yet_cannot_be_told(filled):
    filled.run("event", "add", "Winter sale", "--brand", "Acme", "--at", "2026-12-01")
    filled.write("more.jsonl", [{"source": "x", "source_id": "last", "text": "acme", "created_at": "2026-07-05T00:00:00Z"}])
    filled.run("backfill", "more.jsonl")
    told = filled.run("impact", "--event", "winter sale").stdout
    assert told == "Cannot tell yet: less than an hour is known of the 48 h after “Winter sale” (Mon 30 Nov 19:00 New York).\n"
    assert json.loads(filled.run("impact", "--event", "winter sale", "--json").stdout)[0]["unknown"] == "not over"


def test_wrong_usage_is_said(filled):
    assert "--days or --hours" in filled.run("impact", "--event", "a", "--days", "2", "--hours", "3", code=2).stderr
    with pytest.raises(Exception, match="no event 'merger' in the published copy; `monitor event list` shows those there are"):
        filled.run("impact", "--event", "merger")
