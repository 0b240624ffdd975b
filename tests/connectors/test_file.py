import csv
import gzip
import io
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from connectors import CONNECTORS, file
from connectors.columns import ColumnMap, Columns, Constants
from connectors.file import FileConnector, FileSettings
from monitor.collect.budget import NoMeter
from monitor.collect.connector import Surroundings, Window
from monitor.config.load import load_config
from monitor.errors import ConfigError, RetryLater
from monitor.mention import Kind, State

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
REPO = Path(__file__).parents[2]
AIRLINE = REPO.parent / "shared" / "data" / "sentiment" / "airline.jsonl"
EXAMPLE = REPO / "docs" / "examples" / "airlines" / "config.yaml"
COLUMNS = Columns(id="id", created_at="ts", text="text")


def settings(**keys):
    return FileSettings(maps={"m": ColumnMap(columns=COLUMNS, constants=Constants(source="x"), **keys)}, map="m")


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def row(number, text="fine", ts="2015-02-24T11:35:52Z"):
    return {"id": str(number), "ts": ts, "text": text}


def jsonl(rows):
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows)


def pages(path, config=None, *, cursor=None, window=Window(), now=NOW, map_name=None):  # noqa: B008
    connector = FileConnector(config or settings(), folder=path.parent, paths=[path], map_name=map_name)
    (query,) = connector.queries()
    return list(connector.pull(query, cursor, now=now, window=window, meter=NoMeter()))


def live_round(folder, cursor=None, *, now=NOW, config=None):
    config = (config or settings()).model_copy(update={"paths": ["*.jsonl", "*.csv", "*.gz", "*.parquet"]})
    connector = FileConnector(config, folder=folder)
    (query,) = connector.queries()
    return list(connector.pull(query, cursor, now=now, window=Window(), meter=NoMeter()))


def texts(found):
    return [mention.text for page in found for mention in page.mentions]


def reasons(found):
    return [item.reason for page in found for item in page.set_aside]


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(file, "_PAGE_RECORDS", 3)


# Rows that are no mention


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param({"id": "2", "ts": "2015-02-24T11:35:52Z"}, "no text", id="no text"),
        pytest.param({"id": "2", "text": "a"}, "no `ts`", id="no time"),
        pytest.param(row(2, ts="24/02/2015"), "`ts` is '24/02/2015', no time", id="broken date"),
        pytest.param(row(2, ts="2015-02-30T00:00:00Z"), "`ts` is '2015-02-30T00:00:00Z', no time", id="no such day"),
        pytest.param(row(2, ts="2015-02-24T11:35:52"), "time '2015-02-24T11:35:52' has no zone; set timezone: in the map", id="no zone"),
        pytest.param(row(2, ts=True), "`ts` is True, no time", id="a boolean time"),
        pytest.param(row(2, ts="2031-01-01T00:00:00Z"), "`ts` is '2031-01-01T00:00:00Z', which lies in the future", id="future"),
        pytest.param(row(2, ts=0), "`ts` is 0, which lies before 1980", id="the zero of clocks"),
        pytest.param(row(2, ts="0001-01-01T00:00:00+14:00"), "`ts` is '0001-01-01T00:00:00+14:00', no time", id="out of range"),
        pytest.param(row(2, text=["a"]), "`text` is ['a'], no text", id="a list for text"),
        pytest.param({**row(2), "id": 5.7030613367776051e17}, "a number that has lost its digits", id="rounded id"),
        pytest.param({**row(2), "id": "5.70306E+17"}, "a spreadsheet has rounded it", id="id out of a spreadsheet"),
    ],
)
def test_a_row_that_is_no_mention_is_set_aside_and_the_rest_goes_on(tmp_path, bad, reason):
    found = pages(written(tmp_path, "a.jsonl", jsonl([row(1), bad, row(3)])))
    assert [mention.source_id for mention in found[0].mentions] == ["1", "3"]
    (said,) = reasons(found)
    assert said.startswith("a.jsonl:2: ")
    assert reason in said
    assert json.loads(found[0].set_aside[0].raw) == bad
    assert found[0].seen == 3


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param(b'{"id": "2", "ts": "2015-02-24T11:35:52Z", "text": "caf\xe9"}', "byte 55 is not UTF-8", id="bad byte"),
        pytest.param(b'{"id": "2", ', "not JSON", id="broken off"),
        pytest.param(b"[1, 2]", "not a JSON object", id="a list"),
        pytest.param(b"null", "not a JSON object", id="null"),
        pytest.param(b"[" * 90_000, "not JSON", id="nested without end"),
        pytest.param(b'{"id": ' + b"9" * 5_000 + b"}", "not JSON", id="endless number"),
        pytest.param(b'{"likes": -Infinity}', "not JSON", id="infinity"),
        pytest.param(b'{"text": "' + b"x" * 5_000_000 + b'"}', "longer than 1,000,000 bytes", id="5 MB"),
    ],
)
def test_a_line_that_cannot_be_read_is_set_aside_alone(tmp_path, line, reason):
    content = jsonl([row(1)]).encode() + line + b"\n" + jsonl([row(3)]).encode()
    (page,) = pages(written(tmp_path, "a.jsonl", content))
    assert [mention.source_id for mention in page.mentions] == ["1", "3"]
    assert page.set_aside[0].reason.startswith("a.jsonl:2: ")
    assert reason in page.set_aside[0].reason
    assert len(page.set_aside[0].raw) <= 65_536
    assert page.cursor["end"] == [3, len(content)]


