"""Scores stored texts again once the scorer, or what it goes by, has changed."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import duckdb
import pyarrow as pa

from monitor.config.models import Config
from monitor.enrich.remarks import Remarks
from monitor.enrich.score import ASKED
from monitor.enrich.table import Key, answers_to, context_of, naive
from monitor.enrich.workers import Tools, score_all
from monitor.gather.enricher import Enricher
from monitor.rule import Subject
from monitor.store.database import Store
from monitor.store.rematch import Stored, read_stretch, read_texts, stretches
from monitor.store.rescore import RESCORED, Labels, Moved, RowKey, count_labels, drop_others, flip, read_answered, read_due, write_beside

BATCH = 5_000
"""Texts that are scored by one process at a time and written in one transaction."""

CHAPTER = 20
"""Batches for which it is looked up at once where what they answer stands: that looks through all that is stored."""

FEW = 20_000
"""Up to so many rows are scored by this process alone: starting others takes longer."""


@dataclass(frozen=True, slots=True)
class Target:
    """The scorer that all texts of the configured brands are to be scored with.

    scorer  its name, as it stands beside each score
    tools   makes it, in whatever process
    """

    scorer: str
    remarks: Remarks
    brands: frozenset[str]
    tools: Tools

    @classmethod
    def of(cls, config: Config) -> "Target":
        """The one that a configuration asks for.

        raises  ConfigError where it cannot be made
        """
        enricher = Enricher.of(config)
        return cls(
            scorer=enricher.scorer.name,
            remarks=enricher.matcher.remarks,
            brands=frozenset(brand.name for brand in config.brands),
            tools=enricher.tools,
        )

    def labels(self, store: Store) -> list[Labels]:
        """The stored rows by who scored them."""
        with store.opened() as con:
            return count_labels(con, scorer=self.scorer, brands=self.brands)


def due_labels(store: Store, config: Config) -> int:
    """How many stored labels another scorer gave than the one that a configuration asks for."""
    return sum(each.due for each in Target.of(config).labels(store))


def rescore(
    store: Store,
    target: Target,
    *,
    clock: Callable[[], datetime],
    processes: int | None = None,
    on_batch: Callable[[int], None] = lambda _rows: None,
) -> Mapping[str, Moved]:
    """Score all rows that another scorer scored, beside what is told of them, and then tell the new scores at once; what moved, by brand.

    Killed and run again it goes on with the first row that is not scored yet. Rows that the scorer scored as they came are
    left alone, as are texts that were taken back, labels given by hand, and brands that have left the configuration.

    processes  that score, one for each core where None
    on_batch   told of the rows of each batch, first of those that were scored before
    """
    with store.writing() as con:
        ready = drop_others(con, scorer=target.scorer)
    on_batch(ready)
    for batch, scored in score_all(_batches(store, target), target.tools, processes=processes):
        rows = batch.rows(scored, target)
        with store.writing() as con:
            write_beside(con, rows)
        on_batch(rows.num_rows)
    with store.writing() as con:
        return flip(con, scorer=target.scorer, brands=target.brands, now=clock())


@dataclass(frozen=True, slots=True)
class _Batch:
    """Texts with their brands in the order in which they are asked about, and the hashes of those rows that are due."""

    asked: Sequence[tuple[Stored, str]]
    due: Mapping[RowKey, str]

    def rows(self, scored: pa.Table, target: Target) -> pa.Table:
        """The new scores of the rows that are due, columns RESCORED."""
        columns: dict[str, list[object]] = {name: [] for name in RESCORED.names}
        said = zip(*(scored[name].to_pylist() for name in ("brand_compound", "label", "why", "intents")), strict=True)
        for (stored, brand), (compound, label, why, intents) in zip(self.asked, said, strict=True):
            mention = stored.mention
            text_hash = self.due.get((*mention.key, brand))
            if text_hash is None:
                continue
            topics = target.remarks.topics(Subject.of(mention), brand)
            row = (*mention.key, brand, naive(mention.created_at), text_hash, compound, label, why, intents, topics, target.scorer)
            for name, value in zip(RESCORED.names, row, strict=True):
                columns[name].append(value)
        return pa.table(columns, schema=RESCORED)


def _batches(store: Store, target: Target) -> Iterator[tuple[_Batch, pa.Table]]:
    """What is due, in the order of time; each batch with the table, columns ASKED, of what the scorer is asked."""
    with store.opened() as con:
        planned = stretches(con, most=BATCH)
    answered = _Answered([last for _, last, _ in planned])
    for first, last, _ in planned:
        after: Stored | None = None
        while True:
            with store.opened() as con:
                due = read_due(con, first, last, scorer=target.scorer, brands=target.brands)
                texts = read_stretch(con, first, last, after=after, most=BATCH) if due else []
                wanted = [stored for stored in texts if any((*stored.mention.key, brand) in due for brand in stored.rows)]
                known = {stored.mention.key: stored for stored in texts}
                if wanted:
                    known |= answered.read(con, wanted, first, last, but=known)
            if wanted:
                yield _batch(wanted, due, known, target)
            if len(texts) < BATCH:
                break
            after = texts[-1]


@dataclass(slots=True)
class _Answered:
    """Finds what texts quote or answer; where that stands is looked up for many batches at once.

    ends      of the stretches to come, naive UTC
    said      when what the texts up to `known_to` answer was said, as far as it is stored
    """

    ends: Sequence[datetime]
    said: Mapping[Key, datetime] = field(default_factory=dict)
    known_to: datetime | None = None

    def read(
        self, con: duckdb.DuckDBPyConnection, texts: Sequence[Stored], first: datetime, last: datetime, *, but: Collection[Key]
    ) -> dict[Key, Stored]:
        """What texts of a stretch answer, but for some that are at hand."""
        if self.known_to is None or self.known_to < last:
            number = self.ends.index(last)
            self.known_to = self.ends[number : number + CHAPTER][-1]
            self.said = read_answered(con, first, self.known_to)
        wanted = {key for stored in texts for key in answers_to(stored.mention) if key in self.said and key not in but}
        return read_texts(con, wanted, said=[self.said[key] for key in wanted])


def _batch(wanted: Sequence[Stored], due: Mapping[RowKey, str], known: Mapping[Key, Stored], target: Target) -> tuple[_Batch, pa.Table]:
    # what concerns no brand is no context when it comes either
    texts = {key: stored.mention.whole_text for key, stored in known.items() if not target.brands.isdisjoint(stored.rows)}
    asked = [(stored, brand) for stored in wanted for brand in stored.rows if brand in target.brands]
    rows = [(stored.mention.whole_text, brand, stored.mention.lang, context_of(stored.mention, texts)) for stored, brand in asked]
    return _Batch(asked, due), pa.table([list(column) for column in zip(*rows, strict=True)], schema=ASKED)
