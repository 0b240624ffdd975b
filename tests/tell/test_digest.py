"""The digest: the same figures as the analyst's feed, in words that say what is not known."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import duckdb
import pytest

from monitor.config.models import Brand
from monitor.errors import ConfigError
from monitor.tell.digest import as_html, as_text, compose, figures, subject
from monitor.tell.published import opened
from monitor.tell.questions import run_question

NOW = datetime(2026, 11, 14, 12, 30, tzinfo=UTC)
STREAMLY = Brand(name="Streamly", rule="streamly", timezone="America/New_York")
VUEBOX = Brand(name="Vuebox", rule="vuebox", timezone="Asia/Kathmandu")
QUIET, LOUD, DARK = date(2026, 11, 10), date(2026, 11, 1), date(2026, 11, 12)
DAYS = [date(2026, 9, 22) + timedelta(days=n) for n in range(0, 54, 3)] + [QUIET, LOUD, DARK]


@pytest.mark.parametrize("brand", [STREAMLY, VUEBOX], ids=lambda brand: brand.name)
def test_its_figures_equal_the_feed_to_the_digit(con, published, brand):
    answer = run_question(published, "daily_figures", {"brand": brand.name})
    feed = {row[1]: dict(zip(answer.columns, row, strict=True)) for row in answer.rows}
    for day in DAYS:
        told = json.loads(figures(compose(con, brand, day, now=NOW)))
        expected = feed[day] | {"local_day": day.isoformat()}
        assert {name: told[name] for name in expected} == expected


def test_its_share_of_voice_equals_the_question(con, published):
    answer = run_question(published, "share_of_voice", {"step": "day", "since": "2026-11-10", "until": "2026-11-11"})
    told = json.loads(figures(compose(con, STREAMLY, QUIET, now=NOW)))["share_of_voice"]
    assert sorted((each["brand"], each["counted"], each["share"]) for each in told) == [row[1:4] for row in answer.rows]


def test_the_same_day_gives_the_same_bytes(con):
    once, again = (compose(con, STREAMLY, day, now=now) for day, now in ((QUIET, NOW), (QUIET, NOW + timedelta(days=3))))
    assert (as_html(once), as_text(once), figures(once)) == (as_html(again), as_text(again), figures(again))


def test_a_quiet_day_says_so_first(con):
    digest = compose(con, STREAMLY, QUIET, now=NOW)
    assert subject(digest) == "Streamly Tue 10 Nov: quiet. 52 mentions (usual 48), 27 % negative (23–26 %)"
    assert as_text(digest, with_subject=False).startswith("Nothing unusual. Tuesday looked like other Tuesdays.")
    lines = as_text(digest).splitlines()
    assert "mentions                 52   usual 48" in lines
    assert "counted                  51   without muted, own, spam and copied ones" in lines
    assert "share of voice         76 %   Vuebox 24 %" in lines
    assert "not scored             20 %   English 18 %, Spanish 2 %" in lines


def test_a_day_with_an_incident_says_so_first(con):
    digest = compose(con, STREAMLY, LOUD, now=NOW)
    assert subject(digest) == "Streamly Sun 1 Nov: 1 incident, backlash. 170 mentions (usual 48), 81 % negative (23–26 %)"
    text = as_text(digest, with_subject=False)
    assert text.startswith("1 incident: backlash since 09:05, over Mon 04:40.\n\nOpened: BACKLASH")
    assert "“Plan prices rise 60 %” (event, Sun 08:56, 9 minutes before): price hike" in text
    assert "Over: BACKLASH" in as_text(compose(con, STREAMLY, date(2026, 11, 2), now=NOW))
    assert compose(con, STREAMLY, date(2026, 11, 3), now=NOW).incidents == []


def test_a_local_day_is_the_brands_own_with_its_changed_clock(con):
    digest = compose(con, STREAMLY, LOUD, now=NOW)
    assert digest.day_to - digest.day_from == timedelta(hours=25)
    assert (digest.figures.mentions, digest.figures.covered) == (25 * 2 + 120, 1)
    there = compose(con, VUEBOX, LOUD, now=NOW)
    assert there.day_from == datetime(2026, 10, 31, 18, 15, tzinfo=UTC)


def test_a_day_nobody_looked_at_has_no_figures_rather_than_zeros(con):
    digest = compose(con, STREAMLY, DARK, now=NOW)
    assert subject(digest) == "Streamly Thu 12 Nov: not collected"
    text = as_text(digest, with_subject=False)
    assert text.startswith("Not collected:")
    assert "mentions                  –   not collected" in text
    assert "Reddit all day · X all day" in text
    assert json.loads(figures(digest))["mentions"] is None
    assert digest.last_7.days == 6


def test_a_gap_is_told_with_its_hours_and_its_reason(con):
    [note] = [line for line in as_text(compose(con, STREAMLY, QUIET, now=NOW)).splitlines() if line.startswith("Not seen")]
    assert note.endswith("Disqus never yet (no key) · X from 02:10 to 03:00 (rate[2J limited)")
    assert "every source was looked at all day" in as_text(compose(con, VUEBOX, LOUD, now=NOW))


def test_a_day_that_is_not_over_is_told_up_to_the_newest_data_and_not_compared(con):
    digest = compose(con, STREAMLY, date(2026, 11, 14), now=NOW)
    assert "The day is not over: this is what was seen up to 07:00." in as_text(digest)
    assert "mentions" not in digest.usual
    with pytest.raises(ConfigError, match="2026-11-15 has not begun in America/New_York"):
        compose(con, STREAMLY, date(2026, 11, 15), now=NOW)


def test_a_source_that_was_dead_all_day_makes_it_partly_seen_and_not_a_fall(published, tmp_path):
    path = tmp_path / "analytics.duckdb"
    path.write_bytes(published.read_bytes())
    with duckdb.connect(str(path)) as con:
        con.execute("delete from rollup_day where source = 'x' and local_day = date '2026-11-10'")
        con.execute("delete from coverage where source = 'x'")
        con.execute("""
            insert into coverage
            select 'x', 'all', [], unnest([timestamp '2026-09-20', timestamp '2026-11-11 05:00']),
                unnest([timestamp '2026-11-10 05:00', timestamp '2026-11-14 12:00']), timestamp '2026-11-14 12:00', true, 1, null, 1
        """)
    with opened(path) as con:
        digest = compose(con, STREAMLY, QUIET, now=NOW)
    assert subject(digest) == "Streamly Tue 10 Nov: quiet, partly seen. 25 mentions, 30 % negative (23–26 %)"
    assert as_text(digest, with_subject=False).startswith("Nothing unusual in what was seen. Part of the day was not seen")
    assert "X                                         not collected" in as_text(digest)
    assert "X all day" in as_text(digest)


def test_every_digest_says_how_far_hand_labels_find_it_off(published, tmp_path):
    path = tmp_path / "analytics.duckdb"
    path.write_bytes(published.read_bytes())
    with duckdb.connect(str(path)) as con:
        con.execute("""
            insert into human_label
            select source, source_id, brand, created_at, case when source_id like '%7' then -1 else coalesce(label, 0) end,
                timestamp '2026-11-12', 2.0, md5(chr(10) || text)
            from v_mentions where brand = 'Streamly' and counted order by source, source_id limit 400
        """)
    with opened(path) as con:
        told = {day: compose(con, STREAMLY, day, now=NOW) for day in (QUIET, LOUD, DARK)}
        assert compose(con, VUEBOX, QUIET, now=NOW).label_error is None
    error = told[QUIET].label_error
    assert error.human > error.ours
    for digest in told.values():
        assert digest.label_error == error
        words = " ".join(as_text(digest).split())
        assert f"Hand labels of {error.labels} texts labelled by people {error.human * 100:.0f} % are negative, by us" in words
        assert f"of {error.labels} texts labelled by people" in as_html(digest)
        assert json.loads(figures(digest))["label_error"]["labels"] == error.labels


def test_a_small_incident_has_two_lines_and_does_not_lead(con):
    digest = compose(con, STREAMLY, LOUD, now=NOW)
    [one] = digest.incidents
    small = replace(digest, incidents=[replace(one, incident=replace(one.incident, severity="info"))], usual={})
    assert subject(small).startswith("Streamly Sun 1 Nov: quiet.")
    text = as_text(small, with_subject=False)
    assert text.startswith("Nothing unusual. 1 small incident below.")
    assert "112 mentions in the hour to 10:05" in text
    assert "What they say" not in text + as_html(small)


def test_the_usual_is_that_of_the_weekday_where_three_are_known(con):
    usual = {
        day: compose(con, STREAMLY, day, now=NOW).usual.get("mentions")
        for day in map(date.fromisoformat, ("2026-09-22", "2026-09-23", "2026-10-05", "2026-10-27"))
    }
    assert usual[date(2026, 9, 22)] is None
    assert (usual[date(2026, 9, 23)].days, usual[date(2026, 9, 23)].weekdays) == (3, False)
    assert not usual[date(2026, 10, 5)].weekdays
    assert usual[date(2026, 10, 27)].weekdays


def test_the_days_of_an_incident_are_not_usual(con):
    digest = compose(con, STREAMLY, date(2026, 11, 8), now=NOW)
    assert (digest.usual["mentions"].low, digest.usual["mentions"].high, digest.usual["mentions"].days) == (48, 48, 6)


def test_a_young_brand_says_nothing_of_usual(con):
    digest = compose(con, STREAMLY, date(2026, 9, 21), now=NOW)
    assert "usual" not in subject(digest)
    assert as_text(digest, with_subject=False).startswith("Nothing unusual.")
    assert "looked like" not in as_text(digest)


def test_a_clear_change_without_an_incident_is_named(con):
    digest = compose(con, STREAMLY, QUIET, now=NOW)
    louder = replace(digest, figures=replace(digest.figures, mentions=90, negative_share=0.6))
    assert subject(louder).startswith("Streamly Tue 10 Nov: no incident, more mentions and more negative than usual. 90 mentions")
    assert as_text(louder, with_subject=False).startswith("No incident. More mentions and more negative than on other Tuesdays.")


def test_the_most_seen_is_counted_quoted_cut_and_linked(con):
    digest = compose(con, STREAMLY, QUIET, now=NOW)
    assert (digest.kind[0].text, digest.kind[0].reactions) == ("the captain's log chat made my week", "1,204 likes")
    hostile = digest.unkind[0]
    assert hostile.reactions == "9,000 likes"
    assert len(hostile.text) <= 201
    assert hostile.link is None


def test_hostile_words_do_no_harm_in_text_and_html(con):
    brand = STREAMLY.model_copy(update={"name": "Streamly"})
    for day in (QUIET, LOUD):
        digest = compose(con, brand, day, now=NOW)
        text, html = as_text(digest), as_html(digest)
        assert all(c.isprintable() or c == "\n" for c in text + html + subject(digest))
        page = _Page()
        page.feed(html)
        assert page.tags.isdisjoint({"script", "img", "iframe", "style", "link", "b", "object", "svg", "form"})
        assert not [name for name in page.attributes if name.startswith("on")]
        assert all(link.startswith("https://") for link in page.links)
        assert "alert(1)" in page.words


def test_text_and_html_say_the_same(con):
    for day in (QUIET, LOUD, DARK):
        digest = compose(con, STREAMLY, day, now=NOW)
        page = _Page()
        page.feed(as_html(digest))
        shown = " ".join(page.words.split())
        for line in as_text(digest, with_subject=False).splitlines():
            for part in line.split("  "):
                if part.strip() and not part.strip().startswith(("█", "http", "“", "(")) and len(part) < 30:
                    assert part.strip(" ,)") in shown or part.strip() in ("Said", "Event"), part


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.links, self.words = set(), set(), [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data):
        self.words += f" {data}"
