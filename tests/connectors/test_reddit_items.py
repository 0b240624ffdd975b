import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.reddit_items import mention_from_comment, mention_from_submission, mentions_from_listing
from monitor.errors import BadItem, SourceChanged
from monitor.mention import GONE, Kind, State

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
RECORDED = Path(__file__).parents[3] / "shared" / "data" / "api" / "reddit"
ANSWERS = [
    "comment_after_user_delete", "comment_deleted_refresh", "comment_parent_chain", "comment_stream_r_all", "edited_comments",
    "info_batch_a",
    "listing_empty", "listing_exhaust_1000_cap", "listing_new_submissions", "listing_popular_2026", "search_all_relevance",
    "submission_after_user_delete", "submission_tree_more",
]  # fmt: skip
recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason=f"no recorded answers at {RECORDED}")

COMMENT = {
    "name": "t1_c1", "link_id": "t3_s1", "parent_id": "t1_c0", "author": "ann", "author_fullname": "t2_a",
    "body": "**Good** [tea](https://Tea.example)",
    "created_utc": 1424777752.0, "edited": False, "score": -3, "score_hidden": False,
    "subreddit": "tea", "permalink": "/r/tea/comments/s1/t/c1/",
    "replies": "",
}  # fmt: skip
SUBMISSION = {
    "name": "t3_s1", "author": "ann", "author_fullname": "t2_a", "title": "Tea &amp; more", "selftext": "", "url": "https://tea.example/a#b",
    "is_self": False, "created_utc": "1424777752", "edited": False, "score": 5, "hide_score": False, "upvote_ratio": 0.9, "num_comments": 7,
    "subreddit": "tea", "permalink": "/r/tea/comments/s1/t/", "removed_by_category": None,
}  # fmt: skip


def bodies(name):
    for interaction in json.loads((RECORDED / f"{name}.json").read_text())["interactions"]:
        body = json.loads(interaction["response"]["body"])
        if "access_token" not in body and body != {}:
            yield body


def raw_items(part):
    if isinstance(part, dict):
        if part.get("kind") in {"t1", "t3"}:
            yield part["data"]
        for value in part.values():
            yield from raw_items(value)
    elif isinstance(part, list):
        for value in part:
            yield from raw_items(value)


@recorded
@pytest.mark.parametrize("name", ANSWERS)
def test_every_recorded_item_becomes_one_mention(name):
    for body in bodies(name):
        mentions, set_aside = mentions_from_listing(body, NOW)
        raw = {item["name"]: item for item in raw_items(body)}
        assert not set_aside
        assert {mention.source_id for mention in mentions} == set(raw)
        assert len(mentions) == len(raw)
        for mention in mentions:
            item = raw[mention.source_id]
            assert mention.created_at == datetime.fromtimestamp(item["created_utc"], UTC)
            assert (mention.edited_at is not None) == isinstance(item["edited"], float)
            assert mention.kind == (Kind.COMMENT if mention.source_id.startswith("t1_") else Kind.POST)
            assert mention.conversation_id == item.get("link_id", mention.source_id)
            assert mention.in_reply_to_id == item.get("parent_id")
            assert mention.is_root == (mention.kind == Kind.POST)
            assert mention.engagement.score == (None if item.get("score_hidden") or item.get("hide_score") else item["score"])
            assert mention.url.startswith("https://www.reddit.com/")
            if mention.state in GONE:
                assert (mention.title, mention.text, mention.author_name, mention.author_id, mention.links) == (None, None, None, None, ())
            else:
                assert mention.whole_text
                assert mention.author_name == item["author"]


@recorded
@pytest.mark.parametrize(
    ("name", "mentions", "gone"),
    [
        pytest.param("listing_new_submissions", 100, {}, id="listing"),
        pytest.param("listing_popular_2026", 100, {}, id="today's fields"),
        pytest.param("comment_stream_r_all", 326, {}, id="stream"),
        pytest.param("listing_empty", 0, {}, id="empty"),
        pytest.param("info_batch_a", 67, {"deleted": 3, "removed": 3}, id="info, subreddits passed over"),
        pytest.param("comment_after_user_delete", 1, {"deleted": 1}, id="deleted comment"),
        pytest.param("submission_after_user_delete", 5, {"deleted": 2}, id="deleted submission"),
        pytest.param("submission_tree_more", 549, {"deleted": 24}, id="tree"),
    ],
)
def test_recorded_answers_hold_as_many(name, mentions, gone):
    found = [mention for body in bodies(name) for mention in mentions_from_listing(body, NOW)[0]]
    assert len(found) == mentions
    assert Counter(str(mention.state) for mention in found if mention.state in GONE) == gone


