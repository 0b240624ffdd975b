import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.x_answers import count_of, gone_from_compliance, gone_from_lookup, later_versions, mentions_from_search, page_of_search
from connectors.x_posts import id_at, mention_from_post, post_id_of, time_of
from monitor.errors import BadItem, MonitorError, SourceChanged
from monitor.mention import Engagement, Kind, State
from monitor.text import plain_from_entities

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
RECORDED = Path(__file__).parents[3] / "shared" / "data" / "api" / "x"
recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason=f"no recorded answers at {RECORDED}")
SEARCHES = {
    "search_all_to_brand": 206,
    "search_all_url_partial_errors": 394,
    "search_all_from_brand": 4,
    "search_all_retweets_of_brand": 16,
    "search_all_empty": 0,
    "user_mentions": 6,
    "user_mentions_not_authorised_200": 0,
    "lookup_all_missing": 0,
    "lookup_mixed_missing": 6,
    "tweepy_async_search_recent": 10,
    "tweepy_get_tweet_all_fields": 1,
    "tweepy_get_tweets": 2,
    "tweepy_quote_tweets": 9,
    "tweepy_search_all": 10,
    "tweepy_search_recent": 10,
    "tweepy_users_mentions": 10,
}

POST = {"id": "1400937466555682816", "text": "Tea &amp; milk", "created_at": "2021-06-04T22:08:14.000Z", "lang": "en", "author_id": "7"}
RENAMED = {
    "referenced_tweets": "referenced_posts",
    "edit_history_tweet_ids": "edit_history_post_ids",
    "note_tweet": "note_post",
    "retweet_count": "repost_count",
    "tweets": "posts",
    "retweeted": "reposted",
}


def cassette(name):
    return json.loads((RECORDED / f"{name}.json").read_text())


def answer_text(name):
    return cassette(name)["interactions"][0]["response"]["body"]


def answer(name):
    return json.loads(answer_text(name))


def one(changes, includes=None):
    (mention,), set_aside = mentions_from_search({"data": [{**POST, **changes}], "includes": includes or {}}, NOW)
    assert not set_aside
    return mention


def renamed(part):
    if isinstance(part, dict):
        return {RENAMED.get(key, key): renamed(value) for key, value in part.items()}
    if isinstance(part, list):
        return [renamed(value) for value in part]
    return RENAMED.get(part, part) if isinstance(part, str) else part


@recorded
@pytest.mark.parametrize("name", SEARCHES)
def test_every_recorded_post_becomes_one_mention(name):
    body = answer(name)
    mentions, set_aside = mentions_from_search(body, NOW)
    assert (len(mentions), set_aside) == (SEARCHES[name], [])
    assert len({mention.source_id for mention in mentions}) == len(mentions)
    data = body.get("data", [])
    for mention, raw in zip(mentions, [data] if isinstance(data, dict) else data, strict=True):
        assert mention.source_id == raw["id"]
        if "created_at" in raw:
            assert mention.created_at == datetime.fromisoformat(raw["created_at"])
        assert mention.text
        assert "&amp;" not in mention.text
        assert mention.author_id == raw.get("author_id")
        assert mention.conversation_id == raw.get("conversation_id")
        metrics = raw.get("public_metrics")
        expected = metrics["like_count"] if metrics and mention.kind != Kind.REPOST else None
        assert mention.engagement.likes == expected
        assert (mention.engagement_at is None) == (expected is None)


@recorded
@pytest.mark.parametrize("name", ["search_all_to_brand", "search_all_url_partial_errors", "search_all_retweets_of_brand"])
def test_the_time_in_the_id_is_the_time_that_x_writes(name):
    body = answer(name)
    bare = {**body, "data": [{key: value for key, value in post.items() if key != "created_at"} for post in body["data"]]}
    written, from_ids = mentions_from_search(body, NOW)[0], mentions_from_search(bare, NOW)[0]
    assert [mention.created_at for mention in written] == [mention.created_at for mention in from_ids]


@recorded
@pytest.mark.parametrize("name", ["search_all_to_brand", "search_all_url_partial_errors"])
def test_addresses_are_cut_where_their_indices_say(name):
    body = answer(name)
    others = {post["id"]: post for post in body["includes"]["tweets"]}
    cut = 0
    for mention, raw in zip(mentions_from_search(body, NOW)[0], body["data"], strict=True):
        shown = others.get(mention.repost_of_id, raw)
        urls = {url["url"] for url in shown["entities"].get("urls", ())}
        left = plain_from_entities(shown["text"])
        for url in urls:
            left = left.replace(url, "")
        if left.strip():
            assert "".join(mention.text.split()) == "".join(left.split())
            assert not any(url in mention.text for url in urls)
            cut += len(urls)
    assert cut > 10