@pytest.mark.parametrize(
    ("lines", "ids", "reason"),
    [
        pytest.param(['1,T,"two', 'lines"', "2,T,b"], "12", None, id="quoted newline"),
        pytest.param(['1,T,"say ""hi"", all"', "2,T,b"], "12", None, id="doubled quotes"),
        pytest.param(['1,T,a 5" screen', "2,T,b"], "12", None, id="a quote inside"),
        pytest.param(["1,T,a,,", "", "2,T,b"], "12", None, id="empty cells too many, empty line"),
        pytest.param(["1,T,a", "2,T", "3,T,c"], "13", "a.csv:3: 2 cells, the header has 3", id="cells missing"),
        pytest.param(["1,T,a", "2,T,b,c", "3,T,c"], "13", "a.csv:3: 4 cells, the header has 3", id="a cell too many"),
        pytest.param(["1,T,a", '2,T,"b', "3,T,c", "4,T,d"], "134", "a.csv:3: not CSV (unexpected end of data)", id="a quote left open"),
        pytest.param(["1,T,a", '2,T,"b', '3,T,"c"', "4,T,d"], "134", "a.csv:3: not CSV (',' expected after '\"')", id="closed by the next"),
        pytest.param(["1,T,a", '2,T,"b', *["3,T,c"] * 1500], "1" + "3" * 1500, "a.csv:3: a quote is opened and not closed", id="runaway"),
        pytest.param(["1,T,a", "2,T," + "b" * 1_200_000, "3,T,c"], "13", "a.csv:3: longer than 1,000,000 bytes", id="too long"),
    ],
)
def test_csv_records_end_where_they_end(tmp_path, lines, ids, reason):
    content = "\r\n".join(["id,ts,text", *lines]).replace("T", "2015-02-24T11:35:52Z") + "\r\n"
    found = pages(written(tmp_path, "a.csv", content))
    assert [mention.source_id for page in found for mention in page.mentions] == list(ids)
    assert reasons(found) == ([reason] if reason else [])


def test_a_bad_byte_in_a_csv_spoils_only_its_record(tmp_path):
    content = b'id,ts,text\n1,2015-02-24T11:35:52Z,a\n2,2015-02-24T11:35:52Z,"caf\xe9\nbar"\n3,2015-02-24T11:35:52Z,c\n'
    found = pages(written(tmp_path, "a.csv", content))
    assert texts(found) == ["a", "c"]
    assert reasons(found) == ["a.csv:3: byte 28 is not UTF-8"]
    assert "\\xe9\nbar" in found[0].set_aside[0].raw


