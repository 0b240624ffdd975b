import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.mastodon import MastodonConnector, MastodonSettings
from connectors.mastodon_items import has_words, local_id, mention_from, place_of
from monitor.collect.budget import NoMeter
from monitor.collect.connector import Known, Surroundings, Window
from monitor.config.models import Brand, Thread
from monitor.errors import BadItem, CredentialsRefused, SourceChanged, StopUntil
from monitor.mention import Engagement, Kind, State
from tests.connectors.stages.mastodon import HOST, NOW, STAGE, STATUSES, paged, snowflake, status
from tests.loopback import faults
from tests.loopback.replay import Replay, interactions_of, recorded
from tests.loopback.server import Answer as Sent
from tests.loopback.server import Loopback, json_answer

HOUR = timedelta(hours=1)
RECORDINGS = {
    "hashtag_paged_mastodon_social": 80,
    "hashtag_rstats_fosstodon": 5,
    "public_timeline_local": 10,
    "public_timeline_anonymous": None,
    "status_edit_history": None,
    "search_v2": 0,
    "context_thread_large": 59,
}


def statuses(name):
    """Every status in a recording, whatever the shape of its answers."""
    for one in interactions_of(recorded(f"mastodon/{name}.json")):
        body = json.loads(one.answer.body)
        lists = [body] if isinstance(body, list) else [body.get(key, []) for key in ("descendants", "statuses")] + [[body]]
        yield from (item for each in lists for item in each if "uri" in item and "content" in item)


def staged(request):
    answer = STAGE.serve(request)
    return Sent(answer.status, answer.headers, answer.body)


def connector(server, *, now=NOW, threads=(), brands=None, **settings):
    brands = [Brand(name="Streamly", rule="streamly")] if brands is None else brands
    around = Surroundings(brands=brands, threads=threads, clock=lambda: now)
    return MastodonConnector(MastodonSettings(base_url=server.base, **settings), around)


def pulled(source, cursor=None, *, now=NOW, meter=None, window=Window()):  # noqa: B008
    (query,) = source.queries()
    return list(source.pull(query, cursor, now=now, window=window, meter=meter or NoMeter()))


def ids(pages):
    return [mention.source_id for page in pages for mention in page.mentions]


def uris(several):
    return [one["uri"] for one in several]


def read(item, **facts):
    return mention_from(item, NOW, **{"host": HOST, **facts})


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_recorded_status_with_words_becomes_a_mention(name):
    found = [read(item) for item in statuses(name) if has_words(item)]
    assert RECORDINGS[name] in (None, len(found))
    assert all(one.text and one.created_at.tzinfo is UTC and one.url and one.source_id.startswith("http") for one in found)
    assert all("@" in one.author_name and one.author_id for one in found)
    assert not [link for one in found for link in one.links if "/tags/" in link]


def test_a_recorded_post_has_its_time_text_counts_and_edit():
    first = read(next(statuses("hashtag_paged_mastodon_social")), channel="ichbinhanna")
    assert first.source_id == "https://mstdn.science/users/laborjournal/statuses/114856169522394793"
    assert first.created_at == datetime(2025, 7, 15, 7, 54, 23, tzinfo=UTC)
    assert (first.state, first.edited_at) == (State.EDITED, datetime(2025, 7, 15, 7, 55, 30, tzinfo=UTC))
    assert first.engagement == Engagement(likes=1, replies=0, reposts=2)
    assert (first.lang, first.lang_origin, first.channel, first.kind) == ("de", "source", "ichbinhanna", Kind.POST)
    assert first.text.startswith("Unser Heft 7-8/2025 ist raus!\nWie jeden Sommer")
    assert first.author_name == "laborjournal@mstdn.science"


def test_the_recorded_edit_changes_text_and_state():
    before, *_, after = (read(item) for item in statuses("status_edit_history"))
    assert (before.state, after.state) == (State.LIVE, State.EDITED)
    assert before.source_id == after.source_id
    assert after.text == "the best editor? why, of course it is the KDE Advanced Text Editor, Kate"
    assert after.edited_at == datetime(2026, 8, 1, 13, 54, 0, 695000, tzinfo=UTC)