@recorded
def test_replies_to_a_brand_are_told_from_posts_and_quotes():
    mentions = mentions_from_search(answer("search_all_to_brand"), NOW)[0]
    kinds = [mention.kind for mention in mentions]
    assert (kinds.count(Kind.POST), kinds.count(Kind.REPLY), kinds.count(Kind.QUOTE)) == (162, 38, 6)
    assert all((mention.kind == Kind.REPLY) == (mention.in_reply_to_id is not None) for mention in mentions)
    assert all(mention.author_name and mention.author_followers is not None for mention in mentions)
    assert {mention.lang for mention in mentions} == {"en", "es", "ar", "id", None}


@recorded
def test_a_repost_has_the_whole_text_of_the_original():
    body = answer("search_all_url_partial_errors")
    mentions = mentions_from_search(body, NOW)[0]
    cut = [post["id"] for post in body["data"] if post["text"].startswith("RT @") and post["text"].endswith("…")]
    texts = {mention.source_id: mention.text for mention in mentions if mention.kind == Kind.REPOST}
    assert len(cut) > 100
    assert not [post_id for post_id in cut if texts[post_id].startswith("RT @")]
    assert not any(mention.text_truncated for mention in mentions)


@recorded
@pytest.mark.parametrize("name", SEARCHES)
def test_both_vocabularies_give_the_same(name):
    body = answer(name)
    assert mentions_from_search(renamed(body), NOW) == mentions_from_search(body, NOW)


@recorded
def test_an_answer_with_every_field_and_nonsense_in_them_is_read():
    mentions, set_aside = mentions_from_search(answer("generated_schema_example_recent"), NOW)
    assert (len(mentions), set_aside) == (3, [])


def test_an_edited_post_keeps_its_first_id_and_time():
    first, second = "1400937466555682816", "1400938000000000000"
    mention = one({"id": second, "edit_history_tweet_ids": [first, second], "created_at": "2021-06-04T22:10:22.000Z"})
    assert (mention.source_id, mention.state) == (first, State.EDITED)
    assert mention.created_at == datetime(2021, 6, 4, 22, 8, 14, tzinfo=UTC)
    assert mention.edited_at == datetime(2021, 6, 4, 22, 10, 22, tzinfo=UTC)


def test_a_long_post_is_read_from_its_note():
    note = {
        "text": "Long &lt;3 https://t.co/a",
        "entities": {"urls": [{"start": 11, "end": 25, "url": "https://t.co/a", "expanded_url": "https://Tea.example"}]},
    }
    mention = one({"note_tweet": note})
    assert (mention.text, mention.links) == ("Long <3", ("https://tea.example/",))


def test_indices_count_the_text_as_it_came():
    text = "😀 &amp; see https://t.co/a now https://t.co/b"
    urls = [
        {"start": 12, "end": 26, "url": "https://t.co/a", "expanded_url": "https://tea.example/a?utm_source=x"},
        {"start": 31, "end": 45, "url": "https://t.co/b", "expanded_url": "https://twitter.com/ann/status/1/photo/1"},
        {"start": 31, "end": 45, "url": "https://t.co/b", "expanded_url": "https://twitter.com/ann/status/1/photo/1"},
        {"start": 90, "end": 10, "url": "https://t.co/c"},
    ]
    mention = one({"text": text, "entities": {"urls": urls}})
    assert (mention.text, mention.links) == ("😀 & see now", ("https://tea.example/a",))


@pytest.mark.parametrize("lang", ["und", "qme", "zxx", None, 7, "", "e", "\ud800x", "-", "english"])
def test_no_language_is_unknown(lang):
    mention = one({"lang": lang})
    assert (mention.lang, mention.lang_origin) == (None, None)


def test_a_post_that_only_quotes_and_one_that_also_answers():
    quoted, answered = {"type": "quoted", "id": "1"}, {"type": "replied_to", "id": "2"}
    assert (one({"referenced_tweets": [quoted]}).kind, one({"referenced_tweets": [quoted]}).quoted_id) == (Kind.QUOTE, "1")
    both = one({"referenced_tweets": [quoted, answered]})
    assert (both.kind, both.quoted_id, both.in_reply_to_id) == (Kind.REPLY, "1", "2")


def test_a_repost_whose_original_is_not_there_is_cut_and_its_counts_are_not_its_own():
    mention = one(
        {"text": "RT @ann: so much…", "referenced_tweets": [{"type": "retweeted", "id": "1"}], "public_metrics": {"retweet_count": 9}}
    )
    assert (mention.kind, mention.repost_of_id, mention.text_truncated) == (Kind.REPOST, "1", True)
    assert (mention.engagement, mention.engagement_at) == (Engagement(), None)