# Whole files that are refused


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        pytest.param("a.jsonl", "", "a.jsonl: is empty", id="empty"),
        pytest.param("a.csv", "\ufeff\n \n", "a.csv: is empty", id="blank"),
        pytest.param("a.parquet", "", "a.parquet: is empty", id="empty parquet"),
        pytest.param("a.jsonl.gz", gzip.compress(b""), "a.jsonl.gz: is empty", id="empty gz"),
        pytest.param("a.csv", "id,time,text\n", "a.csv: no column 'ts' (map m); it has id, time, text", id="column missing"),
        pytest.param("a.csv", "id,ts,txt\n", "a.csv: no column 'text' (map m); it has id, ts, txt; did you mean txt?", id="nearest"),
        pytest.param("a.csv", "id,ts,text,text\n", "a.csv: has two columns 'text'; rename one", id="column twice"),
        pytest.param("a.csv", '"id,ts,text\n1,2,3\n', "a.csv: the header cannot be read: it opens a quote", id="header quote"),
        pytest.param("a.parquet", "PAR1 no PAR1", "a.parquet: is no Parquet file or is damaged", id="no parquet"),
        pytest.param("a.jsonl.gz", gzip.compress(jsonl([row(1)] * 9999).encode())[:-900], "a.jsonl.gz: is cut off or damaged", id="cut gz"),
        pytest.param("a.jsonl.gz", "no gz", "a.jsonl.gz: is cut off or damaged (Not a gzipped file", id="no gz"),
        pytest.param("a.csv", "id,ts\n".encode("utf-16"), "a.csv: is UTF-16; save it as UTF-8", id="utf-16"),
        pytest.param("a.xlsx", "x", "a.xlsx: of an unknown kind; its name must end in .csv", id="other kind"),
        pytest.param(
            "a.jsonl",
            jsonl([{"id": "1", "text": "a"}] * 150),
            "a.jsonl: none of the first 100 records gives a mention (map m); the first, line 1: no `ts`",
            id="other names",
        ),
        pytest.param(
            "a.jsonl",
            jsonl([row(1, ts="2015-02-24T11:35:52")] * 3),
            "none of the first 3 records gives a mention (map m); the first, line 1: time '2015-02-24T11:35:52' has no zone",
            id="no zone anywhere",
        ),
    ],
)
def test_a_file_that_is_none_is_refused_in_one_line(tmp_path, name, content, message):
    path = written(tmp_path, name, content)
    with pytest.raises(ConfigError) as caught:
        pages(path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        pages(tmp_path / "a.csv")
    with pytest.raises(ConfigError, match="is no file; give the files in it"):
        pages(tmp_path)


def test_an_unknown_map_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(ConfigError, match="no column map 'nativ'; did you mean native\\?"):
        FileConnector(FileSettings(), folder=tmp_path, map_name="nativ")
    with pytest.raises(ValidationError, match="did you mean native"):
        FileSettings(map="nativ")
    with pytest.raises(ValidationError, match="that name is a ready map's"):
        FileSettings(maps={"native": settings().maps["m"]})


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        pytest.param({"columns": Columns(created_at="ts")}, "neither text nor title", id="no text"),
        pytest.param({"constants": Constants()}, "no source", id="no source"),
        pytest.param({"encoding": "utf-16"}, "cannot be read line by line", id="utf-16"),
        pytest.param({"encoding": "utf-99"}, "is no text encoding", id="no encoding"),
        pytest.param({"timezone": "Europe/Berlim"}, "is no time zone", id="no zone"),
    ],
)
def test_a_map_that_cannot_work_is_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        ColumnMap(**{"columns": COLUMNS, "constants": Constants(source="x"), **keys})


# What a mention says


