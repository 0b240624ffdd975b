"""How many false alerts a brand is asked to bear, and the strength from which a series speaks under it."""

from math import log
from types import MappingProxyType

from monitor.config.models import Sensitivity

# false alerts per brand and month (30 days), over all its series
BUDGETS: MappingProxyType[Sensitivity, float] = MappingProxyType({"calm": 0.25, "balanced": 1.0, "eager": 4.0})
# measured, benchmarks/bench_spikes.py: where one series brings one false alert a month, and how it falls with the logarithm of the budget
AT_ONE, SLOPE = 1.16, 0.1


def threshold(false_alerts: float) -> float:
    """The strength from which one series speaks.

    false_alerts  how many a month this one series may bring, above 0; a brand's budget divided by its series
    returns       1.35 for one a month. The largest of many chances grows with the logarithm of their number
                  (Gumbel 1935), so the budget enters by its own; the two constants are measured on simulated counts

    >>> [round(threshold(budget), 2) for budget in (0.25, 1, 4)]
    [1.69, 1.35, 1.04]
    """
    return (AT_ONE - SLOPE * log(false_alerts)) ** 2
