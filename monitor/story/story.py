"""The made story: five weeks of everyday talk, then a live week in which three things happen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.mention import Mention
from monitor.story.chatter import talk_of_day
from monitor.story.plots import outage_silence, plots
from monitor.story.truth import KnownEvent, Planted

LIVE_FROM = datetime(2026, 2, 9, tzinfo=UTC)  # a Monday
LIVE_DAYS = 7


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that was said, and what was behind it.

    observations  ordered by `fetched_at`, the moment from which it could be seen: the first one of each
                  text, then later ones of the same key (corrected, taken back, with more reactions)
    events        what the marketing calendar knew
    starts_at     a Monday, midnight UTC, if the days are whole weeks; live_from likewise; ends_at exclusive
    """

    observations: Sequence[Mention]
    truth: Sequence[Planted]
    events: Sequence[KnownEvent]
    starts_at: datetime
    live_from: datetime
    ends_at: datetime


def make_story(*, seed: int = 1, scale: float = 1.0, days: int = 42) -> Story:
    """The story of a seed: the same observations on every machine and in every run.

    scale  1.0 is about 70,000 mentions in 42 days; crowds, threads and events grow alike
    days   the live week included, so 7 or more; further ones come before, as history
    """
    if days < LIVE_DAYS:
        raise ValueError(f"the story's live week alone has {LIVE_DAYS} days; {days} are too few")
    starts_at = LIVE_FROM - timedelta(days=days - LIVE_DAYS)
    ends_at = LIVE_FROM + timedelta(days=LIVE_DAYS)
    happenings = plots(seed=seed, scale=scale, live_from=LIVE_FROM)
    observations = [observation for day in days_of(seed=seed, scale=scale, days=days) for observation in day]
    observations.extend(observation for plot in happenings for observation in plot.observations)
    return Story(
        observations=sorted((seen for seen in observations if seen.fetched_at < ends_at), key=_order),
        truth=[plot.planted for plot in happenings],
        events=[plot.event for plot in happenings if plot.event],
        starts_at=starts_at,
        live_from=LIVE_FROM,
        ends_at=ends_at,
    )


def days_of(*, seed: int, scale: float, days: int) -> Iterator[Iterator[Mention]]:
    """Everyday talk, a lazy stream for each day, without the events: the load generator.

    A day depends on seed and scale alone, so days can be made apart and side by side.
    """
    silent = outage_silence(LIVE_FROM)
    for back in range(days - LIVE_DAYS, -LIVE_DAYS, -1):
        yield talk_of_day(LIVE_FROM - timedelta(days=back), seed=seed, scale=scale, silent=silent)


def _order(seen: Mention) -> tuple[datetime, datetime, str, str]:
    return seen.fetched_at, seen.created_at, seen.source, seen.source_id
