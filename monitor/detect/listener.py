"""What somebody who listens to one series alone is told: each alert once, then quiet."""

from math import isnan

from monitor.detect.budget import BUDGETS, threshold
from monitor.detect.series import BINS_AN_HOUR

QUIET_BINS = 24 * BINS_AN_HOUR
# an alert is told again before its quiet is over where the last hour alone is this many times as strong; the longer
# stretches go on growing while a rise merely lasts
MUCH_WORSE = 2.0


class Listener:
    """Turns strengths into scores, bin by bin; remembers only the last alert."""

    def __init__(self) -> None:
        self._threshold = threshold(BUDGETS["balanced"])
        self._quiet = 0
        self._told = 0.0

    def hear(self, strength: float, sudden: float, *, bins: int = 1) -> float:
        """The score of the next bin, 0 to 1.

        strength, sudden  as `Gauges` gives them; NaN where they are not known
        bins     how many have passed since the last one, itself counted
        returns  1 - 2 ** -(strength / threshold), so 0.5 or more is an alert; 0 in the day after one, unless the last hour becomes twice
                 as strong as what was told, and where nothing is known
        """
        self._quiet = max(0, self._quiet - bins)
        ratio = 0.0 if isnan(strength) else strength / self._threshold
        if self._quiet and not (ratio >= 1 and sudden >= MUCH_WORSE * self._told):
            return 0.0
        if ratio >= 1:
            self._told = sudden if self._quiet else strength
            self._quiet = QUIET_BINS
        return float(1 - 2**-ratio)
