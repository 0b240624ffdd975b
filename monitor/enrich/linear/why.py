"""Why the model gave a text its score: one short line that adds up to it.

    on hold -0.62 · [fed up, thanks] -0.44 · rest -0.11 · [style] +0.05 · feeling +1.2 · likeliest negative

Words and pairs of words are those of the model. In square brackets: what `vader-brand` found in the text, the strongest words
named; and how the text is written, with what holds before any word. The numbers before "feeling" add up to the log odds of
positive against negative; "feeling" is the mean log odds of these two against neutral. Score and label come of the two
(`monitor.enrich.linear.scorer.verdict_of`).
"""

from collections.abc import Sequence

LONGEST = 300
"""Characters of a line; the smallest parts go together as "rest"."""

_MOST = 8
_LONGEST_WORD = 60
_ROOM = LONGEST - 70
_SEPARATOR = " · "
_LABELS = {-1: "negative", 0: "neutral", 1: "positive"}


def line_of(parts: Sequence[tuple[str, float]], tilt: float, feeling: float, label: int) -> str:
    """What made a score, the largest first; at most LONGEST characters.

    tilt  what the parts add up to, in hundredths; what is lost by rounding each is in the rest
    """
    ordered = sorted(parts, key=lambda part: (-abs(part[1]), part[0]))
    shown: list[str] = []
    size, rest = 0, round(tilt * 100)
    for word, value in ordered:
        hundredths = round(value * 100)
        piece = f"{_clean(word)} {_signed(hundredths)}"
        if not hundredths or len(shown) >= _MOST or size + len(piece) + 3 > _ROOM:
            continue
        size += len(piece) + 3
        shown.append(piece)
        rest -= hundredths
    if rest:
        shown.append(f"rest {_signed(rest)}")
    return _SEPARATOR.join([*shown, f"feeling {_signed(round(feeling * 100))}", f"likeliest {_LABELS[label]}"])


def sums_in(line: str) -> tuple[float, float]:
    """The tilt and the feeling that a line adds up to.

    >>> sums_in("on hold -0.62 · rest -0.11 · feeling +1.2 · likeliest negative")
    (-0.73, 1.2)
    """
    *parts, feeling, _ = line.split(_SEPARATOR)
    hundredths = sum(round(float(piece.rpartition(" ")[2]) * 100) for piece in parts)
    return hundredths / 100, float(feeling.rpartition(" ")[2])


def _signed(hundredths: int) -> str:
    return f"{hundredths / 100:+.2f}".rstrip("0").rstrip(".")


def _clean(word: str) -> str:
    return word if len(word) <= _LONGEST_WORD and "·" not in word else word.replace("·", "")[:_LONGEST_WORD]
