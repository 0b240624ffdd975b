"""Two brands over six weeks, the end of summer time, a backlash, a gap, days nobody looked at, and hostile texts."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from monitor.config.models import Brand
from monitor.detect.evidence import Beside, Evidence, Example, FacetShare, Named, Reach, RisingTerm, SourceShare, Thread
from monitor.store.database import Store
from monitor.store.publish import POINTER, publish
from monitor.store.rollup import rebuild
from monitor.store.upgrade import upgrade
from monitor.tell.published import opened

STREAMLY = Brand(name="Streamly", rule="streamly", timezone="America/New_York")
VUEBOX = Brand(name="Vuebox", rule="vuebox", timezone="Asia/Kathmandu")
START, END = datetime(2026, 9, 20, tzinfo=UTC), datetime(2026, 11, 14, 12, tzinfo=UTC)
# Sunday 1 November has 25 hours in New York
BACKLASH_AT = datetime(2026, 11, 1, 14, 5, tzinfo=UTC)
GAP = (datetime(2026, 11, 10, 7, 10, tzinfo=UTC), datetime(2026, 11, 10, 8, tzinfo=UTC))
DARK = (datetime(2026, 11, 12, 3, tzinfo=UTC), datetime(2026, 11, 13, 7, tzinfo=UTC))

HOSTILE = "<script>alert(1)</script> Streamly \u202eevil\u202c \x1b[31mred\x1b[0m\r\n=cmd|'/c calc'!A0 " + "and so on " * 40
_FIRST = Example(
    "reddit:e0",
    "reddit",
    "television",
    "bob",
    "2026-11-01T14:05:10",
    "Streamly <i>splits</i> its plans\nHere is the letter.",
    "https://r.example/e0",
    -1,
    None,
)
EVIDENCE = Evidence(
    counted=431,
    negative=390,
    positive=4,
    terms=[RisingTerm("price hike", 112, 0.4), RisingTerm("two <b>bills</b>", 60, 0.0)],
    sources=[SourceShare("reddit", 301, 12.0, 0), SourceShare("x", 130, 8.0, 22), SourceShare("hackernews", 0, 0.0, None)],
    rivals=[Named("Vuebox", 41), Named("Nobody", 0)],
    authors=388,
    top_author_share=0.008,
    examples=[
        Example(
            "reddit:e1",
            "reddit",
            "television",
            "ann",
            "2026-11-01T14:11:00",
            "Twice the price. Cancelled.",
            "https://r.example/e1",
            -1,
            212,
            "unkind",
        ),
        Example("x:e2", "x", None, None, "2026-11-01T14:19:00+00:00", HOSTILE, "javascript:alert(2)", -1, None),
    ],
    coverage=0.92,
    query="select count(*)\nfrom v_mentions",
    causes=["price hike", "two <b>bills</b>"],
    intents=[
        FacetShare("churn", 263, 1.2, 0.61),
        FacetShare("cancel", 230, 1.2, 0.53),
        FacetShare("question", 20, 2.0, 0.04),
        FacetShare("switch_to:Vuebox", 41, 0.0, 0.1),
    ],
    topics=[FacetShare("pricing", 250, 4.0, 0.58)],
    beside=[Beside("hashtag", "#twobills", 31, 0.0)],
    rule="rule: 'streamly OR #twobills'",
    first=_FIRST,
    thread=Thread(_FIRST, 240, 0.557),
    copies=12,
    reach=Reach(443, 2_900, 120, 81_000, 300, 9_400, 23),
    event_at="2026-11-01T13:56:00Z",
)


def naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)


def _insert_mentions(con: duckdb.DuckDBPyConnection) -> None:
    """One mention an hour and brand, two from X, and the loud ones of single days."""
    hours = int((END - START) / timedelta(hours=1))
    rows = []
    for hour in range(hours):
        at = START + timedelta(hours=hour, minutes=7)
        if DARK[0] <= at < DARK[1]:
            continue
        for brand, every in ((STREAMLY, 1), (VUEBOX, 3)):
            if hour % every:
                continue
            for source in ("reddit", "x"):
                if source == "x" and GAP[0] <= at < GAP[1]:
                    continue
                label = (-1, 0, 0, 1, None)[(hour + (source == "x")) % 5]
                rows.append((source, f"{brand.slug}-{source}-{hour}", brand.name, at, label, f"of {brand.name} {hour}", 3, "en", "counted"))
    for n in range(120):
        rows.append(("reddit", f"loud{n}", "Streamly", BACKLASH_AT + timedelta(minutes=n), -1, "cancelling", 5, "en", "counted"))
    day = datetime(2026, 11, 10, 15, tzinfo=UTC)
    rows += [
        ("reddit", "hostile", "Streamly", day, -1, HOSTILE, 9000, "en", "counted"),
        ("x", "kind", "Streamly", day, 1, "the captain's log chat made my week", 1204, "en", "counted"),
        ("x", "spanish", "Streamly", day, None, "no me gusta", 1, "es", "counted"),
        ("x", "spam", "Streamly", day, -1, "buy followers", 99999, "en", "spam"),
    ]
    values = [
        (source, id_, brand, naive(at), label, text, likes, lang, booked, f"https://{source}.example/{id_}")
        for source, id_, brand, at, label, text, likes, lang, booked in rows
    ]
    con.execute(
        "create temp table given (source varchar, source_id varchar, brand varchar, created_at timestamp, label tinyint,"
        " text varchar, likes bigint, lang varchar, booked varchar, url varchar)"
    )
    con.executemany("insert into given values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    con.execute("update given set url = 'javascript:alert(1)' where source_id = 'hostile'")
    con.execute("""
        insert into mention by name
        select
            source, source_id, 'comment' as kind, case when source = 'reddit' then 'television' end as channel, url, text,
            false as text_truncated, lang, []::varchar[] as links, 'a' || source_id as author_id,
            case when source_id = 'hostile' then '<img src=x onerror=alert(3)>' else 'ann' end as author_name,
            created_at, created_at as first_seen_at, created_at as fetched_at, likes, 'live' as state,
            booked = 'spam' as is_spam, 1 as run_id
        from given
    """)
    con.execute("""
        insert into mention_brand by name
        select
            source, source_id, brand, created_at, 'text' as matched_by, [brand] as matched_terms, label, 0.9 * label as brand_compound,
            case when text = 'cancelling' then ['cancel'] else [] end as intents, []::varchar[] as topics,
            false as is_own, false as is_muted, booked = 'counted' as counted, 'vader' as scorer
        from given
    """)


def _insert_coverage(con: duckdb.DuckDBPyConnection) -> None:
    stretches = [("reddit", START, DARK[0]), ("reddit", DARK[1], END)]
    stretches += [("x", START, GAP[0]), ("x", GAP[1], DARK[0]), ("x", DARK[1], END)]
    rows = [(source, "all", [], naive(since), naive(until), naive(until), True, 1, None, 1) for source, since, until in stretches]
    rows.append(("x", "all", [], *map(naive, GAP), naive(GAP[1]), False, 0, "rate\x1b[2J limited", 1))
    rows.append(("disqus", "all", ["Streamly"], naive(START), naive(END), naive(END), False, 0, "no key", 1))
    con.executemany("insert into coverage values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("published") / "analytics-7.duckdb"
    with duckdb.connect(str(path)) as con:
        upgrade(con)
        con.executemany("insert into brand values (?, ?, ?)", [(each.name, each.slug, each.timezone) for each in (STREAMLY, VUEBOX)])
        _insert_coverage(con)
        _insert_mentions(con)
        con.execute("insert into event values ('Plan prices rise 60 %', 'Streamly', timestamp '2026-11-01 13:56', null)")
        con.execute(
            """
            insert into incident by name
            select
                'streamly-20261101-1' as id, 'Streamly' as brand, 'resolved' as state, 'backlash' as direction, 'critical' as severity,
                'live' as origin, 'detector' as found_by, ['volume', 'negative'] as series,
                timestamp '2026-11-01 14:05' as onset_at, timestamp '2026-11-01 14:14' as noticed_at,
                timestamp '2026-11-02 09:40' as resolved_at, timestamp '2026-11-01 15:00' as peak_at,
                112 as peak, 8.2 as expected_low, 21.4 as expected_high, 431 as observed, 390 as negative, 7.5 as strength,
                'reddit' as first_source, 'loud0' as first_source_id, 'Plan prices rise 60 %' as event,
                'Backlash over prices' as summary, ? as evidence
            """,
            [EVIDENCE.to_json()],
        )
        rebuild(con)
    link = path.with_name("analytics.duckdb")
    link.symlink_to(path.name)
    return link


@pytest.fixture(scope="session")
def lake(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same data, published as a lake: the link to its newest copy."""
    above = tmp_path_factory.mktemp("lake")
    with Store(above / "data", command="test") as store:
        shutil.copyfile(published, store.path)
        publish(store, above / "published", now=END, lake=True)
    return above / "published" / POINTER


@pytest.fixture
def con(published):
    with opened(published) as con:
        yield con
