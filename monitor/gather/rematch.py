"""Judges stored texts again once a rule, a place, a list of accounts or a followed page has changed."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import duckdb
import pyarrow as pa

from monitor.collect.connector import Query
from monitor.config.models import Config
from monitor.enrich.match import Match, Matcher
from monitor.enrich.sentiment import Scorer
from monitor.enrich.table import BRAND_COLUMNS, answers_to, enrich
from monitor.gather.enricher import Enricher, places_of
from monitor.mention import GONE, Mention
from monitor.store.database import Store
from monitor.store.rematch import BrandRow, Change, Key, Stored, read_stretch, read_texts, stretches, write_changes

BATCH = 5_000
"""Texts judged and written in one transaction: a second or two, so that live rounds need not wait for long."""


@dataclass(slots=True)
class Tally:
    """What judging again changes for one brand, in texts.

    changed    of those that stay: now muted, own or counted where they were not, or the other way round
    explained  of those that stay: counted as before, though by other words, a place or a thread
    """

    come: int = 0
    go: int = 0
    stay: int = 0
    changed: int = 0
    explained: int = 0


@dataclass(frozen=True, slots=True)
class Judge:
    """The present rules, as they are applied to texts that are stored.

    followed   what pages, channels and feeds are about by the questions of today, by source and thread or channel
    placed     the places of the configuration
    is_strict  only what the configuration says today counts. Otherwise a text stays where it was counted by a place or a
               thread that nothing tells of any more: a page once followed is no longer in the configuration
    """

    matcher: Matcher
    scorer: Scorer
    brands: frozenset[str]
    followed: Mapping[tuple[str, str], str]
    placed: Collection[tuple[str, str]]
    is_strict: bool = False

    @classmethod
    def of(cls, config: Config, queries: Iterable[Query], *, is_strict: bool = False) -> "Judge":
        """The judge that a configuration asks for.

        queries  what its sources are asked now: those with `about` tell which pages are about a brand
        """
        enricher = Enricher.of(config)
        return cls(
            matcher=enricher.matcher,
            scorer=enricher.scorer,
            brands=frozenset(brand.name for brand in config.brands),
            followed={(query.source, part): query.about for query in queries if query.about for part in _parts(query.asks)},
            placed={(source, channel.casefold()) for source, channel in places_of(config.sources)},
            is_strict=is_strict,
        )

    def matches(self, stored: Stored, threads: Mapping[Key, tuple[str, ...]]) -> list[Match]:
        """The brands of a text by the present rules.

        threads  the brands of the stored roots of threads; of a root that is not stored nothing is known
        """
        mention = stored.mention
        thread = _thread_of(mention)
        if thread is not None and thread not in threads and not self.is_strict:
            threads = {thread: tuple(self._were(stored, "thread"))}
        return self.matcher.match(mention, threads, self.about(stored))

    def about(self, stored: Stored) -> str | None:
        """The brand that a text is about by where it was found, where that is known otherwise than by the places of the configuration."""
        mention = stored.mention
        for place in (mention.conversation_id, mention.channel):
            if place is not None and (found := self.followed.get((mention.source, place))):
                return found
        if self.is_strict or (mention.channel and (mention.source, mention.channel.casefold()) in self.placed):
            return None
        return next(self._were(stored, "place"), None)

    def _were(self, stored: Stored, by: str) -> Iterator[str]:
        return (brand for brand, row in stored.rows.items() if row.matched_by == by and brand in self.brands)

    def threads(self, con: duckdb.DuckDBPyConnection, batch: Sequence[Stored]) -> dict[Key, tuple[str, ...]]:
        """The brands of the stored roots of a batch's threads, as judged now; a root that was taken back keeps those it had."""
        wanted = {thread for stored in batch if (thread := _thread_of(stored.mention)) is not None}
        roots = [stored for stored in read_texts(con, wanted).values() if stored.mention.is_root]
        return {
            root.mention.key: tuple(root.rows)
            if root.mention.state in GONE
            else tuple(match.brand for match in self.matcher.match(root.mention, {}, self.about(root)))
            for root in roots
        }

    def answered(self, con: duckdb.DuckDBPyConnection, batch: Sequence[Stored]) -> dict[Key, str]:
        """What the texts of a batch quote or answer, as far as it is stored and concerns a brand by the present rules."""
        found = list(read_texts(con, {key for stored in batch for key in answers_to(stored.mention)}).values())
        threads = self.threads(con, found)
        return {one.mention.key: one.mention.whole_text for one in found if self.matches(one, threads)}


