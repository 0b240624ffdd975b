"""What turns a connector's page into a batch for the store; built once a process."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from monitor.collect.connector import Page, Query, SourceSettings, Window
from monitor.config.models import Config
from monitor.enrich.match import Matcher, Places, Threads
from monitor.enrich.score import score_table
from monitor.enrich.scorers import scorer_named
from monitor.enrich.sentiment import Scorer
from monitor.enrich.table import Matched, enriched, matched
from monitor.enrich.workers import Tools, make_tools
from monitor.store.ledger import Run
from monitor.store.write import Batch


@dataclass(frozen=True, slots=True)
class Enricher:
    """The brands' rules, the scorer, and the threads that are known to be about a brand.

    rules  identifies brands, places and scorer: a backfill under other rules is another question
    tools  makes the scorer and what goes with it in another process
    """

    matcher: Matcher
    scorer: Scorer
    rules: str
    tools: Tools
    threads: Threads = field(default_factory=dict)

    @classmethod
    def of(cls, config: Config) -> "Enricher":
        """The enricher that a configuration asks for."""
        places = places_of(config.sources)
        scorer = scorer_of(config)
        said = [
            [brand.model_dump(mode="json") for brand in config.brands],
            sorted((*key, about) for key, about in places.items()),
            scorer.name,
        ]
        tools = partial(make_tools, config.scoring.scorer, tuple(config.brands), _model_of(config))
        return cls(Matcher(config.brands, places), scorer, json.dumps(said, sort_keys=True), tools)

    def matched(self, page: Page, query: Query) -> Matched:
        """Whom a page's mentions concern; pages are matched in their order."""
        return matched(page.mentions, matcher=self.matcher, threads=self.threads, about=query.about, about_by_id=page.about)

    def batch(
        self, page: Page, *, query: Query, run: Run, is_settled: bool = True, scored: tuple[Matched, pa.Table] | None = None
    ) -> Batch:
        """A page's mentions matched and scored, with all that is stored beside them.

        scored  what `matched` made of it, and its answers, where others have scored it
        """
        remarks = self.matcher.remarks
        if scored is None:
            found = self.matched(page, query)
            scored = found, score_table(found.asked, scorer=self.scorer, remarks=remarks)
        return Batch(
            enriched=enriched(*scored, remarks=remarks, scorer=self.scorer.name),
            query=query,
            run_id=run.run_id,
            direction=run.direction,
            cursor=page.cursor,
            seen=page.seen,
            covered=page.covered,
            set_aside=page.set_aside,
            is_settled=is_settled,
        )

    def fingerprint(self, query: Query, window: Window) -> str:
        """What identifies a question: asked again under the same rules, it is the same run."""
        asked = [query.source, query.name, str(window.since), str(window.until), self.rules]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def scorer_of(config: Config) -> Scorer:
    """The scorer that a configuration asks for.

    raises  ConfigError where there is none of that name, or its model cannot be read
    """
    return scorer_named(config.scoring.scorer, brands=config.brands, model=_model_of(config))


def _model_of(config: Config) -> Path | None:
    return config.scoring.model and config.folder / config.scoring.model


def places_of(sections: Mapping[str, Any]) -> Places:
    """Which places are about a brand, from every source's section of the configuration."""
    settings: Sequence[tuple[str, SourceSettings]] = list(sections.items())
    return {(place.source or source, place.channel): place.about for source, section in settings for place in section.places}