def test_the_recorded_thread_is_a_tree_of_uris():
    followed = Thread(url="https://mastodon.social/@austinkocher/109294719267373593", about="Streamly")
    root = status(1, datetime(2022, 11, 6, 3, 24, tzinfo=UTC), uri="https://mastodon.social/users/austinkocher/statuses/109294719267373593")
    with Loopback(Replay.of("mastodon/context_thread_large.json", reset_in=100)) as server:
        server.on("GET", "/api/v1/statuses/109294719267373593", lambda _: json_answer(root))
        first, last = pulled(connector(server, brands=[], threads=[followed]))
    assert ids([first]) == [root["uri"]]
    found = {one.source_id: one for one in last.mentions}
    assert len(found) == 59
    assert {one.conversation_id for one in found.values()} == {root["uri"]}
    assert {one.kind for one in found.values()} == {Kind.REPLY}
    assert {one.in_reply_to_id for one in found.values()} <= {root["uri"], *found}
    assert last.cursor["mark"]["newest"] == max(one.created_at for one in found.values()).isoformat()


def test_a_followed_post_that_is_gone_ends_quietly():
    followed = Thread(url="https://mastodon.social/@ann/1234567", about="Streamly")
    (missing,) = interactions_of(recorded("mastodon/error_404_status.json"))
    with Loopback(lambda _: missing.answer) as server:
        (page,) = pulled(connector(server, brands=[], threads=[followed]))
        assert (page.is_last, page.mentions, page.covered) == (True, [], ())
        assert pulled(connector(server, brands=[], threads=[followed]), page.cursor, now=NOW + timedelta(days=3)) == []


def test_the_recorded_tag_is_paged_back_by_the_id_that_its_link_names():
    now = datetime(2025, 7, 17, 14, tzinfo=UTC)
    replay = Replay.of("mastodon/hashtag_paged_mastodon_social.json", reset_in=100, exact=("max_id",))
    with Loopback(replay) as server:
        source = connector(server, now=now, brands=[], tags=["ichbinhanna"], first_reach="42d")
        first, second = pulled(source, now=now)
        asked = [request.one("max_id") for request in server.seen()]
    assert asked == [None, "114630169307317488"]
    assert (first.seen, second.seen, second.is_last) == (40, 40, True)
    assert (len(first.mentions) > 30, second.mentions) == (True, [])
    assert all(one.created_at >= now - timedelta(days=42) for one in first.mentions)
    assert len(second.cursor["mark"]["recent"]) == 40
    assert second.cursor["mark"]["recent"][0] == "114856169736898681"


def test_the_first_walk_reaches_back_and_the_next_ones_go_forward():
    living = list(STATUSES)

    def serve(request):
        page, link = paged(living, request)
        return (200, link, page)

    with Loopback(serve) as server:
        first = pulled(connector(server))
        assert set(ids(first)) == STAGE.ids
        assert [len(page.mentions) for page in first] == [40, 40, 10, 0]
        (looked,) = first[-1].covered
        assert (looked.since, looked.until) == (NOW - timedelta(days=7), NOW)
        living += [status(100 + number, NOW + number * timedelta(seconds=30)) for number in range(60)]
        late = status(500, NOW - 5 * HOUR + timedelta(minutes=1))
        living.append(late)
        second = pulled(connector(server), first[-1].cursor, now=NOW + HOUR)
        assert set(ids(second)) >= {*uris(living[90:150]), late["uri"]}
        assert server.seen()[4].one("min_id") == STATUSES[39]["id"]
        before = len(server.seen())
        third = pulled(connector(server), second[-1].cursor, now=NOW + 2 * HOUR)
        assert set(ids(third)) <= set(ids(second))
        assert len(server.seen()) - before == 2


@pytest.mark.parametrize("cut", [1, 2])
def test_a_walk_forward_cut_short_goes_on_with_the_next_page(cut):
    living = [*STATUSES, *(status(100 + number, NOW + number * timedelta(seconds=30)) for number in range(60))]
    with Loopback(lambda request: (200, paged(living, request)[1], paged(living, request)[0])) as server:
        cursor = {"v": 1, "high": NOW.isoformat(), "mark": {"recent": [one["id"] for one in STATUSES[:40]]}}
        whole = ids(pulled(connector(server), cursor, now=NOW + HOUR))
        source = connector(server)
        (query,) = source.queries()
        pages = source.pull(query, cursor, now=NOW + HOUR, window=Window(), meter=NoMeter())
        begun = [next(pages) for _ in range(cut)]
        pages.close()
        rest = pulled(connector(server), json.loads(json.dumps(begun[-1].cursor)), now=NOW + 2 * HOUR)
        assert ids(begun) + ids(rest) == whole


