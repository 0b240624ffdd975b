"""What is known of the brands: now, or as it was known at a moment; all that detection reads beside its own memory."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import duckdb

from monitor.config.models import Rule, Sensitivity
from monitor.detect.authors import crowd
from monitor.detect.course import Loud, RuleHit
from monitor.detect.heard import Hear, UsualDay, far_heard
from monitor.detect.incidents import Crowd
from monitor.detect.loud import Top, louds, usual_tops
from monitor.detect.rules import hits
from monitor.detect.series import Bin, Bins, read_known, read_many

# how far back in time a round looks for what came meanwhile: sources are asked side by side and stored one after another
OVERLAP = timedelta(minutes=15)


class Book:
    """The store as detection reads it.

    as_of   what was seen later is left out, naive UTC; None: all that is known
    unseen  "brand:source" of the sources that the bins since `unseen_from` did not wait for
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        *,
        as_of: datetime | None = None,
        unseen: Collection[str] = (),
        unseen_from: datetime | None = None,
    ) -> None:
        self.con = con
        self.as_of = as_of
        self._unseen = frozenset(unseen)
        self._unseen_from = unseen_from

    def bins(self, brands: Sequence[str], since: datetime, until: datetime) -> dict[str, Bins]:
        """The bins of brands in [since, until)."""
        if self.as_of is None:
            return read_many(self.con, brands, since, until)
        known = read_known(self.con, brands, since, until, as_of=self.as_of)
        return {brand: self._without_unseen(brand, bins) for brand, bins in known.items()} if self._unseen else known

    def crowd(self, brand: str) -> Crowd:
        """How many count of a series of a brand, no author more than twice."""
        return lambda series, since, until: crowd(self.con, brand, series, since, until, as_of=self.as_of)

    def hear(self, brand: str, usual: UsualDay, *, is_past: bool = False) -> Hear:
        """How widely an incident of a brand is heard, where that is far above its usual day, which is kept in `usual`.

        is_past  whether usual is judged by all that is known today
        """
        return lambda onset, until: far_heard(self.con, brand, usual, onset, until, as_of=self.as_of, is_past=is_past)

    def late(
        self, brands: Sequence[str], since: datetime, until: datetime, *, seen: tuple[datetime, datetime]
    ) -> dict[str, Counter[datetime]]:
        """By brand and hour, counted mentions of bins in [since, until) that live rounds saw first in (seen], once these were judged."""
        some = self.con.execute(
            "select 1 from mention where created_at >= ? and created_at < ? and first_seen_at > ? and first_seen_at <= ? limit 1",
            [since, until, *seen],
        ).fetchall()
        if not some:
            return {}
        rows = self.con.execute(
            """
            select brand, date_trunc('hour', mention.created_at) as hour, count(*)
            from mention_brand
            join mention
                on mention.source = mention_brand.source and mention.source_id = mention_brand.source_id
                and mention.created_at = mention_brand.created_at
            join run on run.run_id = mention.run_id
            asof join (select judged_to, judged_at from judgement where judged_to > $since) as judged
                on mention.created_at < judged.judged_to
            where counted and run.kind = 'live' and list_contains($brands, brand)
                and first_seen_at > judged.judged_at and first_seen_at > $after and first_seen_at <= $to
                and mention.created_at >= $since and mention.created_at < $until
                and mention_brand.created_at >= $since and mention_brand.created_at < $until
            group by brand, hour
            """,
            {"brands": list(brands), "since": since, "until": until, "after": seen[0], "to": seen[1]},
        ).fetchall()
        came: dict[str, Counter[datetime]] = {}
        for brand, hour, count in rows:
            came.setdefault(brand, Counter())[hour] = count
        return came

    def hits(
        self, rules: Sequence[Rule], brands: Sequence[str], since: datetime, until: datetime, *, in_hindsight: bool = False
    ) -> dict[str, list[RuleHit]]:
        """What rules ask for, as first seen in (since, until], or in hindsight as said in it, by brand."""
        return hits(self.con, rules, brands, since, min(until, self.as_of or until), in_hindsight=in_hindsight)

    def tops(self, brands: Sequence[str], at: datetime, *, sensitivity: Sensitivity) -> dict[tuple[str, str], Top]:
        """The usual top engagement by brand and source."""
        return usual_tops(self.con, brands, at, sensitivity=sensitivity)

    def louds(
        self, tops: Mapping[tuple[str, str], Top], since: datetime, until: datetime, *, with_history: bool = False
    ) -> dict[str, list[Loud]]:
        """Posts seen above it in (since, until], by brand; with what is known to have been replaced since."""
        return louds(self.con, tops, since, until, with_history=with_history or self.as_of is not None)

    def _without_unseen(self, brand: str, bins: Bins) -> Bins:
        blind = {name.removeprefix(f"{brand}:") for name in self._unseen if name.startswith(f"{brand}:")}
        if self._unseen_from is None or not blind:
            return bins
        kept, partly = [], {}
        for number, one in enumerate(bins):
            hidden = blind if one.start >= self._unseen_from else set()
            kept.append({source: spoken for source, spoken in one.sources.items() if source not in hidden})
            partly[number] = {**one.partly, **{source: spoken for source, spoken in one.sources.items() if source in hidden}}
        return Bins(bins.start, kept, partly)


def unseen_of(brand: str, bins: Sequence[Bin], members: Collection[str]) -> list[str]:
    """Sources of a brand that bins did not wait for, as "brand:source"."""
    return sorted({f"{brand}:{source}" for one in bins for source in members if source not in one.sources})
