"""Single posts that climb past what a brand's loudest usually reach, though nobody says more than usual."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log

import duckdb

from monitor.config.models import Sensitivity
from monitor.detect.budget import BUDGETS
from monitor.detect.course import Loud

# of a brand's budget of false alerts, what posts have
LOUD_HAS = 0.1
# how many values of 1 are mixed in where a tail is estimated
PRIOR = 3
# reactions below which no post is loud, and days of the source that must be known
LEAST, GRACE_DAYS = 100, 7
KNOWN, GAP = timedelta(days=28), timedelta(days=1)
# how old a post may be: an old one that is found again is no news
FRESH = timedelta(hours=48)
ENGAGEMENT = "coalesce(likes, 0) + coalesce(replies, 0) + coalesce(reposts, 0) + coalesce(quotes, 0) + coalesce(score, 0)"
_KEYS = ("likes", "replies", "reposts", "quotes", "score")


@dataclass(frozen=True, slots=True)
class Top:
    """The most reactions that a brand's mentions on one source usually reach.

    usual  the most of the days before
    loud   reactions from which a post is loud
    """

    usual: int
    loud: float


def usual_tops(
    con: duckdb.DuckDBPyConnection, brands: Sequence[str], at: datetime, *, sensitivity: Sensitivity
) -> dict[tuple[str, str], Top]:
    """By brand and source, the top of the counted mentions of the 28 days before yesterday; where seven of them had any reactions."""
    rows = con.execute(
        f"""
        select brand, mention.source, max({ENGAGEMENT}) as top
        from mention
        join mention_brand
            on mention_brand.source = mention.source and mention_brand.source_id = mention.source_id
            and mention_brand.created_at = mention.created_at
        where counted and list_contains($brands, brand) and coalesce(likes, replies, reposts, quotes, score) is not null
            and mention.created_at >= $since and mention.created_at < $until
            and mention_brand.created_at >= $since and mention_brand.created_at < $until
        group by brand, mention.source, mention.created_at::date
        """,
        {"brands": list(brands), "since": at - GAP - KNOWN, "until": at - GAP},
    ).fetchall()
    days: dict[tuple[str, str], list[int]] = defaultdict(list)
    for brand, source, top in rows:
        days[brand, source].append(max(1, int(top)))
    known = {key: tops for key, tops in days.items() if len(tops) >= GRACE_DAYS}
    sources = Counter(brand for brand, _ in known)
    return {
        key: Top(max(tops), max(LEAST, loud_from(tops, false_alerts=LOUD_HAS * BUDGETS[sensitivity] / sources[key[0]])))
        for key, tops in known.items()
    }


def loud_from(tops: Sequence[int], *, false_alerts: float) -> float:
    """The reactions that a day's top reaches so many times a month by chance.

    tops          the largest of each earlier day, 1 or more
    false_alerts  a month of 30 days, above 0
    source        of n days and the next, each is as likely to hold the largest: the next exceeds it with chance 1/(n + 1), and c times
                  it with c^-a/(n + 1) where the tail is Pareto's; a by Hill (1975) over the upper third, three values of 1 mixed in

    >>> [round(loud_from([100, 90, 80, 70, 60, 50, 40] * 4, false_alerts=each)) for each in (0.1, 1)]
    [253, 101]
    """
    ordered = sorted(tops, reverse=True)
    upper = ordered[: max(3, len(ordered) // 3)]
    spread = (PRIOR + sum(log(top / upper[-1]) for top in upper[:-1])) / (PRIOR + len(upper) - 1)
    return float(ordered[0] * max(1.0, 30 / (len(tops) + 1) / false_alerts) ** spread)


def louds(
    con: duckdb.DuckDBPyConnection,
    tops: Mapping[tuple[str, str], Top],
    since: datetime,
    until: datetime,
    *,
    with_history: bool = False,
) -> dict[str, list[Loud]]:
    """By brand, the fresh posts, kind or unkind, whose reactions, as seen in (since, until], are far above the usual top.

    with_history  also as they were seen before they were seen again
    """
    if not tops:
        return {}
    rows = con.execute(
        f"""
        select brand, mention.source, mention.source_id, mention.created_at, mention_brand.label,
            coalesce(engagement_at, fetched_at) as seen_at, {", ".join(_KEYS)}
        from mention
        join mention_brand
            on mention_brand.source = mention.source and mention_brand.source_id = mention.source_id
            and mention_brand.created_at = mention.created_at
        where counted and mention_brand.label <> 0 and mention.created_at >= $fresh and mention.created_at < $until
            and mention_brand.created_at >= $fresh and mention_brand.created_at < $until
            and ($with_history or coalesce(engagement_at, fetched_at) > $since)
            and {ENGAGEMENT} >= $least
        order by seen_at, mention.source, mention.source_id
        """,
        {
            "fresh": since - FRESH,
            "since": since,
            "until": until,
            "with_history": with_history,
            "least": min(top.loud for top in tops.values()),
        },
    ).fetchall()
    before = _history(con, [(row[1], row[2]) for row in rows]) if with_history and rows else {}
    found: dict[str, list[Loud]] = defaultdict(list)
    for brand, source, source_id, created_at, label, seen_at, *now in rows:
        top = tops.get((brand, source))
        if top is None:
            continue
        counts = dict(zip(_KEYS, now, strict=True))
        for at, engagement in _seen(counts, seen_at, before.get((source, source_id), [])):
            if since < at <= until and engagement >= top.loud and created_at >= at - FRESH:
                found[brand].append(Loud(source, source_id, created_at, label, engagement, top.usual, at))
    return dict(found)


def _seen(now: dict[str, int | None], seen_at: datetime, before: Sequence[tuple[datetime, str, float]]) -> list[tuple[datetime, int]]:
    """When a post was seen with how many reactions; `before` are the values that were replaced, the newest first."""
    counts = dict(now)
    seen = [(seen_at, sum(value or 0 for value in counts.values()))]
    for at, key, value in before:
        counts[key] = int(value)
        total = sum(count or 0 for count in counts.values())
        if seen[-1][0] == at:
            seen.pop()
        seen.append((at, total))
    return seen[::-1]


def _history(con: duckdb.DuckDBPyConnection, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], list[tuple[datetime, str, float]]]:
    rows = con.execute(
        "select source, source_id, counted_at, key, value from engagement_history where list_contains(?, source || ':' || source_id) "
        "and list_contains(?, key) order by counted_at desc, key",
        [[f"{source}:{source_id}" for source, source_id in keys], list(_KEYS)],
    ).fetchall()
    told: dict[tuple[str, str], list[tuple[datetime, str, float]]] = defaultdict(list)
    for source, source_id, at, key, value in rows:
        told[source, source_id].append((at, key, value))
    return told