def test_a_backfill_starts_at_the_id_of_its_last_moment():
    window = Window(NOW - 30 * HOUR, NOW - 10 * HOUR)
    with Loopback(staged) as server:
        pages = pulled(connector(server), window=window)
        assert server.seen()[0].one("max_id") == snowflake(window.until)
    assert set(ids(pages)) == {one["uri"] for number, one in enumerate(STATUSES) if 10 < number + 1 <= 30}


def test_an_empty_tag_is_looked_at_from_the_newest_again():
    with Loopback(lambda _: json_answer([])) as server:
        (page,) = pulled(connector(server))
        assert page.covered[0].complete
        pulled(connector(server), page.cursor, now=NOW + HOUR)
        assert [request.one("min_id") for request in server.seen()] == [None, None]


def test_tags_come_from_the_rules_and_the_settings():
    brands = [Brand(name="Streamly", rule='streamly OR "stream ly"'), Brand(name="Globex", rule="globex OR streamly")]
    source = MastodonConnector(
        MastodonSettings(tags=["#BoycottGlobex"], instances=["mastodon.social", "fosstodon.org"]), Surroundings(brands=brands)
    )
    found = {query.name: query.brands for query in source.queries()}
    assert found["mastodon.social #streamly"] == ("Streamly", "Globex")
    assert found["fosstodon.org #globex"] == ("Globex",)
    assert found["mastodon.social #boycottglobex"] == ()
    assert source.check() is None


@pytest.mark.parametrize("settings", [{"tags": ["two words"]}, {"instances": ["https://mastodon.social"]}, {"instanses": []}])
def test_settings_that_cannot_be_are_refused(settings):
    with pytest.raises(ValueError, match=r"hashtag|instance|Extra"):
        MastodonSettings(**settings)


def test_a_boost_carries_the_text_of_what_it_repeats_and_no_counts():
    original = status(7, NOW - HOUR)
    one = read(status(8, NOW, reblog=original, content=""))
    assert (one.kind, one.repost_of_id, one.engagement, one.engagement_at) == (Kind.REPOST, original["uri"], Engagement(), None)
    assert one.text.startswith("Sound gone again")


def test_a_warning_is_the_title_and_a_quoted_post_is_named():
    quote = {"state": "accepted", "quoted_status": status(9, NOW)}
    one = read(status(8, NOW, spoiler_text="Rant", quote=quote, sensitive=True))
    assert (one.title, one.kind, one.quoted_id) == ("Rant", Kind.QUOTE, "https://tooting.example/users/ann/statuses/9")


def test_the_parent_of_a_reply_is_named_by_the_instance_where_its_uri_is_unknown():
    assert read(status(8, NOW, in_reply_to_id="77")).in_reply_to_id == "mastodon.social/77"
    assert read(status(8, NOW, in_reply_to_id="77"), uris={"77": "https://a.example/1"}).in_reply_to_id == "https://a.example/1"


def test_links_to_tags_and_accounts_are_none():
    content = (
        '<p><a href="https://a.example/@bob">@bob</a> <a href="https://a.example/tags/x">#x</a>'
        '<a href="https://news.example/a?id=1">news</a></p>'
    )
    assert read(status(8, NOW, content=content)).links == ("https://news.example/a?id=1",)


def test_a_post_of_nothing_but_a_picture_is_no_mention():
    assert not has_words(status(8, NOW, content=""))
    with Loopback(lambda request: json_answer([status(8, NOW - HOUR, content="")] if not request.one("max_id") else [])) as server:
        pages = pulled(connector(server))
        assert (ids(pages), pages[0].seen, pages[0].set_aside) == ([], 1, [])


