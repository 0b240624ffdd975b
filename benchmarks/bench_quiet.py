"""How many false alerts a brand brings in quiet months of the made story's noise, with every series on.

    python benchmarks/bench_quiet.py [--seeds 58] [--first 1]

Every seed's everyday talk of three brands over five weeks, without the three events, is matched, scored and stored as in the demo, then
judged by the detector bin by bin at each sensitivity, grace included. False: an incident above "info". The interval is exact for Poisson
counts (Garwood 1936), 95 %. 58 seeds are 203 brand-months.
"""

import argparse
from collections import Counter
from datetime import UTC, datetime, timedelta

import duckdb
import yaml
from scipy.stats import chi2

from connectors.file import FileSettings
from monitor.collect.connector import Looked, Query
from monitor.config.models import Config
from monitor.detect.budget import BUDGETS
from monitor.detect.hindsight import past_of
from monitor.enrich.table import enrich
from monitor.gather.enricher import Enricher
from monitor.store.database import sync_brands
from monitor.store.upgrade import upgrade
from monitor.store.write import Batch, save
from monitor.story.configuration import CONFIG
from monitor.story.story import LIVE_DAYS, LIVE_FROM, days_of

DAYS = 35
SINCE = LIVE_FROM - timedelta(days=DAYS)


def false_alerts(seed: int, config: Config) -> Counter[str]:
    """Incidents above info in one seed's quiet weeks, by sensitivity."""
    enricher = Enricher.of(config)
    con = duckdb.connect(config={"threads": 1})
    con.execute("set timezone = 'UTC'")
    upgrade(con)
    sync_brands(con, config.brands)
    talk = [seen for day in days_of(seed=seed, scale=1.0, days=DAYS + LIVE_DAYS) for seen in day]
    quiet = [seen for seen in talk if seen.text is not None and seen.created_at < LIVE_FROM and seen.fetched_at < LIVE_FROM]
    enriched = enrich(quiet, matcher=enricher.matcher, scorer=enricher.scorer, threads=enricher.threads)
    covered = [Looked(source, SINCE, LIVE_FROM) for source in ("reddit", "x", "comments")]
    save(con, [Batch(enriched, Query("story", "all"), 1, "1", {}, len(quiet), covered)], now=LIVE_FROM)
    until = LIVE_FROM.astimezone(UTC).replace(tzinfo=None)
    told: Counter[str] = Counter()
    for sensitivity in BUDGETS:
        for brand in config.brands:
            found = past_of(con, brand, sensitivity, until=until)
            told[sensitivity] += sum(one.course.severity != "info" for one in found)
    return told


def interval(count: int) -> tuple[float, float]:
    """The exact 95 % interval of a Poisson mean."""
    return (float(chi2.ppf(0.025, 2 * count) / 2) if count else 0.0), float(chi2.ppf(0.975, 2 * count + 2) / 2)


def main() -> None:
    """Print a line a seed, then the rates."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seeds", type=int, default=58)
    arguments.add_argument("--first", type=int, default=1)
    given = arguments.parse_args()
    raw = yaml.safe_load(CONFIG)
    sources = {"file": FileSettings.model_validate(raw.pop("sources")["file"])}
    config = Config.model_validate(raw).model_copy(update={"sources": sources})
    total: Counter[str] = Counter()
    for seed in range(given.first, given.first + given.seeds):
        told = false_alerts(seed, config)
        total.update(told)
        print(f"seed {seed:>3}   " + "   ".join(f"{name} {told[name]}" for name in BUDGETS), flush=True)
    months = given.seeds * len(config.brands) * DAYS / 30
    print(f"\nquiet talk of the made story, {months:.0f} brand-months, {datetime.now(UTC):%Y-%m-%d}: false alerts above info a brand-month")
    for name, budget in BUDGETS.items():
        low, high = interval(total[name])
        print(f"   {name:<9} {total[name] / months:.2f}   95 %: {low / months:.2f} to {high / months:.2f}   budget {budget:g}")


if __name__ == "__main__":
    main()