def test_a_native_row_fills_every_field(tmp_path):
    given = {
        "source": "X", "source_id": 17, "kind": "reply", "channel": "feed", "url": "https://x.com/i/status/17", "title": "T",
        "text": "a\u0000b",
        "lang": "en-US", "links": ["https://Shop.example/a?utm_source=x"], "author_id": "5", "author_name": " ann ",
        "author_followers": "12",
        "conversation_id": "1", "in_reply_to_id": "1", "quoted_id": "2", "created_at": "2015-02-24T11:35:52-08:00",
        "edited_at": "2015-02-24T20:00:00Z", "fetched_at": "2015-02-25T00:00:00Z", "likes": 3, "score": -2, "upvote_ratio": 0.5,
        "views": None,
        "reposts": float("nan"), "unknown": {"a": 1},
    }  # fmt: skip
    (page,) = pages(written(tmp_path, "a.jsonl", jsonl([given])), FileSettings())
    (one,) = page.mentions
    assert (one.source, one.source_id, one.kind, one.channel) == ("x", "17", Kind.REPLY, "feed")
    assert (one.title, one.text, one.lang, one.lang_origin) == ("T", "ab", "en", "source")
    assert (one.links, one.author_id, one.author_name, one.author_followers) == (("https://shop.example/a",), "5", "ann", 12)
    assert (one.created_at, one.state) == (datetime(2015, 2, 24, 19, 35, 52, tzinfo=UTC), State.EDITED)
    assert (one.engagement.likes, one.engagement.score, one.engagement.views, one.engagement.reposts) == (3, -2, None, None)
    assert one.engagement_at == one.fetched_at == datetime(2015, 2, 25, tzinfo=UTC)


def test_what_a_row_does_not_say_is_unknown(tmp_path):
    (page,) = pages(written(tmp_path, "a.jsonl", jsonl([row(1)])))
    (one,) = page.mentions
    assert (one.author_name, one.lang, one.lang_origin, one.engagement_at, one.engagement.likes) == (None, None, None, None, None)
    assert (one.kind, one.state, one.links) == (Kind.POST, State.LIVE, ())


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        pytest.param("likes", -1, "less than none", id="negative count"),
        pytest.param("likes", "many", "no number", id="no count"),
        pytest.param("likes", 2**70, "too large", id="too large"),
        pytest.param("kind", "toot", "known are post, comment", id="kind"),
        pytest.param("state", [], "known are live", id="state"),
        pytest.param("source", "two words", "no name of a source", id="source"),
        pytest.param("url", "javascript:alert(1)", "no address", id="address"),
        pytest.param("lang", "English", "no language code", id="language"),
        pytest.param("links", "[oops", "no JSON array", id="links"),
        pytest.param("author_name", {"a": 1}, "no text", id="author"),
    ],
)
def test_a_field_that_says_nonsense_sets_its_row_aside(tmp_path, field, value, reason):
    good = {"source": "x", "source_id": "1", "created_at": "2015-02-24T11:35:52Z", "text": "a"}
    found = pages(written(tmp_path, "a.jsonl", jsonl([good, {**good, field: value}])), FileSettings())
    assert len(found[0].mentions) == 1
    assert f"`{field}`" in reasons(found)[0]
    assert reason in reasons(found)[0]


@pytest.mark.parametrize(
    ("value", "keys"),
    [
        pytest.param(1424777752, {}, id="seconds"),
        pytest.param(1424777752000, {}, id="milliseconds"),
        pytest.param("1424777752", {}, id="seconds as text"),
        pytest.param("2015-02-24T11:35:52Z", {"timezone": "Europe/Berlin"}, id="own zone wins"),
        pytest.param("2015-02-24 12:35:52", {"timezone": "Europe/Berlin"}, id="the map's zone"),
        pytest.param("24.02.2015 12:35:52", {"timezone": "Europe/Berlin", "time_format": "%d.%m.%Y %H:%M:%S"}, id="format"),
    ],
)
def test_times_are_read_in_these_forms(tmp_path, value, keys):
    (page,) = pages(written(tmp_path, "a.jsonl", jsonl([row(1, ts=value)])), settings(**keys))
    assert page.mentions[0].created_at == datetime(2015, 2, 24, 11, 35, 52, tzinfo=UTC)


