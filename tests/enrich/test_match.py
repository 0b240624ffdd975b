import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.models import Mute
from monitor.enrich.match import Matcher, match_all
from tests.builders import brand, mention

STREAMLY = brand(
    exclude='"streamly stables"',
    own_handles=["x:@StreamlyHelp", "reddit:streamly_team"],
    mute=Mute(authors=["@LoudBot", "77"], sites=["Spam.example"]),
)
VUEBOX = brand("Vuebox")
PLACES = {("reddit", "Streamly"): "STREAMLY", ("reddit", "vuebox"): "Vuebox"}
MATCHER = Matcher([STREAMLY, VUEBOX], PLACES)
THREADS = {("reddit", "root"): ("Streamly",)}


def matched(text, threads=THREADS, **changes):
    return {(match.brand, match.by) for match in MATCHER.match(mention(text=text, **{"source": "reddit", **changes}), threads)}


@pytest.mark.parametrize(
    ("text", "where", "brands"),
    [
        pytest.param("Streamly or Vuebox?", {}, {("Streamly", "text"), ("Vuebox", "text")}, id="text, two brands"),
        pytest.param("nothing", {}, set(), id="nobody"),
        pytest.param("it froze", {"channel": "streamly"}, {("Streamly", "place")}, id="place"),
        pytest.param("it froze", {"channel": "STREAMLY"}, {("Streamly", "place")}, id="place without case"),
        pytest.param("it froze", {"channel": "streamly", "source": "x"}, set(), id="place of another source"),
        pytest.param("it froze", {"conversation_id": "root"}, {("Streamly", "thread")}, id="thread"),
        pytest.param("it froze", {"conversation_id": "other"}, set(), id="unknown thread"),
        pytest.param("it froze", {"conversation_id": "root", "source": "x"}, set(), id="thread of another source"),
        pytest.param("it froze", {"channel": "vuebox", "conversation_id": "root"}, {("Vuebox", "place")}, id="place before thread"),
        pytest.param("vuebox is better", {"channel": "streamly"}, {("Vuebox", "text")}, id="place, text names another"),
        pytest.param("vuebox is better", {"conversation_id": "root"}, {("Vuebox", "text")}, id="thread, text names another"),
        pytest.param(
            "streamly or vuebox", {"channel": "streamly"}, {("Streamly", "text"), ("Vuebox", "text")}, id="place, text names both"
        ),
        pytest.param("Streamly Stables: hay", {}, set(), id="exclude over text"),
        pytest.param("Streamly Stables: hay", {"channel": "streamly"}, set(), id="exclude over place"),
        pytest.param("Streamly Stables: hay", {"conversation_id": "root"}, set(), id="exclude over thread"),
        pytest.param("streamly stables and vuebox", {}, {("Vuebox", "text")}, id="exclude of one of two"),
        pytest.param("streamly stables", {"channel": "vuebox"}, {("Vuebox", "place")}, id="an excluded text does not name its brand"),
        pytest.param(None, {"channel": "streamly"}, {("Streamly", "place")}, id="place without a text"),
    ],
)
def test_a_mention_belongs_by_its_text_else_its_place_else_its_thread(text, where, brands):
    assert matched(text, **where) == brands


@pytest.mark.parametrize(
    ("changes", "flags"),
    [
        pytest.param({}, (False, False), id="anybody"),
        pytest.param({"source": "x", "author_name": "streamlyhelp"}, (True, False), id="own by name"),
        pytest.param({"source": "x", "author_name": "@STREAMLYHELP"}, (True, False), id="own, sign and case"),
        pytest.param({"source": "reddit", "author_name": "streamlyhelp"}, (False, False), id="same name at another source"),
        pytest.param({"source": "reddit", "author_id": "Streamly_Team"}, (True, False), id="own by id"),
        pytest.param({"author_name": "loudbot"}, (False, True), id="muted by name"),
        pytest.param({"author_id": "77"}, (False, True), id="muted by id"),
        pytest.param({"url": "https://spam.example/1"}, (False, True), id="muted site"),
        pytest.param({"url": "https://blog.SPAM.example/1"}, (False, True), id="muted subdomain"),
        pytest.param({"url": "https://notspam.example/1"}, (False, False), id="longer site"),
        pytest.param({"links": ["https://www.spam.example/"]}, (False, True), id="links to a muted site"),
        pytest.param({"links": ["http://[broken"], "url": "http://[broken"}, (False, False), id="broken addresses"),
        pytest.param({"source": "x", "author_name": "streamlyhelp", "author_id": "77"}, (True, True), id="own and muted"),
        pytest.param({"author_name": None}, (False, False), id="nobody known"),
    ],
)
def test_own_and_muted_accounts_are_marked(changes, flags):
    (match,) = MATCHER.match(mention(**changes), {})
    assert (match.is_own, match.is_muted) == flags


def test_what_the_rule_found_is_kept_once():
    (match,) = Matcher([brand(rule="streamly OR streamly OR author:ann")]).match(mention(), {})
    assert match.terms == ("streamly", "author:ann")


ROOT = mention("root", "streamly is down", source="reddit", conversation_id="root")
REPLY = mention("reply", "same here", source="reddit", conversation_id="root", in_reply_to_id="root")


def brands_of(mentions, threads):
    return [[match.brand for match in found] for _, found in match_all(mentions, MATCHER, threads)]


@pytest.mark.parametrize("page", [pytest.param([ROOT, REPLY], id="root first"), pytest.param([REPLY, ROOT], id="reply first")])
def test_a_thread_is_judged_by_its_root_wherever_it_stands_in_the_page(page):
    threads = {}
    assert brands_of(page, threads) == [["Streamly"], ["Streamly"]]
    assert threads == {("reddit", "root"): ("Streamly",)}


def test_a_reply_makes_no_thread():
    threads = {}
    deeper = mention("deeper", "me too", source="reddit", conversation_id="elsewhere", in_reply_to_id="reply")
    naming = mention("reply", "streamly!", source="reddit", conversation_id="elsewhere", in_reply_to_id="elsewhere")
    assert brands_of([naming, deeper], threads) == [["Streamly"], []]
    assert threads == {}


def test_a_thread_ends_when_its_root_is_edited_to_name_nobody():
    threads = {("reddit", "root"): ("Streamly",)}
    edited = mention("root", "never mind", source="reddit", conversation_id="root")
    assert brands_of([REPLY, edited], threads) == [[], []]
    assert threads == {}


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_matching_survives_any_mention(text, name, address):
    match_all([mention(text=text, channel=name, author_name=name, url=address, links=[address])], MATCHER, {})