def test_what_was_not_asked_for_is_unknown():
    mention = one({"unknown": {"a": 1}})
    assert (mention.author_name, mention.author_followers, mention.engagement, mention.conversation_id) == (None, None, Engagement(), None)
    assert mention.url == "https://x.com/i/status/1400937466555682816"
    metrics = {"like_count": 0, "repost_count": 2, "impression_count": 40, "bookmark_count": None}
    assert one({"public_metrics": metrics}).engagement == Engagement(likes=0, reposts=2, views=40)


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        pytest.param({**POST, "text": None}, "no text", id="no text"),
        pytest.param({**POST, "text": " "}, "no text", id="blank"),
        pytest.param({**POST, "id": 5}, "'5' is no id", id="number"),
        pytest.param({**POST, "created_at": "soon"}, "created_at is 'soon', no time", id="time"),
        pytest.param({**POST, "created_at": "2021-06-04T22:08:14"}, "without a zone", id="zone"),
        pytest.param({"id": "20", "text": "just setting up"}, "tells no time", id="old id"),
        pytest.param("odd", "no object", id="no object"),
    ],
)
def test_an_odd_post_is_set_aside_and_the_others_are_kept(odd, reason):
    mentions, set_aside = mentions_from_search({"data": [odd, POST]}, NOW)
    assert [mention.source_id for mention in mentions] == [POST["id"]]
    assert reason in set_aside[0].reason


@pytest.mark.parametrize("body", [None, [], "text", {"data": "x"}])
def test_another_shape_is_a_changed_source(body):
    with pytest.raises(SourceChanged):
        mentions_from_search(body, NOW)


@recorded
@pytest.mark.parametrize("name", [name for name in SEARCHES if name.startswith(("search", "tweepy_search", "user_mentions"))])
def test_a_page_names_its_newest_post_and_the_next_page(name):
    body = answer(name)
    page = page_of_search(body, NOW)
    meta = body.get("meta", {})
    assert (page.seen, page.newest_id, page.next_token) == (SEARCHES[name], meta.get("newest_id"), meta.get("next_token"))
    assert page.oldest_id == meta.get("oldest_id")


@recorded
def test_a_page_without_meta_still_knows_its_newest_post():
    body = answer("search_all_to_brand")
    assert page_of_search({"data": body["data"]}, NOW).newest_id == body["meta"]["newest_id"]


@recorded
def test_a_made_up_token_of_nonsense_is_no_id():
    page = page_of_search(answer("generated_schema_example_recent"), NOW)
    assert (page.newest_id, page.oldest_id) == ("1346889436626259968",) * 2


@recorded
def test_what_a_lookup_does_not_show_is_told_by_its_reason():
    assert set(gone_from_lookup(answer("lookup_all_missing")).values()) == {State.DELETED}
    assert sorted(gone_from_lookup(answer("lookup_mixed_missing")), key=int) == [str(number) for number in range(1, 10)]
    # the account is suspended, which says nothing of a post
    assert gone_from_lookup(answer("user_mentions_not_authorised_200")) == {}


@pytest.mark.parametrize(
    ("error", "state"),
    [
        pytest.param(
            {"title": "Authorization Error", "type": "https://api.x.com/2/problems/not-authorized-for-resource"},
            State.UNAVAILABLE,
            id="protected",
        ),
        pytest.param(
            {"title": "Forbidden", "detail": "User has been suspended: [1].", "type": "…/resource-not-found"},
            State.UNAVAILABLE,
            id="suspended",
        ),
        pytest.param(
            {"title": "Not Found Error", "type": "https://api.x.com/2/problems/resource-not-found"}, State.DELETED, id="not found"
        ),
        pytest.param({"title": "Internal Error", "type": "https://api.x.com/2/problems/internal-error"}, None, id="X failed"),
        pytest.param({"resource_type": "user", "title": "Not Found Error"}, None, id="an account"),
    ],
)
def test_a_missing_post_is_deleted_or_hidden(error, state):
    assert gone_from_lookup({"errors": [{"resource_id": "20", **error}, "odd", {"resource_id": 5, **error}]}).get("20") is state


def test_an_older_version_of_an_edited_post_is_told_from_the_newest():
    shown = [{"id": "5", "edit_history_post_ids": ["5", "7", "x"]}, {"id": "9", "edit_history_tweet_ids": ["8", "9"]}, {"id": "3"}]
    assert later_versions({"data": shown}) == {"5": "7"}