def test_a_row_without_id_is_keyed_by_what_it_says(tmp_path):
    rows = [{"ts": "2015-02-24T11:35:52Z", "text": text} for text in ("a", "b", "a")]
    (page,) = pages(written(tmp_path, "a.jsonl", jsonl(rows)))
    first, second, third = (mention.source_id for mention in page.mentions)
    assert first == third != second
    assert first.startswith("sha256-")


def test_a_gone_row_is_a_tombstone_without_text_and_author(tmp_path):
    rows = [{"source": "x", "source_id": "1", "created_at": 1424777752, "state": "deleted", "text": "secret", "author_name": "ann"}]
    (page,) = pages(written(tmp_path, "a.jsonl", jsonl(rows)), FileSettings())
    (one,) = page.mentions
    assert (one.state, one.whole_text, one.author_name) == (State.DELETED, "", None)


def test_a_long_text_is_cut_and_says_so(tmp_path):
    found = pages(
        written(tmp_path, "a.csv", f"id,ts,text\n1,2015-02-24T11:35:52Z,{'x' * 300_000}\n2,2015-02-24T11:35:52Z,{'y' * 40_000}\n")
    )
    assert [(len(mention.text), mention.text_truncated) for mention in found[0].mentions] == [(40_000, True), (40_000, False)]


@pytest.mark.parametrize(
    ("text_format", "text", "read"),
    [
        pytest.param("plain", "a &amp; <b>", "a &amp; <b>", id="plain"),
        pytest.param("entities", "a &amp; &lt;b&gt;", "a & <b>", id="entities"),
        pytest.param("html", "<p>a &amp;</p><p>b</p><script>c</script>", "a &\nb", id="html"),
        pytest.param("markdown", "**a** [b](https://c.example)", "a b", id="markdown"),
    ],
)
def test_texts_become_plain(tmp_path, text_format, text, read):
    assert texts(pages(written(tmp_path, "a.jsonl", jsonl([row(1, text)])), settings(text_format=text_format))) == [read]


def test_nul_control_characters_and_lone_surrogates_do_no_harm(tmp_path):
    lines = '{"id": "1", "ts": "2015-02-24T11:35:52Z", "text": "a\\u0000\\ud800b\x01\tc"}\n'
    content = "id,ts,text\n1,2015-02-24T11:35:52Z,a\x00b\x1b[31m\n"
    assert texts(pages(written(tmp_path, "a.jsonl", lines))) == ["ab\tc"]
    assert texts(pages(written(tmp_path, "a.csv", content))) == ["ab[31m"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.csv.gz"])
def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path, name):
    content = b"\xef\xbb\xbf" + (jsonl([row(1)]) if "json" in name else "id,ts,text\n1,2015-02-24T11:35:52Z,fine\n").encode()
    assert texts(pages(written(tmp_path, name, gzip.compress(content) if name.endswith("gz") else content))) == ["fine"]


def test_other_encodings_and_delimiters_are_read_when_named(tmp_path):
    path = written(tmp_path, "a.csv", "id;ts;text\n1;2015-02-24T11:35:52Z;café “hi”\n".encode("cp1252"))
    assert texts(pages(path, settings(encoding="cp1252", delimiter=";"))) == ["café “hi”"]
    path = written(tmp_path, "a.tsv", "id\tts\ttext\n1\t2015-02-24T11:35:52Z\ta,b\n")
    assert texts(pages(path)) == ["a,b"]


def test_fetched_at_is_the_files_time_and_never_later_than_now(tmp_path):
    path = written(tmp_path, "a.jsonl", jsonl([row(1)]))
    os.utime(path, (1_500_000_000, 1_500_000_000))
    assert pages(path)[0].mentions[0].fetched_at == datetime.fromtimestamp(1_500_000_000, UTC)
    os.utime(path, (NOW.timestamp() + 999, NOW.timestamp() + 999))
    assert pages(path)[0].mentions[0].fetched_at == NOW


# The three forms


