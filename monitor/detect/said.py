"""The mentions that an incident is explained by, and those of the days before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb

from monitor.detect.evidence import Example, Mood
from monitor.detect.sure import mood_of
from monitor.enrich.intent import is_churn
from monitor.text import folded

BASELINE = timedelta(days=7)
# read of an incident, and of the days before it; of more a fixed sample
READ, READ_BEFORE = 10_000, 5_000


@dataclass(frozen=True, slots=True)
class Said:
    """One counted mention; `shown` and `text` hold title and all, as written and folded, "" where it is gone.

    author     with its source, as "x:name"
    thread     id of its thread's first text
    is_shared  it is a mention of another brand too
    """

    source: str
    source_id: str
    created_at: datetime
    channel: str | None
    author: str | None
    shown: str
    url: str | None
    label: int | None
    compound: float | None
    why: str | None
    engagement: int | None
    intents: Sequence[str]
    links: Sequence[str]
    thread: str
    is_shared: bool
    text: str

    @property
    def is_leaving(self) -> bool:
        """Whether it says that its author leaves."""
        return any(map(is_churn, self.intents))

    @property
    def is_outage(self) -> bool:
        """Whether it reports a fault."""
        return "outage_report" in self.intents

    @property
    def is_praise(self) -> bool:
        """Whether it praises, and means it: thanks in a complaint are none."""
        return "praise" in self.intents and self.label != -1

    @property
    def mood(self) -> Mood | None:
        """Kind or unkind, where that is sure."""
        return mood_of(self.shown, label=self.label, compound=self.compound, why=self.why)

    def example(self) -> Example:
        """As it is shown."""
        return Example(
            mention_id=f"{self.source}:{self.source_id}",
            source=self.source,
            channel=self.channel,
            author=None if self.author is None else self.author.partition(":")[2],
            created_at=self.created_at.isoformat() + "Z",
            text=self.shown,
            url=self.url,
            label=self.label,
            engagement=self.engagement,
            mood=self.mood,
        )


def read_said(
    con: duckdb.DuckDBPyConnection,
    brand: str,
    since: datetime,
    until: datetime,
    *,
    before: datetime | None = None,
    at_most: int,
    out_of: int,
) -> list[Said]:
    """Counted mentions of a stretch, times naive UTC; a sample where there are more than `at_most`, always the same of the same ones.

    out_of  about how many there are: so that millions need not be sorted
    before  leaves out the brand's other incidents that began before it; None: leaves out nothing
    """
    rows = con.execute(
        """
        with named as materialized (
            select source, source_id, created_at, label, brand_compound, why, intents
            from mention_brand
            where brand = $brand and counted and created_at >= $since and created_at < $until and hash(source_id) % $every::ubigint = 0
                and not exists (
                    select 1 from incident
                    where incident.brand = $brand and incident.onset_at < $before
                        and created_at >= incident.onset_at and created_at < coalesce(incident.resolved_at, $until)
                )
            order by hash(source_id), source_id, source
            limit $at_most
        ),
        others as (
            select distinct source, source_id
            from mention_brand
            where brand <> $brand and created_at >= $since and created_at < $until
        )
        select
            source, source_id, created_at, channel, source || ':' || coalesce(author_name, author_id), concat_ws(chr(10), title, text), url,
            named.label, brand_compound, why,
            case when coalesce(likes, replies, reposts, quotes, score) is not null
                then coalesce(likes, 0) + coalesce(replies, 0) + coalesce(reposts, 0) + coalesce(quotes, 0) + coalesce(score, 0)
            end,
            intents, links, coalesce(conversation_id, source_id), others.source is not null
        from named
        join mention using (source, source_id, created_at)
        left join others using (source, source_id)
        where created_at >= $since and created_at < $until
        order by hash(source_id), source_id, source
        """,
        {"brand": brand, "since": since, "until": until, "before": before, "at_most": at_most, "every": max(1, out_of // at_most)},
    ).fetchall()
    columns: list[list[Any]] = [[*row, folded(row[5])] for row in rows]
    return [Said(*values) for values in columns]


def read_earliest(con: duckdb.DuckDBPyConnection, brand: str, since: datetime, until: datetime, *, at_most: int) -> list[Said]:
    """The earliest counted mentions of a stretch, times naive UTC; of one moment all or none."""
    rows = con.execute(
        """
        select created_at from mention_brand
        where brand = ? and counted and created_at >= ? and created_at < ?
        order by created_at
        limit 1 offset ?
        """,
        [brand, since, until, at_most],
    ).fetchall()
    return read_said(con, brand, since, rows[0][0] if rows else until, at_most=at_most, out_of=at_most)


def read_one(con: duckdb.DuckDBPyConnection, source: str, source_id: str, *, since: datetime, until: datetime) -> Example | None:
    """One stored text, whomever it concerns; None where it is not there, or erased."""
    rows = con.execute(
        """
        select source, channel, coalesce(author_name, author_id), created_at, concat_ws(chr(10), title, text), url, engagement
        from v_texts
        where source = ? and source_id = ? and created_at >= ? and created_at < ? and coalesce(title, text) is not null
        """,
        [source, source_id, since, until],
    ).fetchall()
    if not rows:
        return None
    _, channel, author, created_at, text, url, engagement = rows[0]
    return Example(f"{source}:{source_id}", source, channel, author, created_at.isoformat() + "Z", text, url, None, engagement)
