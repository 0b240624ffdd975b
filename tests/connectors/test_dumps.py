import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard

from connectors.dumps import is_reddit_dump
from connectors.file import FileConnector, FileSettings
from connectors.reddit_archived import mention_from_archived
from connectors.zstd import open_zst
from monitor.collect.budget import NoMeter
from monitor.collect.connector import Window
from monitor.errors import BadItem, ConfigError
from monitor.mention import Kind, State
from tests.loopback.replay import recorded

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SAID = datetime(2024, 3, 1, 12, tzinfo=UTC)
COMMENT = {
    "id": "c1", "link_id": "t3_s1", "parent_id": "t3_s1", "author": "ann", "body": "tea &amp; milk", "created_utc": int(SAID.timestamp()),
    "score": 5, "subreddit": "tea", "retrieved_on": int(SAID.timestamp()) + 60, "edited": False,
}  # fmt: skip
SUBMISSION = {
    "id": "s1", "author": "ann", "title": "Tea &gt; coffee", "selftext": "", "url": "https://tea.example/?a=1&amp;b=2", "is_self": False,
    "created_utc": str(int(SAID.timestamp())), "score": 9, "num_comments": 4, "subreddit": "tea",
    "retrieved_on": str(int((SAID + timedelta(days=30)).timestamp())),
}  # fmt: skip


def pages(path, *, map_name=None, cursor=None, window=Window()):  # noqa: B008
    connector = FileConnector(FileSettings(), folder=path.parent, paths=[path], map_name=map_name)
    (query,) = connector.queries()
    return list(connector.pull(query, cursor, now=NOW, window=window, meter=NoMeter()))


def mentions_in(path, **changes):
    return [mention for page in pages(path, **changes) for mention in page.mentions]


def packed(path, content, *, frames=1):
    compressor = zstandard.ZstdCompressor(compression_params=zstandard.ZstdCompressionParameters(window_log=31, enable_ldm=False))
    size = len(content) // frames + 1
    parts = [content[first : first + size] for first in range(0, len(content), size)]
    path.write_bytes(b"".join(_frame(compressor, part) for part in parts or [b""]))
    return path


def _frame(compressor, part):
    stream = compressor.compressobj()
    return stream.compress(part) + stream.flush()


def lines(rows):
    return "".join(json.dumps(one) + "\n" for one in rows).encode()


# the dumps at hand


def test_a_month_of_comments_is_read():
    path = recorded("reddit_dump/RC_2016-12.zst")
    found = mentions_in(path)
    assert len(found) == len({mention.source_id for mention in found}) == 196
    assert {(mention.source, mention.kind) for mention in found} == {("reddit", Kind.COMMENT)}
    for mention in found:
        assert mention.fetched_at == mention.created_at + timedelta(seconds=60)
        # seen a minute after they were written: what others thought of them was not known yet
        assert (mention.engagement.score, mention.engagement_at) == (None, None)
        assert mention.conversation_id.startswith("t3_")


def test_a_month_of_submissions_is_read():
    found = mentions_in(recorded("reddit_dump/RS_2016-03.zst"))
    assert len({mention.source_id for mention in found}) == 100
    assert {mention.kind for mention in found} == {Kind.POST}
    assert all(mention.title for mention in found)


def test_lines_of_older_dumps_are_read_by_the_ready_map():
    first, second = mentions_in(recorded("reddit_dump/pushshift_quoted_lines.ndjson"), map_name="reddit-dump")
    assert (first.source_id, first.created_at, first.text) == ("t1_ds0ny2p", datetime(2018, 1, 1, 0, 17, 45, tzinfo=UTC), "Ouch")
    assert (first.fetched_at, first.engagement.score) == (datetime(2018, 1, 31, 22, 5, 35, tzinfo=UTC), 1)
    assert (second.source_id, second.created_at) == ("t1_cnas8zv", datetime(2015, 1, 1, tzinfo=UTC))
    assert (second.engagement.score, second.conversation_id) == (14, "t3_2qyr1a")


# what a line says


def test_a_line_says_when_it_was_seen_and_how_it_was_liked_by_then():
    mention = mention_from_archived(SUBMISSION, now=NOW)
    assert (mention.source_id, mention.title, mention.links) == ("t3_s1", "Tea > coffee", ("https://tea.example/?a=1&b=2",))
    assert (mention.created_at, mention.fetched_at) == (SAID, SAID + timedelta(days=30))
    assert (mention.engagement.score, mention.engagement.replies, mention.engagement_at) == (9, 4, mention.fetched_at)