@recorded
def test_a_compliance_job_names_posts_that_are_gone_in_lines_some_of_which_are_blank():
    body = answer_text("compliance_delivery_tweets")
    lines = [json.loads(line) for line in body.splitlines() if line]
    assert "\n\n" in body
    gone = list(gone_from_compliance(body, NOW))
    assert [mention.source_id for mention in gone] == [line["id"] for line in lines]
    assert [mention.created_at for mention in gone] == [datetime.fromisoformat(line["created_at"]).replace(microsecond=0) for line in lines]
    assert {line["reason"] for line in lines} >= {"suspended"}
    assert all((mention.state is State.DELETED) == (line["reason"] == "deleted") for mention, line in zip(gone, lines, strict=True))
    assert {mention.text for mention in gone} == {None}


@pytest.mark.parametrize("line", ["<html>", "[]", '{"id": "1"}', '{"id": 1, "action": "delete", "reason": "deleted"}'])
def test_a_compliance_job_in_another_shape_is_a_changed_source(line):
    with pytest.raises(SourceChanged, match="no line of a compliance job"):
        list(gone_from_compliance(line, NOW))


def test_a_compliance_line_that_takes_nothing_back_is_passed_over():
    line = '{"id": "1400937466555682816", "action": "scrub_geo", "reason": "scrub_geo"}'
    assert list(gone_from_compliance(f"{line}\n", NOW)) == []


@recorded
def test_the_answer_about_a_compliance_job_is_no_post():
    mentions, set_aside = mentions_from_search(answer("compliance_job"), NOW)
    assert (mentions, len(set_aside)) == ([], 1)


@recorded
@pytest.mark.parametrize(("name", "pages"), [("counts_all_four_pages", [149, 131, 116, 48]), ("tweepy_counts_recent", [411])])
def test_recorded_counts_add_up_to_what_x_says(name, pages):
    bodies = [json.loads(part["response"]["body"]) for part in cassette(name)["interactions"]]
    assert [count_of(body)[0] for body in bodies] == pages == [body["meta"]["total_tweet_count"] for body in bodies]
    assert [count_of(body)[1] is None for body in bodies] == [False] * (len(pages) - 1) + [True]
    both = [count_of(json.loads(json.dumps(body).replace("tweet_count", "post_count"))) for body in bodies]
    assert both == [count_of(body) for body in bodies]


@pytest.mark.parametrize("body", [None, {}, {"data": {}}, {"data": [{"start": "2026-01-01"}]}, {"data": [{"tweet_count": "5"}]}])
def test_a_count_in_another_shape_is_a_changed_source(body):
    with pytest.raises(SourceChanged):
        count_of(body)


def test_a_silent_stretch_counts_none():
    assert count_of({"data": [], "meta": {"total_tweet_count": 0}}) == (0, None)


@given(st.integers(min_value=0, max_value=60 * 365 * 86_400_000_000))
def test_an_id_made_of_a_time_tells_that_time(microseconds):
    at = datetime(2010, 11, 5, tzinfo=UTC) + timedelta(microseconds=microseconds)
    assert time_of(id_at(at)) == at.replace(microsecond=at.microsecond // 1000 * 1000)


@pytest.mark.parametrize(
    ("url", "post_id"),
    [
        ("https://x.com/acme/status/20", "20"),
        ("https://twitter.com/i/web/status/20/", "20"),
        ("https://mobile.twitter.com/acme/status/20?s=20&t=x", "20"),
        ("https://www.x.com/acme/status/20/photo/1", "20"),
        ("https://x.com/acme", None),
        ("https://x.com/acme/status/20x", None),
        ("https://example.com/acme/status/20", None),
        ("https://x.com.evil.example/acme/status/20", None),
    ],
)
def test_the_address_of_a_post_names_it(url, post_id):
    assert post_id_of(url) == post_id


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from([*POST.values(), "1", "retweeted"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*POST, "urls", "entities", "note_tweet", "type"]), inner, max_size=4)
    ),
    max_leaves=12,
)
FIELDS = [*POST, "entities", "note_post", "referenced_tweets", "edit_history_tweet_ids", "public_metrics", "conversation_id", "username"]


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_any_post_is_read_or_set_aside(changes):
    try:
        mention = mention_from_post({**POST, **changes}, NOW, others={}, users={})
    except BadItem:
        return
    assert mention.text
    assert mention.created_at.tzinfo is UTC
    assert mention.source_id.isdecimal()


@given(st.dictionaries(st.sampled_from(["data", "meta", "errors", "includes"]), JSON | st.lists(JSON, max_size=3)))
def test_any_answer_is_a_page_or_trouble_of_a_known_kind(body):
    for read in (lambda: page_of_search(body, NOW), lambda: count_of(body), lambda: gone_from_lookup(body), lambda: later_versions(body)):
        with suppress(MonitorError):
            read()


@recorded
def test_every_recorded_file_is_read_by_a_test():
    said = "".join(file.read_text() for file in Path(__file__).parent.glob("test_x*.py"))
    assert [file.stem for file in RECORDED.glob("*.json") if f"{file.stem}" not in said] == []