def forms(folder, rows):
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    table = pa.Table.from_pylist([{**one, "ts": datetime.fromisoformat(one["ts"])} for one in rows])
    pq.write_table(table.cast(table.schema.set(1, pa.field("ts", pa.timestamp("ns", tz="UTC")))), folder / "a.parquet", row_group_size=4)
    return {
        "csv": written(folder, "a.csv", text.getvalue()),
        "jsonl": written(folder, "a.jsonl", jsonl(rows)),
        "parquet": folder / "a.parquet",
        "gz": written(folder, "b.csv.gz", gzip.compress(text.getvalue().encode())),
    }


ROWS = [row(number, f'line one\nline "two" ☃, {number}', f"2015-02-24T11:{number:02}:52+00:00") for number in range(11)]


def test_csv_jsonl_and_parquet_give_the_same_mentions(tmp_path):
    paths = forms(tmp_path, ROWS)
    for path in paths.values():
        os.utime(path, (1_500_000_000, 1_500_000_000))
    read = {form: pages(path)[0].mentions for form, path in paths.items()}
    assert len(read["jsonl"]) == 11
    assert read["csv"] == read["jsonl"] == read["parquet"] == read["gz"]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet", "gz"])
def test_reading_from_any_cursor_gives_exactly_the_rest(tmp_path, small_pages, form):
    path = forms(tmp_path, ROWS)[form]
    whole = pages(path)
    assert [len(page.mentions) for page in whole] == [3, 3, 3, 2]
    assert [bool(page.covered) for page in whole] == [False, False, False, True]
    for done, page in enumerate(whole, start=1):
        stored = json.loads(json.dumps(page.cursor))
        rest = pages(path, cursor=stored)
        assert texts(rest) == texts(whole[done:])
        assert [one.cursor for one in rest] == [one.cursor for one in whole[done:]]
        assert [one.covered for one in rest] == [one.covered for one in whole[done:]]


def test_pages_end_by_bytes_too(tmp_path, monkeypatch):
    monkeypatch.setattr(file, "_PAGE_BYTES", 100)
    path = written(tmp_path, "a.jsonl", jsonl([row(number, "x" * 80) for number in range(4)]))
    assert [page.seen for page in pages(path)] == [1, 1, 1, 1]


def test_a_resumed_csv_with_spoilt_lines_sets_each_aside_once(tmp_path, small_pages):
    lines = [
        f"{number},2015-02-24T11:35:52Z," + ('"open' if number % 3 == 1 else "x" * 70_000 if number == 5 else "a") for number in range(11)
    ]
    path = written(tmp_path, "a.csv", "\n".join(["id,ts,text", *lines]))
    whole = pages(path)
    assert sum(page.seen for page in whole) == 11
    for done, page in enumerate(whole, start=1):
        rest = pages(path, cursor=page.cursor)
        assert (texts(rest), reasons(rest)) == (texts(whole[done:]), reasons(whole[done:]))


def test_estimates_count_records(tmp_path):
    for path in forms(tmp_path, ROWS).values():
        connector = FileConnector(settings(), folder=tmp_path, paths=[path])
        estimate = connector.estimate(connector.queries()[0], Window(), meter=NoMeter())
        assert (estimate.items, estimate.usd) == (11, 0.0)


# Window and coverage


def test_rows_outside_the_window_are_passed_over(tmp_path):
    path = written(tmp_path, "a.jsonl", jsonl(ROWS))
    start = datetime(2015, 2, 24, 11, 3, 52, tzinfo=UTC)
    window = Window(since=start, until=start + timedelta(minutes=2))
    (page,) = pages(path, window=window)
    assert [mention.source_id for mention in page.mentions] == ["3", "4"]
    assert page.seen == 11
    assert [(looked.source, looked.since, looked.until) for looked in page.covered] == [("x", window.since, window.until)]


def test_coverage_reaches_from_the_first_to_the_last_five_minutes(tmp_path):
    (page,) = pages(written(tmp_path, "a.jsonl", jsonl([row(1, ts="2015-02-24T11:35:00Z"), row(2, ts="2015-02-24T10:04:59Z")])))
    (looked,) = page.covered
    assert (looked.since, looked.until) == (datetime(2015, 2, 24, 10, tzinfo=UTC), datetime(2015, 2, 24, 11, 40, tzinfo=UTC))