@pytest.mark.parametrize(
    ("changes", "fetched_at", "score"),
    [
        pytest.param({}, SAID + timedelta(minutes=1), None, id="seen at once"),
        pytest.param({"_meta": {"retrieved_2nd_on": SAID.timestamp() + 129_700}}, SAID + timedelta(seconds=129_700), 5, id="seen twice"),
        pytest.param({"_meta": {"note": "no_2nd_retrieval"}}, SAID + timedelta(minutes=1), None, id="never again"),
        pytest.param({"_meta": "odd", "retrieved_on": "odd"}, SAID, None, id="does not say"),
        pytest.param(
            {"retrieved_on": None, "retrieved_utc": SAID.timestamp() + 200_000}, SAID + timedelta(seconds=200_000), 5, id="other name"
        ),
        pytest.param({"retrieved_on": None, "edited": SAID.timestamp() + 600}, SAID + timedelta(minutes=10), None, id="edited"),
        pytest.param({"retrieved_on": NOW.timestamp() + 9_999}, NOW, 5, id="in the future"),
    ],
)
def test_a_score_counts_once_it_has_settled(changes, fetched_at, score):
    mention = mention_from_archived({**COMMENT, **changes}, now=NOW)
    assert (mention.fetched_at, mention.engagement.score) == (fetched_at, score)
    assert mention.engagement_at == (fetched_at if score is not None else None)


@pytest.mark.parametrize(
    ("item", "state"),
    [
        pytest.param({**COMMENT, "_meta": {"was_deleted_later": True, "removal_type": "deleted"}}, State.DELETED, id="deleted later"),
        pytest.param({**COMMENT, "_meta": {"was_deleted_later": True, "removal_type": "moderator"}}, State.REMOVED, id="removed later"),
        pytest.param({**COMMENT, "_meta": {"was_deleted_later": True}}, State.DELETED, id="gone later"),
        pytest.param({**SUBMISSION, "_meta": {"was_deleted_later": True, "removal_type": "reddit"}}, State.REMOVED, id="submission"),
        pytest.param({**COMMENT, "body": "[deleted]", "author": "[deleted]"}, State.DELETED, id="gone when seen"),
        pytest.param({**COMMENT, "body": "[removed]"}, State.REMOVED, id="removed when seen"),
        pytest.param({**COMMENT, "author": "[deleted]"}, State.DELETED, id="account deleted"),
    ],
)
def test_what_is_gone_is_erased(item, state):
    mention = mention_from_archived(item, now=NOW)
    assert (mention.state, mention.text, mention.title, mention.author_name) == (state, None, None, None)


def test_entities_are_resolved_once():
    assert mention_from_archived(COMMENT, now=NOW).text == "tea & milk"
    assert mention_from_archived({**COMMENT, "body": "&gt; quoted\n\nanswer"}, now=NOW).text == "> quoted\nanswer"
    assert mention_from_archived({**COMMENT, "body": "a < b"}, now=NOW).text == "a < b"


@pytest.mark.parametrize(
    "item", [None, "text", {}, {**COMMENT, "created_utc": "soon"}, {**COMMENT, "body": None}, {**SUBMISSION, "title": None}]
)
def test_an_odd_line_is_a_bad_item(item):
    with pytest.raises(BadItem):
        mention_from_archived(item, now=NOW)


# the files


NAMES = {
    "RC_2016-12.zst": True, "RS_2016-03.zst": True, "RS_v2_2005-06.zst": True, "RC_2024-01.jsonl.gz": True, "tea_comments.zst": True,
    "tea_submissions.jsonl.zst": True, "tea_comments.jsonl": False, "RC.zst": False, "export.jsonl.zst": False,
}  # fmt: skip


@pytest.mark.parametrize(("name", "is_dump"), NAMES.items())
def test_dumps_are_known_by_their_names(name, is_dump):
    assert is_reddit_dump(Path(name)) == is_dump


def test_other_compressed_files_are_read_by_their_own_map(tmp_path):
    rows = [{"source": "x", "source_id": "1", "created_at": "2024-03-01T12:00:00Z", "text": "fine"}]
    (found,) = mentions_in(packed(tmp_path / "export.jsonl.zst", lines(rows)))
    assert (found.source, found.source_id) == ("x", "1")
    (found,) = mentions_in(packed(tmp_path / "export.csv.zst", b"source,source_id,created_at,text\nx,2,2024-03-01T12:00:00Z,fine\n"))
    assert found.source_id == "2"


