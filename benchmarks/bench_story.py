"""How soon the three planted events are noticed, over many seeds of the made story.

    python benchmarks/bench_story.py [--seeds 20]

Every seed's story is matched, scored and stored as in the demo, then judged by the detector bin by bin, in an
in-memory database. Delay: from the first mention to the end of the bin that alerted; live collection adds the
two minutes of the slowest source. Missed: not found above "info" as exactly one incident of its direction. Extra:
an incident above "info" that nothing planted explains, in six weeks of three brands.
"""

import argparse
import statistics
from collections import defaultdict
from datetime import UTC, datetime

import duckdb
import yaml

from connectors.file import FileSettings
from monitor.collect.connector import Looked, Query
from monitor.config.models import Config
from monitor.demo import Findings, compare
from monitor.detect.watch import hindsight, read_incidents
from monitor.enrich.table import enrich
from monitor.gather.enricher import Enricher
from monitor.store.database import sync_brands
from monitor.store.events import add_event
from monitor.store.upgrade import upgrade
from monitor.store.write import Batch, save
from monitor.story.configuration import CONFIG
from monitor.story.story import make_story


def judged(seed: int, config: Config) -> Findings:
    """One seed's story, and what was found in it."""
    story = make_story(seed=seed)
    enricher = Enricher.of(config)
    con = duckdb.connect(config={"threads": 2})
    con.execute("set timezone = 'UTC'")
    upgrade(con)
    sync_brands(con, config.brands)
    for event in story.events:
        add_event(con, name=event.name, brand=event.brand, at=event.at)
    enriched = enrich(
        [seen for seen in story.observations if seen.text is not None],
        matcher=enricher.matcher,
        scorer=enricher.scorer,
        threads=enricher.threads,
    )
    covered = [Looked(source, story.starts_at, story.ends_at) for source in ("reddit", "x", "comments")]
    batch = Batch(enriched, Query("story", "all"), 1, "1", {}, len(story.observations), covered)
    save(con, [batch], now=story.ends_at)
    hindsight(con, config.brands, sensitivity=config.detect.sensitivity, run_id=1, now=story.ends_at)
    return compare(story.truth, read_incidents(con))


def main() -> None:
    """Print a line a seed, then the summary."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seeds", type=int, default=20)
    seeds = range(1, arguments.parse_args().seeds + 1)
    raw = yaml.safe_load(CONFIG)
    sources = {"file": FileSettings.model_validate(raw.pop("sources")["file"])}
    config = Config.model_validate(raw).model_copy(update={"sources": sources})
    delays: dict[str, list[float]] = defaultdict(list)
    missed: dict[str, int] = defaultdict(int)
    extras = 0
    for seed in seeds:
        findings = judged(seed, config)
        told = []
        for one in findings.found:
            direction = one.planted.direction
            if one.delay is not None:
                delays[direction].append(one.delay.total_seconds() / 60)
            missed[direction] += not one.is_right
            delay = "never" if one.delay is None else f"{one.delay.total_seconds() / 60:.0f} min"
            told.append(f"{direction} {delay}{'' if one.is_right else ' (not as planted)'}")
        extras += len(findings.extra)
        print(
            f"seed {seed:>3}   {'   '.join(told)}   extra: {', '.join(f'{one.id} {one.direction}' for one in findings.extra) or 'none'}",
            flush=True,
        )
    print(f"\nmade story, {len(seeds)} seeds, balanced, {datetime.now(UTC):%Y-%m-%d}")
    for direction, minutes in delays.items():
        middle, worst = statistics.median(minutes), max(minutes)
        print(f"   {direction:<9} median {middle:5.0f} min   worst {worst:5.0f} min   missed {missed[direction]} of {len(seeds)}")
    print(f"   extra above info: {extras} in {len(seeds) * 3 * 42 / 30:.0f} brand-months")


if __name__ == "__main__":
    main()
