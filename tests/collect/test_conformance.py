"""The kit finds each fault by the check that is meant for it, and none in a connector that has none."""

import json
import logging
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.collect.budget import Bucket
from monitor.collect.conformance import CHECKS, Response, Stage, check, problems
from monitor.collect.connector import Capabilities, Estimate, Looked, Query, Surroundings, Window
from monitor.collect.http import Http
from monitor.collect.items import read_items
from monitor.collect.keys import missing, needed
from monitor.collect.walk import begin
from monitor.errors import BadItem, CredentialsRefused, OutOfMoney, RetryLater, SourceChanged, StopUntil
from monitor.mention import Engagement, Kind, Mention

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
KEY, MARK = "BOOK_KEY", "a-marker-to-look-for"
ENTRIES = [
    {"id": f"e{n}", "at": (NOW - timedelta(minutes=n)).isoformat(), "text": f"Lovely tea, {n}", "likes": n % 3, "by": "ann"}
    for n in range(1, 251)
]
REQUESTS = Bucket("book requests", 1_000, timedelta(hours=1))


def serve(request):
    if request.headers.get("x-key") != MARK:
        return Response(b'{"error": "key"}', 401)
    if ids := request.one("ids"):
        found = [entry for entry in ENTRIES if entry["id"] in ids.split(",")]
        return Response(json.dumps({"entries": found}).encode())
    found = [entry for entry in ENTRIES if request.one("since") <= entry["at"] < request.one("until")]
    start = int(request.one("page") or 0)
    page = {"entries": found[start : start + 100], "next": start + 100 if len(found) > start + 100 else None}
    return Response(json.dumps(page).encode())


def changed(body, change):
    answer = json.loads(body)
    if not isinstance(answer, dict) or "entries" not in answer:
        return None
    return json.dumps({**answer, "entries": [change(n, entry) for n, entry in enumerate(answer["entries"])]}).encode()