def test_a_dump_goes_on_where_it_was_cut(tmp_path, monkeypatch):
    monkeypatch.setattr("connectors.file._PAGE_RECORDS", 10)
    path = packed(tmp_path / "RC_2024-03.zst", lines({**COMMENT, "id": f"c{number}"} for number in range(45)), frames=3)
    whole = pages(path)
    assert [len(page.mentions) for page in whole] == [10, 10, 10, 10, 5]
    for cut in range(4):
        rest = pages(path, cursor=json.loads(json.dumps(whole[cut].cursor)))
        assert [page.mentions for page in rest] == [page.mentions for page in whole[cut + 1 :]]


def test_only_the_window_of_a_dump_is_kept(tmp_path):
    rows = [{**COMMENT, "id": f"c{number}", "created_utc": int(SAID.timestamp()) + number * 3600} for number in range(10)]
    path = packed(tmp_path / "RC_2024-03.zst", lines(rows))
    window = Window(SAID + timedelta(hours=2), SAID + timedelta(hours=5))
    assert [mention.source_id for mention in mentions_in(path, window=window)] == ["t1_c2", "t1_c3", "t1_c4"]


def test_odd_lines_of_a_dump_are_set_aside_and_read_later(tmp_path):
    path = packed(tmp_path / "RC_2024-03.zst", lines([COMMENT, {**COMMENT, "body": None}]) + b"no json\n")
    (page,) = pages(path)
    assert (len(page.mentions), page.seen) == (1, 3)
    assert page.set_aside[0].reason == "RC_2024-03.zst:2: no body"
    connector = FileConnector(FileSettings(), folder=tmp_path, paths=[path])
    (query,) = connector.queries()
    assert connector.read(page.set_aside[0].raw.replace("null", '"tea"'), query, now=NOW)[0].source_id == "t1_c1"


def test_another_file_with_a_dumps_name_says_which_map_was_used(tmp_path):
    with pytest.raises(ConfigError, match="map reddit-dump"):
        pages(packed(tmp_path / "RC_2024-03.zst", lines([{"a": 1}])))


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda content: content[:-40], id="cut off"),
        pytest.param(lambda content: content[:200] + b"\0" * 60 + content[260:], id="damaged"),
        pytest.param(lambda content: content + b"garbage", id="something behind"),
        pytest.param(lambda content: b"no zstandard at all", id="no zstandard"),
    ],
)
def test_a_dump_that_is_cut_off_or_damaged_is_not_taken_for_whole(tmp_path, spoil):
    rows = [{**COMMENT, "id": f"c{number}", "body": f"tea {number * 7919 % 1000}"} for number in range(400)]
    path = packed(tmp_path / "RC_2024-03.zst", lines(rows))
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(ConfigError, match="cut off or damaged"):
        pages(path)


def test_an_empty_dump_is_said_to_be_empty(tmp_path):
    with pytest.raises(ConfigError, match="is empty"):
        pages(packed(tmp_path / "RC_2024-03.zst", b""))


def test_a_compressed_stream_can_be_read_from_anywhere(tmp_path):
    content = bytes(number % 251 for number in range(3_000_000))
    path = packed(tmp_path / "a.zst", content, frames=4)
    with open_zst(path) as stream:
        assert stream.read() == content
        for place in (2_500_000, 0, 1_000_001, 999_999):
            assert stream.seek(place) == place
            assert stream.read(50) == content[place : place + 50]
            assert stream.tell() == place + 50
        with pytest.raises(io.UnsupportedOperation):
            stream.seek(0, io.SEEK_END)


def test_the_lines_of_a_large_dump_are_not_counted(tmp_path, monkeypatch):
    path = packed(tmp_path / "RC_2024-03.zst", lines([COMMENT] * 3))
    connector = FileConnector(FileSettings(), folder=tmp_path, paths=[path])
    (query,) = connector.queries()
    assert connector.estimate(query, Window(), meter=NoMeter()).items == 3
    monkeypatch.setattr("connectors.file._COUNTED_UP_TO", 10)
    estimate = connector.estimate(query, Window(), meter=NoMeter())
    assert (estimate.items, estimate.requests, estimate.usd) == (None, 0, 0.0)


def test_the_map_of_dumps_is_for_lines_of_json(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"created_utc": [1]}), tmp_path / "a.parquet")
    with pytest.raises(ConfigError, match="lines of JSON"):
        pages(tmp_path / "a.parquet", map_name="reddit-dump")