@recorded
def test_a_tree_gives_every_comment_of_its_thread():
    found = [mention for body in bodies("submission_tree_more") for mention in mentions_from_listing(body, NOW)[0]]
    assert len({mention.source_id for mention in found if mention.kind == Kind.COMMENT}) == 536
    assert {mention.conversation_id for mention in found} == {"t3_3hahrw"}


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        pytest.param({}, State.LIVE, id="live"),
        pytest.param({"edited": 1424778000.0}, State.EDITED, id="edited"),
        pytest.param({"edited": True}, State.EDITED, id="edited long ago"),
        pytest.param({"body": "[deleted]", "author": None}, State.DELETED, id="deleted"),
        pytest.param({"body": "[removed]", "author": None}, State.REMOVED, id="removed"),
        pytest.param({"body": "[removed]"}, State.REMOVED, id="removed, author shown"),
        pytest.param({"body": "[ Removed by Reddit ]"}, State.REMOVED, id="by Reddit"),
        pytest.param({"author": None}, State.DELETED, id="account deleted"),
        pytest.param({"author": "[deleted]"}, State.DELETED, id="account deleted, in words"),
    ],
)
def test_a_comment_says_what_became_of_it(changes, state):
    mention = mention_from_comment({**COMMENT, **changes}, NOW)
    assert mention.state == state
    assert (mention.text is None) == (mention.author_name is None) == (state in GONE)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        pytest.param({}, State.LIVE, id="live"),
        pytest.param({"removed_by_category": "deleted"}, State.DELETED, id="by its author"),
        pytest.param({"removed_by_category": "moderator"}, State.REMOVED, id="by a moderator"),
        pytest.param({"removed_by_category": "a new word"}, State.REMOVED, id="by somebody new"),
        pytest.param({"selftext": "[removed]"}, State.REMOVED, id="removed text"),
        pytest.param({"author": None}, State.DELETED, id="account deleted"),
    ],
)
def test_a_submission_says_what_became_of_it(changes, state):
    mention = mention_from_submission({**SUBMISSION, **changes}, NOW)
    assert mention.state == state
    assert (mention.title is None) == (mention.author_name is None) == (state in GONE)


def test_a_comment_is_read_whole():
    mention = mention_from_comment({**COMMENT, "new field": 1}, NOW)
    assert (mention.text, mention.links) == ("Good tea", ("https://tea.example/",))
    assert (mention.author_name, mention.author_id, mention.channel) == ("ann", "t2_a", "tea")
    assert (mention.conversation_id, mention.in_reply_to_id) == ("t3_s1", "t1_c0")
    assert (mention.engagement.score, mention.engagement_at) == (-3, NOW)


def test_a_link_post_has_a_title_and_its_link():
    mention = mention_from_submission(SUBMISSION, NOW)
    assert (mention.title, mention.text, mention.links) == ("Tea &amp; more", None, ("https://tea.example/a",))
    assert (mention.engagement.score, mention.engagement.replies, mention.engagement.upvote_ratio) == (5, 7, 0.9)
    assert mention.created_at == datetime(2015, 2, 24, 11, 35, 52, tzinfo=UTC)


def test_a_hidden_score_is_unknown():
    assert mention_from_comment({**COMMENT, "score_hidden": True}, NOW).engagement_at is None
    assert mention_from_submission({**SUBMISSION, "hide_score": True}, NOW).engagement.score is None


def test_what_an_item_does_not_say_is_unknown():
    mention = mention_from_comment({key: COMMENT[key] for key in ("name", "link_id", "body", "created_utc")}, NOW)
    assert (mention.author_name, mention.channel, mention.engagement.score, mention.state) == (None, None, None, State.LIVE)
    assert mention.url == "https://www.reddit.com/comments/s1/_/c1/"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"created_utc": None}, "no created_utc", id="no time"),
        pytest.param({"created_utc": "soon"}, "created_utc is 'soon', no time", id="broken time"),
        pytest.param({"body": None}, "no body", id="no text"),
        pytest.param({"body": " \u200b "}, "no text", id="invisible text"),
        pytest.param({"name": "t5_x"}, "no name such as t1_abc", id="name"),
        pytest.param({"link_id": None}, "no link_id", id="no thread"),
        pytest.param({"edited": "x"}, "edited is 'x', no time", id="broken edit"),
    ],
)
def test_an_odd_item_is_set_aside_and_its_replies_are_kept(changes, reason):
    with pytest.raises(BadItem, match=reason):
        mention_from_comment({**COMMENT, **changes}, NOW)
    reply = {"kind": "t1", "data": {**COMMENT, "name": "t1_c2"}}
    odd = {**COMMENT, **changes, "replies": {"kind": "Listing", "data": {"children": [reply, {"kind": "more", "data": {}}]}}}
    mentions, set_aside = mentions_from_listing({"kind": "Listing", "data": {"children": [{"kind": "t1", "data": odd}, "odd"]}}, NOW)
    assert [mention.source_id for mention in mentions] == ["t1_c2"]
    assert [reason in set_aside[0].reason, set_aside[1].reason] == [True, "reddit: t1: no data"]
    assert "t1_c2" not in set_aside[0].raw


def test_a_very_deep_tree_is_walked():
    listing = ""
    for number in range(5_000):
        thing = {"kind": "t1", "data": {**COMMENT, "name": f"t1_{number}", "replies": listing}}
        listing = {"kind": "Listing", "data": {"children": [thing]}}
    assert len(mentions_from_listing(listing, NOW)[0]) == 5_000


@pytest.mark.parametrize("body", [{}, {"error": 404}, [], "text", {"data": {"children": {}}}, {"json": {"errors": [["x"]]}}])
def test_another_shape_is_a_changed_source(body):
    if body == []:
        assert mentions_from_listing(body, NOW) == ([], [])
        return
    with pytest.raises(SourceChanged):
        mentions_from_listing(body, NOW)
