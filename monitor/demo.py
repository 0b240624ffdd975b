"""The demo: lives through the made story as a user would, then holds what was found against what was planted."""

import gc
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from monitor.collect.budget import NoMeter
from monitor.collect.connector import Connector, Window
from monitor.config.models import Config
from monitor.detect.watch import Incident, read_incidents
from monitor.errors import ConfigError
from monitor.gather.backfill import backfill
from monitor.gather.enricher import Enricher
from monitor.pipeline import Pipeline, find_past_incidents, prepare
from monitor.store.database import Store
from monitor.store.events import add_event
from monitor.store.publish import newest, publish
from monitor.story.configuration import CONFIG
from monitor.story.connector import StoryConnector
from monitor.story.history import write_history
from monitor.story.story import Story, make_story
from monitor.story.truth import Planted, truth_to_json
from monitor.tell.alerts import incident_lines
from monitor.tell.digest import as_html, as_text, compose
from monitor.tell.published import opened

ROUND = timedelta(minutes=5)
# rarer than in real life, where five minutes are not over in a twentieth of a second
COPIES = timedelta(hours=12)
# how long after it was said each source shows a text
DELAY_SECONDS = {"x": 30, "reddit": 60, "comments": 120}
_OURS = ("config.yaml", "truth.json", "data", "published", "story")
_EARLY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """One planted event and the incidents, above "info", that speak of it."""

    planted: Planted
    incidents: Sequence[Incident]

    @property
    def is_right(self) -> bool:
        """Found as exactly one incident, of the right direction."""
        return len(self.incidents) == 1 and self.incidents[0].direction == self.planted.direction

    @property
    def delay(self) -> timedelta | None:
        """From the first mention to the moment it was noticed; None where it never was."""
        return min(one.noticed_at for one in self.incidents) - self.planted.onset_at if self.incidents else None


@dataclass(frozen=True, slots=True)
class Findings:
    """Truth beside findings.

    extra  incidents above "info" that nothing planted explains
    """

    found: Sequence[Finding]
    extra: Sequence[Incident]

    @property
    def is_right(self) -> bool:
        """Everything planted was found as one incident of its direction, and nothing else."""
        return all(one.is_right for one in self.found) and not self.extra

    def as_values(self) -> dict[str, Any]:
        """For programs."""
        return {
            "right": self.is_right,
            "planted": [
                {
                    "name": one.planted.name,
                    "direction": one.planted.direction,
                    "incidents": [{"id": incident.id, "direction": incident.direction} for incident in one.incidents],
                    "delay_minutes": one.delay.total_seconds() / 60 if one.delay is not None else None,
                }
                for one in self.found
            ],
            "extra": [incident.id for incident in self.extra],
        }


def tell_story(
    folder: Path,
    *,
    seed: int,
    scale: float,
    say: Callable[[str], None],
    load: Callable[[Path], Config],
    reader: Callable[[Config, Path], Connector],
    tick: Callable[[float], None] = lambda _part: None,
    command: str = "monitor",
) -> Findings:
    """Make the story, collect it, and say what was found.

    load    reads the demo's configuration
    reader  the connector of one file
    tick    told how much of the story is over, 0 to 1
    command how the program was called, for the commands to try next
    raises  ConfigError where the folder holds something that is not an earlier demo's
    """
    _clear(folder)
    gc.disable()
    story = make_story(seed=seed, scale=scale)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    (folder / "truth.json").write_text(truth_to_json(story.truth), encoding="utf-8")
    history = write_history(story, folder / "story")
    # the story's many objects live as long as the demo; looking through them again and again took a tenth of its time
    gc.freeze()
    gc.enable()
    config = load(folder / "config.yaml")
    with Store(config.store_folder, command="monitor demo", priority="live") as store:
        _collect(config, store, story, history, reader=reader, say=say, tick=tick)
    with opened(newest(config.published_folder)) as con:
        incidents = read_incidents(con)
        findings = compare(story.truth, incidents)
        _report(con, config, folder, story, incidents, findings, say, command)
    return findings


def compare(truth: Sequence[Planted], incidents: Sequence[Incident]) -> Findings:
    """Hold incidents above "info" against what was planted: same brand, overlapping time."""
    loud = [one for one in incidents if one.severity != "info"]
    found = [Finding(planted, [one for one in loud if _speaks_of(one, planted)]) for planted in truth]
    explained = {one.id for finding in found for one in finding.incidents}
    return Findings(found, [one for one in loud if one.id not in explained])


def _clear(folder: Path) -> None:
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / "truth.json").exists():
        raise ConfigError(f"{folder} holds something that is not an earlier demo's; name another place with --folder")
    for name in _OURS:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for old in folder.glob("digest-*.html"):
        old.unlink()


