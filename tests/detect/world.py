"""A brand of which people speak, seen late or at once, and the rounds in which detection looks at it."""

from datetime import datetime, timedelta

import duckdb
import numpy as np
import pandas as pd

from monitor.config.models import Brand
from monitor.detect.series import BIN
from monitor.detect.watch import Watch, read_incidents
from monitor.store.upgrade import upgrade

START = datetime.fromisoformat("2026-06-01")
DAY, HOUR = 288, 12
MINUTE = timedelta(minutes=1)


def at(number):
    """The start of a bin, naive UTC."""
    return START + number * BIN


def chatter(first, last, *, level=2.0, negative=0.2, seed=0, **columns):
    """What is said in [first, last) by chance alone, `level` a bin, each by somebody else."""
    rng = np.random.default_rng(seed)
    bins = np.repeat(np.arange(first, last), rng.poisson(level, last - first))
    labels = np.where(rng.random(len(bins)) < negative, -1, 0)
    return said(bins, labels=labels, seconds=rng.integers(0, 300, len(bins)), **columns)


def said(bins, *, labels, seconds=0, late=1, text="streamly tonight", **columns):
    """Mentions of some bins, first seen `late` minutes after they were said."""
    created = np.datetime64(START) + np.asarray(bins) * np.timedelta64(5, "m") + np.asarray(seconds) * np.timedelta64(1, "s")
    rows = pd.DataFrame({"created_at": created.astype("datetime64[us]"), "label": labels, "text": text, "source": "x", "run_id": 1})
    rows["first_seen_at"] = rows.created_at + pd.to_timedelta(late, unit="m")
    return rows.assign(**columns)


class World:
    """A store, in memory unless one is given, and a Watch over it.

    heard  everything that is said, the future too; a round stores what has been seen by then
    """

    def __init__(self, *heard, sensitivity="balanced", rules=(), cover=True, timezone="UTC", con=None):
        self.con = con
        if con is None:
            self.con = duckdb.connect(config={"threads": 1})
            upgrade(self.con)
        self.brand = Brand(name="Streamly", rule="streamly", timezone=timezone)
        self.sensitivity, self.rules = sensitivity, rules
        self.con.execute("insert into brand values (?, ?, ?)", [self.brand.name, self.brand.slug, timezone])
        for run_id, kind in ((1, "live"), (2, "backfill")):
            self.con.execute(
                "insert into run values (?, ?, 'x', 'q', '', null, null, ?, null, 'running', 0, 0, 0, null)", [run_id, kind, START]
            )
        self.con.execute(
            "create temp table future (source varchar, source_id varchar, text varchar, author_name varchar, created_at timestamp, "
            "first_seen_at timestamp, likes bigint, views bigint, label tinyint, run_id bigint)"
        )
        self.known, self.stored_to = 0, START - 100 * MINUTE
        if cover:
            self.cover(0, 100 * DAY)
        if heard:
            self.hear(*heard)
        self.restart()

    def restart(self):
        """A new process."""
        self.watch = Watch([self.brand], sensitivity=self.sensitivity, rules=self.rules)

    def cover(self, first, last, *, source="x"):
        self.con.execute("insert into coverage values (?, 'q', [], ?, ?, ?, true, 1, null, 1)", [source, at(first), at(last), at(last)])

    def hear(self, *heard):
        """What will be said."""
        new = pd.concat(heard, ignore_index=True)
        new["source_id"] = [str(self.known + number) for number in range(len(new))]
        self.known += len(new)
        for name, usual in (("author_name", "a" + new.source_id), ("likes", pd.NA), ("views", pd.NA)):
            new[name] = new[name].fillna(usual) if name in new else usual
        new = new.astype({"likes": "Int64", "views": "Int64"})
        self.con.register("new", new)
        self.con.execute("insert into future by name from new")
        self.con.unregister("new")

    def store(self, now):
        """Store what has been seen by now."""
        seen = "from future where first_seen_at > $before and first_seen_at <= $now"
        when = {"before": self.stored_to, "now": now}
        bins = [row[0] for row in self.con.execute(f"select distinct time_bucket(interval 5 minutes, created_at) {seen}", when).fetchall()]
        self.con.execute(
            f"""
            insert into mention by name
            select source, source_id, 'post' as kind, text, false as text_truncated, []::varchar[] as links, author_name, created_at,
                first_seen_at, first_seen_at as fetched_at, likes, views, first_seen_at as engagement_at, 'live' as state,
                false as is_spam, run_id
            {seen}
            """,
            when,
        )
        self.con.execute(
            f"""
            insert into mention_brand by name
            select source, source_id, 'Streamly' as brand, created_at, 'text' as matched_by, []::varchar[] as matched_terms, label,
                []::varchar[] as intents, []::varchar[] as topics, false as is_own, false as is_muted, true as counted, 'vader' as scorer
            {seen}
            """,
            when,
        )
        if not bins:
            return
        span = {"first": min(bins), "last": max(bins) + BIN}
        self.con.execute("delete from rollup_5m where bin_start >= $first and bin_start < $last", span)
        self.con.execute(
            """
            insert into rollup_5m by name
            select brand, source, 'all' as facet, '' as value, time_bucket(interval 5 minutes, created_at) as bin_start,
                bin_start::date as local_day, hour(bin_start) as local_hour, count(*) as mentions, count(*) as counted,
                count(label) as scored, count(*) filter (where label = -1) as negative, 0 as neutral, 0 as positive,
                0 as muted, 0 as own, 0 as spam, 0 as duplicates, 0 as churn
            from mention_brand
            where created_at >= $first and created_at < $last
            group by all
            """,
            span,
        )
        self.stored_to = now

    def see_again(self, text, views, *, at):
        """A later look at the mentions with this text, kept as a store keeps it."""
        self.con.execute(
            "insert into engagement_history select source, source_id, 'views', engagement_at, views from mention "
            "where text = ? and views is not null",
            [text],
        )
        self.con.execute("update mention set views = ?, engagement_at = ? where text = ?", [views, at, text])

    def live(self, first, last, *, every=3):
        """A round every so many bins, four minutes after the last of them ended; what was told."""
        changes = []
        for number in range(first, last + 1, every):
            now = at(number) + 4 * MINUTE
            self.store(now)
            changes += self.watch.judge(self.con, until=at(number), now=now)
        return changes

    def incidents(self, **asked):
        return read_incidents(self.con, **asked)


def told(changes):
    """Lines and steps."""
    return [(one.incident.line, one.change) for one in changes]