class Book:
    """A connector without a fault; each test below puts one in."""

    source = "book"
    capabilities = Capabilities(key="paid", refresh_after=(timedelta(hours=1),), refresh_batch=10)

    def __init__(self, base_url):
        self.base_url = base_url
        self.around = Surroundings(clock=lambda: NOW)

    def http(self):
        return Http(self.source, base_url=self.base_url, headers={"X-Key": needed(self.source, KEY)})

    def queries(self):
        return [Query(self.source, "entries", asks="all")]

    def check(self):
        return missing(self.source, KEY)

    def estimate(self, query, window, *, meter):
        return Estimate(None, None, None, 0.0)

    def mention(self, entry):
        try:
            likes = entry.get("likes")
            return Mention(
                source=self.source,
                source_id=str(entry["id"]),
                kind=Kind.POST,
                created_at=datetime.fromisoformat(entry["at"]),
                fetched_at=self.around.clock(),
                author_name=entry.get("by"),
                text=entry["text"],
                engagement=Engagement(likes=likes),
                engagement_at=None if likes is None else self.around.clock(),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadItem(f"no entry: {type(error).__name__}") from None

    def begin(self, query, cursor, now, window):
        return begin(query, cursor, now=now, window=window, reach=timedelta(days=1))

    def ask(self, http, params, meter):
        meter.reserve(REQUESTS)
        return self.entries(http.get_json("entries", params))

    def entries(self, answer):
        if not isinstance(answer, dict) or not isinstance(answer.get("entries"), list):
            raise SourceChanged("book: no entries; update the connector")
        return answer

    def items(self, entries):
        return read_items(self.source, entries, self.mention, name=lambda _: "an entry")

    def pull(self, query, cursor, *, now, window, meter):
        walk = self.begin(query, cursor, now, window)
        with closing(self.http()) as http:
            yield from self.pages(http, walk, meter)

    def pages(self, http, walk, meter):
        resume = walk.resume
        while True:
            asked = {"since": walk.since.isoformat(), "until": walk.until.isoformat(), "page": resume}
            answer = self.ask(http, asked, meter)
            mentions, aside = self.items(answer["entries"])
            resume = answer.get("next")
            if resume is None:
                yield self.last(walk, mentions, seen=len(answer["entries"]), set_aside=aside)
                return
            yield self.page(walk, mentions, resume=resume, seen=len(answer["entries"]), set_aside=aside)

    def page(self, walk, mentions, **rest):
        return walk.page(mentions, **rest)

    def last(self, walk, mentions, **rest):
        return walk.last(mentions, **rest)

    def refresh(self, known, *, now, meter):
        with closing(self.http()) as http:
            answer = self.ask(http, {"ids": ",".join(one.source_id for one in known)}, meter)
        yield self.items(answer["entries"])[0]

    def read(self, raw, query, *, now):
        return [self.mention(json.loads(raw))]


STAGE = Stage(
    name="book",
    make=Book,
    serve=serve,
    ids=frozenset(entry["id"] for entry in ENTRIES),
    now=NOW,
    environment={KEY: MARK},
    spoil=lambda body, place: changed(body, lambda n, entry: {**entry, "at": "soon"} if place in (None, n) else entry),
    extend=lambda body: changed(body, lambda _, entry: {**entry, "mood": {"calm": 1}}),
    strip=lambda body: changed(body, lambda _, entry: {key: entry[key] for key in ("id", "at", "text")}),
    troubles=[(Response(b'{"error": "a strike"}', 418), SourceChanged)],
    requests_a_100=1,
)


def test_a_connector_without_a_fault_has_no_problem():
    assert problems(STAGE) == []


def test_a_connector_that_reads_threads_without_a_fault_has_no_problem():
    assert problems(replace(STAGE, make=Threaded), ["threads are read whole"]) == []


def test_every_check_is_named_and_may_be_asked_for_alone():
    assert [one.name for one in check(STAGE)] == list(CHECKS)
    assert [one.name for one in check(STAGE, ["requests are few"])] == ["requests are few"]


def test_the_environment_is_put_back(monkeypatch):
    monkeypatch.setenv(KEY, "its own value")
    list(check(STAGE, ["a first walk brings everything"]))
    assert needed("book", KEY) == "its own value"


def wraps(name, around):
    """A Book one of whose methods is another's work; `around` gets the old method first."""
    inner = getattr(Book, name)
    return type("Broken", (Book,), {name: lambda self, *args, **rest: around(inner, self, *args, **rest)})


def without_key(_inner, self):
    return Http(self.source, base_url=self.base_url)


def shifted(mention, **changes):
    return replace(mention, **{name: change(mention) for name, change in changes.items()})


def mentions(**changes):
    return wraps("mention", lambda inner, self, entry: shifted(inner(self, entry), **changes))


def tries_again(inner, self, http, params, meter):
    """Three times, with a pause between."""
    for _ in range(2):
        try:
            return inner(self, http, params, meter)
        except RetryLater:
            time.sleep(0.06)
    return inner(self, http, params, meter)


def swallows(inner, self, http, params, meter):
    try:
        return inner(self, http, params, meter)
    except (RetryLater, StopUntil):
        return {"entries": []}


def raises_as(wrong):
    def around(inner, self, http, params, meter):
        try:
            return inner(self, http, params, meter)
        except (RetryLater, StopUntil, CredentialsRefused, OutOfMoney) as error:
            raise wrong from error

    return wraps("ask", around)


def forgets_where_it_was(inner, self, query, cursor, now, window):
    return inner(self, query, {**cursor, "walk": None} if cursor else None, now, window)


def moves_high(inner, self, walk, found, **rest):
    page = inner(self, walk, found, **rest)
    return replace(page, cursor={**page.cursor, "high": walk.until.isoformat()})


def skips_a_page(inner, self, query, cursor, now, window):
    walk = inner(self, query, cursor, now, window)
    return replace(walk, resume=walk.resume + 100) if walk.resume else walk


def asks_twice(inner, self, http, params, meter):
    inner(self, http, params, meter)
    return inner(self, http, params, meter)


def in_address(inner, self, http, params, meter):
    return inner(self, http, {**params, "key": needed("book", KEY)}, meter)


def logs_it(inner, self):
    logging.getLogger("book").debug("signing in with %s", needed("book", KEY))
    return inner(self)


def tells_it(inner, self, http, params, meter):
    try:
        return inner(self, http, params, meter)
    except CredentialsRefused:
        raise CredentialsRefused(f"book: {needed('book', KEY)} is refused") from None


def drops_odd_items(_inner, self, entries):
    found = []
    for entry in entries:
        try:
            found.append(self.mention(entry))
        except BadItem:
            continue
    return found, []


def looks_in_the_future(inner, self, walk, found, **rest):
    page = inner(self, walk, found, **rest)
    return replace(page, covered=[Looked("book", walk.since, walk.until + timedelta(days=1))])


class AsksWhenMade(Book):
    def __init__(self, base_url):
        super().__init__(base_url)
        with closing(Http("book", base_url=base_url)) as http:
            http.get("hello", accept=(401,))


class NeedsItsKeyWhenMade(Book):
    def __init__(self, base_url):
        super().__init__(base_url)
        self.key = needed("book", KEY)


class NamesAnew(Book):
    """Another id for what was there before."""

    def begin(self, query, cursor, now, window):
        self.times = 2 if cursor and cursor.get("high") else 1
        return begin(query, cursor, now=now, window=window, reach=timedelta(days=1), overlap=timedelta(hours=1))

    def mention(self, entry):
        found = super().mention(entry)
        return replace(found, source_id=found.source_id * self.times)


class GivesUp(Book):
    """After one trouble it calls every walk complete."""

    troubled = False

    def pull(self, query, cursor, *, now, window, meter):
        if self.troubled:
            yield self.begin(query, cursor, now, window).last([], seen=0)
            return
        try:
            yield from super().pull(query, cursor, now=now, window=window, meter=meter)
        except RetryLater:
            self.troubled = True
            raise


class Threaded(Book):
    """Every entry opens a thread; what was said under it is asked for by name."""

    capabilities = replace(Book.capabilities, reads_threads=True)
    covers = False

    def thread(self, root):
        return Query(self.source, f"under {root.source_id}", asks=root.source_id, covers=self.covers)

    def pull(self, query, cursor, *, now, window, meter):
        if not query.name.startswith("under "):
            yield from super().pull(query, cursor, now=now, window=window, meter=meter)
            return
        with closing(self.http()) as http:
            (root,), _ = self.items(self.ask(http, {"ids": query.asks}, meter)["entries"])
        said = replace(root, source_id=f"{root.source_id}.1", conversation_id=root.source_id, in_reply_to_id=root.source_id)
        yield self.begin(query, cursor, now, window).last(self.said(root, said), seen=2)

    def said(self, root, said):
        return [root, said]


def saying(found):
    return type("Broken", (Threaded,), {"said": lambda _self, root, said: found(root, said)})


FAULTS = {
    "no question for any root": (type("Broken", (Threaded,), {"thread": lambda *_: None}), "threads are read whole"),
    "a thread that claims to cover": (type("Broken", (Threaded,), {"covers": True}), "threads are read whole"),
    "a thread without its root": (saying(lambda _root, said: [said]), "threads are read whole"),
    "nothing under any root": (saying(lambda root, _said: [root]), "threads are read whole"),
    "another thread's texts": (saying(lambda root, said: [root, replace(said, conversation_id="e0")]), "threads are read whole"),
    "asks when it is made": (AsksWhenMade, "making one asks nobody"),
    "needs its key to be made": (NeedsItsKeyWhenMade, "making one asks nobody"),
    "does not name its key": (wraps("check", lambda *_: None), "a missing key is named"),
    "finds something missing that is there": (wraps("check", lambda *_: f"book: needs {KEY}"), "a missing key is named"),
    "asks without its key": (wraps("http", without_key), "a first walk brings everything"),
    "two queries of one name": (wraps("queries", lambda inner, self: inner(self) * 2), "it says what it is"),
    "a query of another source": (wraps("queries", lambda *_: [Query("look", "entries")]), "it says what it is"),
    "loses an item": (wraps("items", lambda inner, self, entries: inner(self, entries[1:])), "a first walk brings everything"),
    "brings an item twice": (
        wraps("items", lambda inner, self, entries: inner(self, [*entries, *entries[:1]])),
        "a first walk brings everything",
    ),
    "loses what lies between two pages": (wraps("begin", skips_a_page), "a walk cut short goes on where it stopped"),
    "forgets where it was": (wraps("begin", forgets_where_it_was), "a walk cut short goes on where it stopped"),
    "moves high too early": (wraps("page", moves_high), "pages and cursors are in order"),
    "does not say that it is done": (
        wraps("last", lambda inner, self, *args, **rest: replace(inner(self, *args, **rest), is_last=False)),
        "pages and cursors are in order",
    ),
    "a cursor that is no JSON": (
        wraps("page", lambda inner, self, walk, found, **rest: inner(self, walk, found, **{**rest, "resume": {1, 2}})),
        "pages and cursors are in order",
    ),
    "does not say what it looked at": (
        wraps("last", lambda inner, self, *args, **rest: replace(inner(self, *args, **rest), covered=())),
        "pages and cursors are in order",
    ),
    "says that it looked at tomorrow": (wraps("last", looks_in_the_future), "pages and cursors are in order"),
    "takes no heed of a window": (
        wraps("begin", lambda inner, self, query, cursor, now, window: inner(self, query, cursor, now, Window())),
        "a closed window is kept to",
    ),
    "names anew what it knows": (NamesAnew, "a second walk brings nothing new"),
    "gives up after a trouble": (GivesUp, "after a trouble it goes on"),
    "asks for each page twice": (wraps("ask", asks_twice), "requests are few"),
    "a time without a zone": (mentions(created_at=lambda one: one.created_at.replace(tzinfo=None)), "mentions are sound"),
    "a time in another zone": (
        mentions(edited_at=lambda one: one.created_at.astimezone(ZoneInfo("Asia/Tokyo"))),
        "mentions are sound",
    ),
    "no words": (mentions(text=lambda _: "  "), "mentions are sound"),
    "an empty name": (mentions(author_name=lambda _: ""), "mentions are sound"),
    "the clock of the wall": (mentions(fetched_at=lambda _: datetime.now(UTC)), "mentions are sound"),
    "engagement without its time": (mentions(engagement_at=lambda _: None), "mentions are sound"),
    "another source": (mentions(source=lambda _: "look"), "mentions are sound"),
    "another text each time": (mentions(author_id=lambda _: str(time.monotonic_ns())), "mentions are the same at every sight"),
    "likes that nobody said": (
        mentions(engagement=lambda one: Engagement(likes=one.engagement.likes or 0)),
        "missing fields are unknown",
    ),
    "a field that it does not know breaks it": (
        wraps("mention", lambda inner, self, entry: inner(self, entry if "mood" not in entry else {})),
        "unknown fields change nothing",
    ),
    "a field that is missing breaks it": (
        wraps("mention", lambda inner, self, entry: inner(self, entry if "by" in entry else {})),
        "missing fields are unknown",
    ),
    "second looks at others": (
        wraps("refresh", lambda inner, self, known, **rest: inner(self, [replace(known[0], source_id="e250")], **rest)),
        "second looks are about what was asked",
    ),
    "no second looks": (wraps("refresh", lambda *_, **__: iter(())), "second looks are about what was asked"),
    "an odd item is dropped": (wraps("items", drops_odd_items), "one odd item is set aside"),
    "an odd item ends the page": (
        wraps("mention", lambda inner, self, entry: inner(self, {**entry, "at": str(datetime.fromisoformat(entry["at"]))})),
        "one odd item is set aside",
    ),
    "all odd items are dropped": (wraps("items", drops_odd_items), "all items odd are set aside"),
    "tries again by itself": (wraps("ask", tries_again), "a source in trouble is asked later"),
    "says nothing of a trouble": (wraps("ask", swallows), "a pause is kept to"),
    "raises what it met": (raises_as(ValueError("429")), "a pause is kept to"),
    "calls a refused key a pause": (raises_as(RetryLater("book: wait")), "a refused key is told"),
    "calls an empty account a pause": (raises_as(RetryLater("book: wait")), "an empty account is told"),
    "calls a pause a refused key": (raises_as(CredentialsRefused("book: no")), "a source in trouble is asked later"),
    "calls a refused allowance a pause": (raises_as(RetryLater("book: wait")), "a refused allowance is kept to"),
    "takes an answer as it comes": (wraps("entries", lambda _inner, _self, answer: answer), "an answer that is none is told"),
    "calls its own trouble another": (raises_as(SourceChanged("book: no")), "a source in trouble is asked later"),
    "a key in the address": (wraps("ask", in_address), "secrets show nowhere"),
    "a key in the log": (wraps("http", logs_it), "secrets show nowhere"),
    "a key in a message": (wraps("ask", tells_it), "secrets show nowhere"),
    "a key in its repr": (type("Broken", (Book,), {"__repr__": lambda _: f"Book({needed('book', KEY)})"}), "secrets show nowhere"),
    "a key in a mention": (mentions(author_id=lambda _: needed("book", KEY)), "secrets show nowhere"),
}  # fmt: skip


@pytest.mark.parametrize(("broken", "name"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found_by_its_check(broken, name):
    stage = replace(STAGE, make=broken, patience=0.1 if broken.__dict__.get("ask") else 5.0)
    assert [one.problems for one in check(stage, [name])] != [[]]


def test_every_check_has_a_fault_that_it_finds():
    assert {name for _, name in FAULTS.values()} | {"the source's own troubles are told"} == set(CHECKS)


def test_a_trouble_of_its_own_that_is_called_another_is_found():
    (one,) = check(replace(STAGE, troubles=[(Response(b"{}", 418), OutOfMoney)]), ["the source's own troubles are told"])
    assert len(one.problems) == 2
    assert one.problems[0].startswith("its own 418 ({}) at request 1 is told as SourceChanged")


def test_a_stage_that_is_wrong_itself_says_so():
    def breaks(request):
        raise LookupError(request.path)

    said = problems(replace(STAGE, serve=breaks), ["a first walk brings everything"])
    assert any("the stage itself raises LookupError: /entries at GET /entries" in one for one in said)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"environment": {}}, "the stage has no `environment` with markers", id="no markers"),
        pytest.param({"environment": {KEY: "short"}}, "is too short to be found again", id="a short marker"),
        pytest.param({"ids": STAGE.ids | {"e251"}}, "1 of 251 are missing: e251", id="an id too many"),
        pytest.param({"ids": STAGE.ids - {"e7"}}, "1 are brought that the stage does not name: e7", id="an id too few"),
    ],
)
def test_a_stage_that_tries_too_little_is_told(changes, said):
    assert any(said in one for one in problems(replace(STAGE, **changes)))