@pytest.mark.parametrize("gone", ["uri", "created_at", "content"])
def test_a_status_without_what_it_must_have_is_odd_and_the_others_come(gone):
    odd = {key: value for key, value in status(8, NOW - HOUR).items() if key != gone}
    with Loopback(lambda request: json_answer([status(9, NOW), odd] if not request.one("max_id") else [])) as server:
        source = connector(server)
        pages = pulled(source)
        assert (len(ids(pages)), len(pages[0].set_aside)) == (1, 1)
        with pytest.raises(BadItem):
            source.read(pages[0].set_aside[0].raw, source.queries()[0], now=NOW)
        assert source.read(json.dumps(status(10, NOW)), source.queries()[0], now=NOW)[0].channel == "streamly"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://mastodon.social/@ann/114856169736898681", ("mastodon.social", "114856169736898681")),
        ("https://fosstodon.org/@ann@mastodon.social/114856169736898681?x=1", ("fosstodon.org", "114856169736898681")),
        ("https://mastodon.social/users/ann/statuses/114856169736898681", ("mastodon.social", "114856169736898681")),
        ("https://mastodon.social/@ann", None),
        ("https://medium.com/@ann/why-i-left-1234567", None),
    ],
)
def test_a_post_is_known_by_its_address(url, expected):
    assert place_of(url) == expected


def test_the_id_on_an_instance_is_told_by_the_uri_of_its_own_posts():
    assert local_id("https://mastodon.social/users/ann/statuses/1148") == ("mastodon.social", "1148")
    assert local_id("https://mastodon.social/ap/users/1170/statuses/1148") == ("mastodon.social", "1148")
    assert local_id("https://bsky.brid.gy/convert/ap/at://did:plc:x/app.bsky.feed.post/3l") is None


def test_a_second_look_sees_edits_and_deletions_of_posts_of_our_instance():
    here = "https://mastodon.social/users/ann/statuses/"
    known = [Known(f"{here}1001", NOW), Known(f"{here}1002", NOW), Known("https://tooting.example/users/ann/statuses/3", NOW)]
    (missing,) = interactions_of(recorded("mastodon/error_404_status.json"))
    edited = status(1001, NOW, uri=f"{here}1001", edited_at="2026-11-20T12:30:00.000Z")
    with Loopback() as server:
        server.on("GET", "/api/v1/statuses/1001", lambda _: json_answer(edited))
        server.on("GET", "/api/v1/statuses/1002", lambda _: missing.answer)
        looked = [one for several in connector(server).refresh(known, now=NOW, meter=NoMeter()) for one in several]
    assert [(one.source_id, one.state) for one in looked] == [(f"{here}1001", State.EDITED), (f"{here}1002", State.UNAVAILABLE)]


def test_the_meter_hears_what_the_instance_says_of_its_window():
    class Listening(NoMeter):
        heard = ()

        def told(self, bucket, *, remaining, resets_at):
            self.heard = (bucket.name, remaining, resets_at)

    meter = Listening()
    with Loopback(staged, now=lambda: datetime.now(UTC)) as server:
        pulled(connector(server), meter=meter)
    name, remaining, resets_at = meter.heard
    assert (name, remaining) == ("mastodon mastodon.social", 250)
    assert abs(resets_at - (NOW + timedelta(minutes=4))) < timedelta(seconds=5)


def test_too_many_requests_wait_for_the_written_reset():
    reset = datetime.now(UTC) + timedelta(seconds=200)
    with Loopback(staged) as server:
        server.fail(faults.too_many({"x-ratelimit-reset": reset.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}))
        with pytest.raises(StopUntil) as stop:
            pulled(connector(server))
    assert abs(stop.value.at - reset) < timedelta(seconds=5)


@pytest.mark.parametrize("code", [401, 403, 422])
def test_an_instance_for_members_only_is_told_so(code):
    with Loopback(staged) as server:
        server.fail(faults.status(code, body=b'{"error":"This method requires an authenticated user"}'))
        with pytest.raises(CredentialsRefused, match="members only"):
            pulled(connector(server))


def test_an_answer_that_is_no_list_is_a_changed_source():
    with Loopback(lambda _: json_answer({"software": "other"})) as server, pytest.raises(SourceChanged):
        pulled(connector(server))