def test_each_source_in_a_file_is_covered_for_itself(tmp_path):
    rows = [
        {"source": "reddit", "source_id": "1", "created_at": 1424777752, "text": "a"},
        {"source": "x", "source_id": "1", "created_at": 1424877752, "text": "a"},
    ]
    (page,) = pages(written(tmp_path, "a.jsonl", jsonl(rows)), FileSettings())
    assert [looked.source for looked in page.covered] == ["reddit", "x"]
    assert page.covered[0].until < page.covered[1].since


# Given files and watched folders


def test_a_given_file_is_named_for_its_content_and_map(tmp_path):
    path = written(tmp_path, "a.jsonl", jsonl([row(1)]))
    first = FileConnector(settings(), folder=tmp_path, paths=[path]).queries()[0].name
    other_map = FileConnector(settings(timezone="UTC"), folder=tmp_path, paths=[path]).queries()[0].name
    written(tmp_path, "a.jsonl", jsonl([row(2)]))
    other_content = FileConnector(settings(), folder=tmp_path, paths=[path]).queries()[0].name
    assert first.startswith("a.jsonl@")
    assert len({first, other_map, other_content}) == 3


def test_an_import_that_is_done_brings_nothing_more(tmp_path):
    path = written(tmp_path, "a.jsonl", jsonl([row(1)]))
    (page,) = pages(path)
    assert pages(path, cursor=page.cursor) == []


def test_watched_files_are_named_for_their_place(tmp_path):
    (tmp_path / "drop" / "b").mkdir(parents=True)
    for name in ("drop/2.jsonl", "drop/1.csv", "drop/b/3.parquet", "drop/notes.txt"):
        written(tmp_path, name, "x")
    config = FileSettings(paths=["drop/**/*", "drop/*.csv"])
    connector = CONNECTORS["file"].make(config, Surroundings(tmp_path))
    assert [query.name for query in connector.queries()] == ["drop/1.csv", "drop/2.jsonl", "drop/b/3.parquet"]
    assert "notes.txt" in connector.check()
    assert FileConnector(FileSettings(paths=["none/*.csv"]), folder=tmp_path).check() == f"no file is found by 'none/*.csv' in {tmp_path}"
    assert FileConnector(FileSettings(), folder=tmp_path).check() is None


def test_a_growing_file_is_read_on_from_where_it_ended(tmp_path):
    path = written(tmp_path, "a.jsonl", jsonl([row(1), row(2)]))
    (first,) = live_round(tmp_path)
    assert live_round(tmp_path, first.cursor) == []
    with path.open("a") as stream:
        stream.write(jsonl([row(3, "new", "2015-02-24T12:00:00Z")]))
    (second,) = live_round(tmp_path, first.cursor)
    assert texts([second]) == ["new"]
    assert (second.covered[0].since, second.covered[0].until) == (
        datetime(2015, 2, 24, 11, 35, tzinfo=UTC),
        datetime(2015, 2, 24, 12, 5, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([row(1)], id="shrunk"),
        pytest.param([row(8), row(9), row(10)], id="another head"),
        pytest.param([row(1), row(8), row(10)], id="another tail"),
    ],
)
def test_a_replaced_file_is_read_anew(tmp_path, rows):
    written(tmp_path, "a.jsonl", jsonl([row(1), row(2)]))
    (first,) = live_round(tmp_path)
    written(tmp_path, "a.jsonl", jsonl(rows))
    (second,) = live_round(tmp_path, first.cursor)
    assert [mention.source_id for mention in second.mentions] == [one["id"] for one in rows]


