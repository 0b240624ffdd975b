"""How far the negative share is off, by the texts that people labelled."""

from dataclasses import dataclass
from math import sqrt

import duckdb

from monitor.tell.words import count_of, percent

FEWEST = 20
"""Labels below which nothing is said."""

_Z = 1.959964


@dataclass(frozen=True, slots=True)
class LabelError:
    """The share of scored mentions that people call negative less the share that we do, over the labelled ones by their weights.

    labels     how many
    human      the share that people call negative, 0 to 1
    ours       the share that we do
    low, high  95 % interval of `human - ours`
    """

    labels: int
    human: float
    ours: float
    low: float
    high: float

    @property
    def off(self) -> float:
        """Human less ours; above 0 we call too few negative."""
        return self.human - self.ours


def read_label_error(con: duckdb.DuckDBPyConnection, brand: str) -> LabelError | None:
    """What the labels that chance drew say of a brand's negative share; None where they are fewer than FEWEST.

    Labels that somebody gave to texts of their own choice have no weight and say nothing of a share: they are left out.
    """
    rows = con.execute(
        """
        select human_label = -1, label = -1, weight from v_human_labels
        where brand = ? and scored and weight is not null
        order by source, source_id
        """,
        [brand],
    ).fetchall()
    return label_error(rows) if len(rows) >= FEWEST else None


def label_error(rows: list[tuple[bool, bool, float]]) -> LabelError:
    """The difference of two shares over the same weighted texts, with its 95 % interval.

    rows     whether people call a text negative, whether we do, and how many texts it stands for; at least one
    formula  shares are sums of weights over their total (Hájek's estimator). The interval is that of matched proportions
             with half a text added to each of the four cells, so that it does not vanish where nobody disagrees:
             d ± 1.96 sqrt(((b + c) - (b - c)²) / (n + 2)), b and c the shares of texts that only people, and that only we, call
             negative. As n stands the effective size of a weighted sample, (sum w)² / sum w²
    source   Agresti and Min (2005), Statistics in Medicine 24: 729; Kish (1965), Survey Sampling, 11.7

    >>> told = label_error([(True, False, 1.0)] * 10 + [(True, True, 1.0)] * 30 + [(False, False, 1.0)] * 60)
    >>> round(told.off, 2), round(told.low, 3), round(told.high, 3)
    (0.1, 0.036, 0.16)
    """
    total = sum(weight for _, _, weight in rows)
    size = total**2 / sum(weight**2 for _, _, weight in rows)
    human = sum(weight for people, _, weight in rows if people) / total
    ours = sum(weight for _, us, weight in rows if us) / total
    only_people = sum(weight for people, us, weight in rows if people and not us) / total
    only_us = sum(weight for people, us, weight in rows if us and not people) / total
    b, c = ((share * size + 0.5) / (size + 2) for share in (only_people, only_us))
    reach = _Z * sqrt(((b + c) - (b - c) ** 2) / (size + 2))
    return LabelError(len(rows), human, ours, b - c - reach, b - c + reach)


def label_error_words(told: LabelError) -> str:
    """The line that import and digest say.

    >>> label_error_words(LabelError(120, 0.41, 0.36, 0.013, 0.087))
    'of 120 texts labelled by people 41 % are negative, by us 36 %: we are off by 5 points (95 %: 1 to 9), too low'
    """
    low, high = (f"{round(each * 100):d}" for each in (told.low, told.high))
    points = round(told.off * 100)
    side = "" if told.low <= 0 <= told.high else ", too low" if points > 0 else ", too high"
    surely = "not surely off" if not side else f"off by {count_of(abs(points), 'point')}"
    return (
        f"of {count_of(told.labels, 'text')} labelled by people {percent(told.human)} are negative, by us {percent(told.ours)}: "
        f"we are {surely} (95 %: {low} to {high}){side}"
    )