def rematch(
    store: Store,
    judge: Judge,
    *,
    brands: Collection[str],
    dry_run: bool,
    clock: Callable[[], datetime],
    on_batch: Callable[[int], None] = lambda _texts: None,
) -> Mapping[str, Tally]:
    """Judge every stored text again, batch by batch in the order of time, each batch in a transaction; what it changes, by brand.

    Killed and run again it goes on, and run twice it changes nothing more. A text's score does not depend on the rule:
    a row that stays keeps it, one that comes is scored. Erased texts keep their brands, and so does every text the
    brands that have left the configuration.

    brands    whose rows are judged; those of others stay as they are
    on_batch  told of the texts of each batch
    """
    tallies = {name: Tally() for name in brands}
    with store.opened() as con:
        planned = stretches(con, most=BATCH)
    for first, last, _ in planned:
        after: Stored | None = None
        while True:
            with store.opened() if dry_run else store.writing() as con:
                batch = read_stretch(con, first, last, after=after, most=BATCH)
                decided = _decide(con, judge, batch, tallies)
                if not dry_run:
                    write_changes(con, decided.changes, decided.added(con, judge), now=clock())
            on_batch(len(batch))
            if len(batch) < BATCH:
                break
            after = batch[-1]
    return tallies


@dataclass(slots=True)
class _Decided:
    """What becomes of a batch.

    coming  the texts that get brands they did not have, with these brands
    """

    threads: Mapping[Key, tuple[str, ...]]
    changes: list[Change] = field(default_factory=list)
    coming: list[tuple[Stored, Mapping[str, Match]]] = field(default_factory=list)

    def added(self, con: duckdb.DuckDBPyConnection, judge: Judge) -> pa.Table:
        """The rows that come, scored as if these texts had just been fetched, with all that they answer."""
        rows = BRAND_COLUMNS.empty_table()
        answered = judge.answered(con, [stored for stored, _ in self.coming])
        for about in sorted({judge.about(stored) for stored, _ in self.coming}, key=str):
            group = {stored.mention.key: (stored, new) for stored, new in self.coming if judge.about(stored) == about}
            mentions = [stored.mention for stored, _ in group.values()]
            found = enrich(
                mentions, matcher=judge.matcher, scorer=judge.scorer, threads=dict(self.threads), about=about, answered=answered
            ).brands
            keep = []
            for number, (source, source_id, brand) in enumerate(_named(found)):
                if brand in group[source, source_id][1]:
                    keep.append((number, not group[source, source_id][0].is_left_out))
            taken = found.take([number for number, _ in keep])
            counted = [before and may for before, (_, may) in zip(taken["counted"].to_pylist(), keep, strict=True)]
            place = taken.schema.get_field_index("counted")
            rows = pa.concat_tables([rows, taken.set_column(place, "counted", pa.array(counted, pa.bool_()))])
        return rows


def _decide(con: duckdb.DuckDBPyConnection, judge: Judge, batch: Sequence[Stored], tallies: Mapping[str, Tally]) -> _Decided:
    """What becomes of each text; counted in `tallies`, whose brands alone are looked at."""
    decided = _Decided(judge.threads(con, batch))
    for stored in batch:
        if stored.mention.state in GONE:
            for brand in stored.rows:
                if brand in tallies:
                    tallies[brand].stay += 1
            continue
        found = {match.brand: match for match in judge.matches(stored, decided.threads) if match.brand in tallies}
        _compare(stored, found, tallies, decided)
    return decided


def _compare(stored: Stored, found: Mapping[str, Match], tallies: Mapping[str, Tally], decided: _Decided) -> None:
    key, created_at = stored.mention.key, stored.mention.created_at
    had = {brand: row for brand, row in stored.rows.items() if brand in tallies}
    for brand, row in had.items():
        if brand not in found:
            tallies[brand].go += 1
            decided.changes.append(Change(key, brand, created_at, None))
            continue
        tallies[brand].stay += 1
        now = _row(found[brand], stored)
        if now != row:
            decided.changes.append(Change(key, brand, created_at, now))
            is_counted_as_before = replace(now, matched_by=row.matched_by, terms=row.terms) == row
            tallies[brand].explained += is_counted_as_before
            tallies[brand].changed += not is_counted_as_before
    new = {brand: match for brand, match in found.items() if brand not in had}
    for brand in new:
        tallies[brand].come += 1
    if new:
        decided.coming.append((stored, new))


def _row(match: Match, stored: Stored) -> BrandRow:
    counted = not (match.is_own or match.is_muted or stored.is_left_out)
    own_reply_to = stored.mention.in_reply_to_id if match.is_own else None
    return BrandRow(match.by, match.terms, match.is_own, match.is_muted, counted, own_reply_to)


def _thread_of(mention: Mention) -> Key | None:
    """The key of the root of the thread that a text answers in; None for a root."""
    return None if mention.is_root or mention.conversation_id is None else (mention.source, mention.conversation_id)


def _named(rows: pa.Table) -> Iterator[tuple[str, str, str]]:
    yield from zip(*(rows[name].to_pylist() for name in ("source", "source_id", "brand")), strict=True)


def _parts(asks: str) -> Iterator[str]:
    """What a question may call a thread or a channel: the whole of it, and its words."""
    yield asks
    yield from (part for part in re.split(r"[\s:=?&]+", asks) if part)
