"""From which strength each series of a brand speaks, under the brand's budget of false alerts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from monitor.config.models import Sensitivity
from monitor.detect.budget import BUDGETS, threshold
from monitor.detect.instruments import WHOLE
from monitor.detect.loud import LOUD_HAS
from monitor.detect.series import Counts

# mentions in the trailing hour without which no series speaks: below, three excited people are a crisis
FLOORS = {"volume": 10.0, "negative": 8.0, "churn": 6.0}
PART_FLOOR = 10.0
# of the budget, what the parts have together, taken for so many, however many there are: a new source or topic shall not move
# the thresholds of the others; the rest is divided among volume, negative, churn and share
PARTS_HAVE, PARTS = 0.25, 12


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What opens an incident; the arrays go by the names of the series.

    values  strength
    floors  mentions in the last hour
    share   strength of the negative share
    """

    values: Counts
    floors: Counts
    share: float


def thresholds(names: Sequence[str], sensitivity: Sensitivity) -> Thresholds:
    """A brand's thresholds: its budget of false alerts a month, divided among its series.

    names  of the series, as the instruments have them
    """
    budget = BUDGETS[sensitivity]
    whole = threshold(budget * (1 - PARTS_HAVE - LOUD_HAS) / (len(WHOLE) + 1))
    part = threshold(budget * PARTS_HAVE / PARTS)
    return Thresholds(
        values=np.array([whole if name in WHOLE else part for name in names]),
        floors=np.array([FLOORS.get(name, PART_FLOOR) for name in names]),
        share=whole,
    )