@pytest.mark.parametrize(
    ("name", "head", "half", "rest"),
    [
        pytest.param("a.jsonl", jsonl([row(1, "a")]), jsonl([row(2, "b")])[:30], jsonl([row(2, "b")])[30:], id="jsonl"),
        pytest.param("a.csv", "id,ts,text\n1,2015-02-24T11:35:52Z,a\n", "2,2015-02-24T11:35:52Z,", "b\n", id="csv"),
        pytest.param("a.csv", "id,ts,text\n1,2015-02-24T11:35:52Z,a\n", '2,2015-02-24T11:35:52Z,"b', ' "\n', id="csv in quotes"),
    ],
)
def test_a_last_line_that_is_still_written_waits_for_its_end(tmp_path, name, head, half, rest):
    written(tmp_path, name, head + half)
    (first,) = live_round(tmp_path)
    assert (texts([first]), reasons([first])) == (["a"], [])
    written(tmp_path, name, head + half + rest)
    (second,) = live_round(tmp_path, first.cursor)
    assert texts([second]) == ["b"]


def test_a_last_line_that_stays_without_end_is_taken_in_the_next_round(tmp_path):
    written(tmp_path, "a.csv", "id,ts,text\n1,2015-02-24T11:35:52Z,a\n2,2015-02-24T11:35:52Z,b")
    (first,) = live_round(tmp_path)
    (second,) = live_round(tmp_path, first.cursor)
    assert texts([first, second]) == ["a", "b"]
    assert live_round(tmp_path, second.cursor) == []


def test_a_complete_json_line_needs_no_line_end(tmp_path):
    written(tmp_path, "a.jsonl", jsonl([row(1, "a")]).rstrip())
    assert texts(live_round(tmp_path)) == ["a"]


def test_a_watched_file_that_is_empty_or_half_written_waits(tmp_path):
    path = written(tmp_path, "a.jsonl", "")
    assert live_round(tmp_path) == []
    path.unlink()
    written(tmp_path, "a.parquet", "PAR1 and then")
    with pytest.raises(RetryLater, match="still being written"):
        live_round(tmp_path)


def test_a_growing_gz_is_read_on(tmp_path):
    path = written(tmp_path, "a.jsonl.gz", gzip.compress(jsonl([row(1, "a")]).encode()))
    (first,) = live_round(tmp_path)
    with path.open("ab") as stream:
        stream.write(gzip.compress(jsonl([row(2, "b")]).encode()))
    assert texts(live_round(tmp_path, first.cursor)) == ["b"]


# The airlines


@pytest.mark.skipif(not AIRLINE.exists(), reason=f"the airline set is not at {AIRLINE}")
def test_the_airline_set_gives_the_same_keys_from_csv_and_jsonl(tmp_path):
    config = load_config(EXAMPLE, {name: source.settings for name, source in CONNECTORS.items()})
    assert len(config.brands) == 6
    (page,) = pages(AIRLINE, config.sources["file"], map_name="airline")
    assert (len(page.mentions), len(page.set_aside)) == (7_186, 0)
    rows = [json.loads(line) for line in AIRLINE.read_text().splitlines()[:500]]
    text = io.StringIO(newline="")
    names = "tweet_id airline_sentiment airline_sentiment_confidence negativereason negativereason_confidence airline"
    names += " airline_sentiment_gold name negativereason_gold retweet_count text tweet_coord tweet_created tweet_location user_timezone"
    writer = csv.DictWriter(text, names.split())
    writer.writeheader()
    for one in rows:
        local = datetime.fromisoformat(one["ts"]) - timedelta(hours=8)
        writer.writerow(
            {
                "tweet_id": one["id"].removeprefix("airline:"),
                "airline_sentiment": "negative",
                "name": "ann",
                "retweet_count": one["rts"],
                "text": one["text"],
                "tweet_created": f"{local:%Y-%m-%d %H:%M:%S} -0800",
            }
        )
    (kaggle,) = pages(written(tmp_path, "Tweets.csv", text.getvalue()), FileSettings(), map_name="airline-tweets-csv")
    said = [(mention.key, mention.created_at, mention.text, mention.engagement) for mention in page.mentions[:500]]
    assert [(mention.key, mention.created_at, mention.text, mention.engagement) for mention in kaggle.mentions] == said
    assert said[0][0] == ("x", "570306133677760513")
    assert kaggle.mentions[0].author_name == "ann"
