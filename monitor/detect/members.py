"""Which sources a brand's sums are made of, and what stands in for one that nobody could look at."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from monitor.detect.series import ALL, BINS_A_DAY, Bin, Spoken

KNOWN_DAYS = 28
GRACE_DAYS = 3
USUAL_DAYS = 7
_NOTHING: Mapping[str, float] = dict.fromkeys(ALL, 0.0)


@dataclass(frozen=True, slots=True)
class Sums:
    """One bin of a brand, all sources together.

    seen     what was counted, whoever said it: for the record
    filled   the same over the member sources, a missing one replaced by its usual: for comparison; None where no
             member was looked at
    missing  member sources that were not looked at
    """

    seen: Spoken
    filled: Spoken | None
    missing: frozenset[str]


@dataclass(slots=True)
class _Day:
    """One local day of one source: bins looked at; by hour, bins and counts."""

    bins: int = 0
    hours: dict[int, tuple[int, dict[str, float]]] = field(default_factory=dict)


class Members:
    """Sums of a brand over the sources that were looked at both now and in the past.

    A source is a member from the local day on before which it had been looked at for half a day or more on three of 28 days;
    while there is no member, whoever is looked at counts. So a new source does not make a rise. A member that is
    not looked at is filled in with what the same local hour brought on the seven days before, or, where they do not
    say, with their mean: a dead source makes no fall, and its return no rise.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.names: frozenset[str] = frozenset()
        self._days: dict[str, dict[date, _Day]] = {}
        self._today: date | None = None
        self._filled: dict[tuple[str, int], Spoken] = {}

    def copy(self) -> "Members":
        """As they stand; what one of the two takes in from now on, the other does not see."""
        twin = copy(self)
        twin._filled = dict(self._filled)
        twin._days = {source: dict(days) for source, days in self._days.items()}
        for days in twin._days.values():
            if self._today in days:
                today = days[self._today]
                days[self._today] = _Day(today.bins, {hour: (bins, dict(sums)) for hour, (bins, sums) in today.hours.items()})
        return twin

    def is_new_day(self, start: datetime) -> bool:
        """Whether a bin is the first of its local day."""
        return _local(start, self.zone).date() != self._today

    def turn(self, start: datetime) -> bool:
        """Begin a bin's local day; whether the past must be added up anew, since the members are others than what it was summed over."""
        today = self._today = _local(start, self.zone).date()
        self._filled.clear()
        for days in self._days.values():
            for day in [day for day in days if (today - day).days > KNOWN_DAYS]:
                del days[day]
        before = self.names or frozenset(self._days)
        self.names = frozenset(
            source for source, days in self._days.items() if sum(2 * seen.bins >= BINS_A_DAY for seen in days.values()) >= GRACE_DAYS
        )
        return self.names != before and bool(self.names)

    def note(self, one: Bin) -> None:
        """Remember what each source brought; after `turn`."""
        hour = _local(one.start, self.zone).hour
        assert self._today is not None
        for source, spoken in one.sources.items():
            day = self._days.setdefault(source, {}).setdefault(self._today, _Day())
            bins, sums = day.hours.get(hour, (0, {}))
            day.hours[hour] = bins + 1, sums
            day.bins += 1
            for name in ALL:
                if count := spoken.get(name):
                    sums[name] = sums.get(name, 0.0) + count

    def sums(self, one: Bin) -> Sums:
        """The sums of a bin, by the members and the usual of the day that has begun."""
        seen = {name: one.total(name) for name in ALL}
        members = self.names or frozenset(one.sources)
        looked = members & one.sources.keys()
        missing = members - looked
        if not looked:
            return Sums(seen, None, missing)
        if not missing and len(looked) == len(one.sources):
            return Sums(seen, seen, missing)
        hour = _local(one.start, self.zone).hour
        parts = [one.sources[source] for source in looked] + [self._usual(source, hour) for source in missing]
        return Sums(seen, {name: sum(part.get(name, 0.0) for part in parts) for name in ALL}, missing)

    def _usual(self, source: str, hour: int) -> Spoken:
        """What five minutes of this hour usually bring, in whole and part mentions."""
        if (source, hour) not in self._filled:
            assert self._today is not None
            days = [seen for day, seen in self._days.get(source, {}).items() if 0 < (self._today - day).days <= USUAL_DAYS]
            told = [seen.hours[hour] for seen in days if hour in seen.hours] or [part for seen in days for part in seen.hours.values()]
            bins = sum(count for count, _ in told)
            self._filled[source, hour] = {name: sum(sums.get(name, 0.0) for _, sums in told) / bins for name in ALL} if bins else _NOTHING
        return self._filled[source, hour]


def _local(start: datetime, zone: ZoneInfo) -> datetime:
    return start.replace(tzinfo=UTC).astimezone(zone)
