import re
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.detect.evidence import Named
from monitor.detect.outage import _lines, is_place, outage_of
from monitor.detect.said import read_said
from monitor.store.rollup import rebuild
from tests.detect.conftest import START

NOON = START + timedelta(hours=8)
END = NOON + timedelta(hours=6)


def reports(store, brand, *minutes, text="streamly is down on my Roku, New Jersey"):
    store.say(brand, [(NOON + timedelta(minutes=minute), text, -1) for minute in minutes])


def outage(store, brand, *, usual=0.0, is_over=True):
    rebuild(store.con)
    said = read_said(store.con, brand.name, NOON, END, at_most=100, out_of=1)
    return outage_of(store.con, brand.name, NOON, END, said, usual=usual, is_over=is_over)


@pytest.fixture
def brand(store):
    return store.brand()


def test_the_window_runs_from_the_first_report_of_the_rise_to_the_last(store, brand):
    reports(store, brand, 3, 91, 92, 96, 97, 101, 103, 300)
    found = outage(store, brand)
    assert (found.began, found.ended, found.reports) == ("2026-06-01T13:30:00Z", "2026-06-01T13:45:00Z", 6)
    assert (found.devices, found.regions) == ([Named("Roku", 6)], [Named("New Jersey", 6)])


def test_of_two_rises_that_lie_apart_the_larger_is_told_and_close_ones_are_one(store, brand):
    reports(store, brand, 10, 11, 12, 200, 201, 202, 203, 230, 231, 232)
    found = outage(store, brand)
    assert (found.began[11:16], found.ended[11:16], found.reports) == ("15:20", "15:55", 7)


def test_one_that_lasted_to_the_end_still_goes_on_unless_the_incident_is_over(store, brand):
    reports(store, brand, 340, 345, 350, 355)
    assert outage(store, brand, is_over=False).ended is None
    assert outage(store, brand).ended == "2026-06-01T18:00:00Z"


def test_reports_as_many_as_usual_are_no_outage(store, brand):
    reports(store, brand, *range(0, 360, 5))
    assert outage(store, brand, usual=72.0) is None


def test_names_of_places_and_devices_are_known_in_any_case():
    assert is_place("carolinas")
    assert is_place("fire tv")
    assert not is_place("mara quillen")


def test_the_lists_are_those_of_the_query():
    sql = (Path(__file__).parents[2] / "queries" / "outage_window.sql").read_text(encoding="utf-8")
    devices = re.findall(r"'\\b\(\?:([^']*)\)s\?\\b', 'i'\) then '([^']*)'", sql)
    assert [(name, pattern) for pattern, name in devices] == [tuple(line.split(": ", 1)) for line in _lines("devices.txt")]
    regions = re.search(r"regexp_extract_all\(\s+whole_text,\s+'\\b\(\?:'(.*?)\|\| '\)", sql, re.S)[1]
    assert "".join(re.findall(r"'([^']*)'", regions)).split("|") == _lines("regions.txt")