def _collect(
    config: Config,
    store: Store,
    story: Story,
    history: Sequence[Path],
    *,
    reader: Callable[[Config, Path], Connector],
    say: Callable[[str], None],
    tick: Callable[[float], None],
) -> None:
    begun = time.monotonic()
    prepare(store, config)
    with store.writing() as con:
        for event in story.events:
            add_event(con, name=event.name, brand=event.brand, at=event.at)
    enricher = Enricher.of(config)
    imported = 0
    for path in history:
        connector = reader(config, path)
        for query in connector.queries():
            imported += backfill(store, connector, query, window=Window(), enricher=enricher, meter=NoMeter(), now=story.live_from).new
    find_past_incidents(store, config, now=story.live_from)
    lived_from = time.monotonic()
    rounds, lived = _live(config, store, story, tick)
    done = time.monotonic()
    *others, last = [brand.name for brand in config.brands]
    days = (story.ends_at - story.starts_at).days
    say(f"{', '.join(others)} and {last}: {days} days of made-up mentions, {imported + lived:,} of them, collected as a user would.")
    weeks = (story.live_from - story.starts_at).days // 7
    say(
        f"  backfill  {weeks} weeks  {imported:>7,} mentions  {lived_from - begun:3.0f} s"
        f"     live week  {rounds:,} rounds  {lived:>7,} mentions  {done - lived_from:3.0f} s"
    )


def _live(config: Config, store: Store, story: Story, tick: Callable[[float], None]) -> tuple[int, int]:
    """The live week, a round every five minutes of story time; rounds, and mentions that were new."""
    connectors = [StoryConnector(story, source, delay=delay) for source, delay in DELAY_SECONDS.items()]
    pipeline = Pipeline(config, store, connectors, now=story.live_from, side_by_side=1)
    rounds = lived = 0
    now = story.live_from
    # copies are made beside the rounds, which wait only while the file itself is copied
    with ThreadPoolExecutor(1) as publisher:
        copies = []
        while now < story.ends_at:
            now += ROUND
            lived += pipeline.round(now=now).new
            rounds += 1
            tick((now - story.live_from) / (story.ends_at - story.live_from))
            if not (now - story.live_from) % COPIES or now == story.ends_at:
                pipeline.flush(now=now)
                copies.append(publisher.submit(publish, store, config.published_folder, now=now))
        for copy in copies:
            copy.result()
    return rounds, lived


def _report(
    con: duckdb.DuckDBPyConnection,
    config: Config,
    folder: Path,
    story: Story,
    incidents: Sequence[Incident],
    findings: Findings,
    say: Callable[[str], None],
    command: str,
) -> None:
    events = {event.name: event.at for event in story.events}
    for number, incident in enumerate(sorted((one for one in incidents if one.severity != "info"), key=lambda one: one.onset_at), start=1):
        lines = incident_lines(incident, event_at=events.get(incident.event) if incident.event else None)
        say("")
        for place, line in enumerate(lines):
            say(f"{number:<3}{line}" if place == 0 else f"   {line}" if line else "")
    say("")
    for line in _verdict(findings, incidents):
        say(line)
    brand, day = _telling_day(config, story)
    composed = compose(con, brand, day, now=story.ends_at)
    page = folder / f"digest-{brand.slug}-{day}.html"
    page.write_text(as_html(composed), encoding="utf-8")
    say("")
    say(f"What the digest of {day:%A} says:")
    for line in as_text(composed).splitlines()[:12]:
        say(f"   {line}".rstrip())
    say("   …")
    say("")
    say(f"Look closer:   {command} query before_after_event --param brand={brand.name} --config {folder / 'config.yaml'}")
    say(f"               duckdb -readonly {folder / 'published' / 'analytics.duckdb'}")
    say(f"               the whole digest: {page}")


def _verdict(findings: Findings, incidents: Sequence[Incident]) -> list[str]:
    found = sum(one.is_right for one in findings.found)
    quiet = "nothing else above “info”" if not findings.extra else f"{len(findings.extra)} more that nobody planted"
    lines = [f"Planted {len(findings.found)}, found {found}, {quiet}."]
    for one in findings.found:
        late = f"noticed {one.delay.total_seconds() / 60:.0f} minutes after the first of them" if one.delay is not None else "never noticed"
        wrong = (
            ""
            if one.is_right
            else f"  NOT as planted: {', '.join(f'{each.id} {each.direction}' for each in one.incidents) or 'no incident'}"
        )
        lines.append(
            f"   {one.planted.direction:<9} {one.planted.onset_at:%a %H:%M} UTC  {one.planted.total:>7,} mentions planted, {late}{wrong}"
        )
    lines.extend(f"   not planted: {one.id} {one.direction} {one.severity}" for one in findings.extra)
    quieter = len([one for one in incidents if one.severity == "info"])
    return [*lines, *([f"   and {quieter} at “info”, which nobody is told about"] if quieter else [])]


def _telling_day(config: Config, story: Story) -> tuple[Any, date]:
    """The brand that the first planted event befalls, and the local day after it."""
    first = min(story.truth, key=lambda planted: planted.onset_at)
    brand = config.brand(first.brand)
    return brand, (first.onset_at.astimezone(brand.zone) + timedelta(days=1)).date()


def _speaks_of(incident: Incident, planted: Planted) -> bool:
    ended: datetime = incident.resolved_at or planted.end_at
    return (
        incident.brand == planted.brand
        and incident.onset_at <= planted.end_at
        and ended >= planted.onset_at - _EARLY
        and (incident.onset_at >= planted.onset_at - _EARLY)
    )
