"""Words and phrases that are said more than usual."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import log, sqrt

from monitor.enrich.vader_lexicon import plain
from monitor.text import folded

# size of the prior, as a part of the pooled texts
PRIOR = 0.1
SURE = 3.0
RATE = 1.5
# where fewer terms rise, there is more talk of the usual kind: then what is said most is told, too
ENOUGH = 3
EVERYDAY = 0.15
_LINK = re.compile(r"https?://\S+|www\.\S+")
_TOKEN = re.compile(r"[@#]?\w+(?:['-]\w+)*")
_REACTION = re.compile(
    r"(?:cancel|unsub|switch|leav|sign|join|subscrib|laugh|cry|cri)\w*|signed up|left|bye|goodbye|gone|quit\w*|done|post|posts"
)
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]{2,}")
_ENGLISH = """
a about after again all also am an and any are aren't as at be because been before being both but by can can't could couldn't did didn't
do does doesn't doing don't during each even ever every few for from further get gets getting go goes going gonna got had has have haven't
having he her here him his how i i'd i'll i'm i've if in into is isn't it it's its itself just know let like lol made make me more most
much my myself of oh ok on one only or other our ours out over own people per please pls put really rt said same say says see she should
so some still such than that that's the their them then there there's these they they're thing things think this those though through to
too u ur us very via wanna want was wasn't way we we're we've well were what when where which while who why will with won't would wouldn't
yeah yes you you're you've your yours yourself amp always already actually another anymore anyone anything around away back come
coming ever everybody everyone finally guys hey instead keep literally maybe might must need needs nobody nothing once please pretty put
quite ready right seriously since somebody someone something soon sure take tell time times told took try trying until used using
whole without yet else everything anyway thinking whoever whatever believe deserve deserves stop stopped happen happened happens
"""
_OTHERS = """
al auf aus com como con da das de del dem den der des die do dos du e ein eine el en es est et für ich il ist je la las le les lo los mais
mas mit não na ne nicht o os para pas por pour qu que qui se sich sie sin sur te tu um un una und une uma y zu è é
"""
STOP_WORDS = frozenset((_ENGLISH + _OTHERS).split())
# say nothing alone, but make a phrase: "not loading", "price up"
_PART_OF_PHRASES = (
    "down first last never new no not now off still today tonight up year years day days week weeks month months hour hours minute minutes"
)
_ONLY_IN_PHRASES = frozenset(_PART_OF_PHRASES.split())
_NEVER_LAST = frozenset(("not", "no", "never", "still"))
# phrases of words that say nothing
_FIXED = frozenset(
    (("on", "hold"), ("hung", "up"), ("pick", "up"), ("log", "in"), ("sign", "in"), ("shut", "down"), ("sold", "out"), ("not", "working"))
)


@dataclass(frozen=True, slots=True)
class Rising:
    """A term that stands out; `z` is how surely, in standard deviations."""

    term: str
    z: float

    @property
    def words(self) -> list[str]:
        """Its one or two words; in scripts without spaces its pairs of characters."""
        if len(self.term) == 3 and _UNSPACED.fullmatch(self.term):
            return [self.term[:2], self.term[1:]]
        return self.term.split(" ")

    def pattern(self) -> re.Pattern[str]:
        """Finds the term in a folded text, whatever stands between its words."""
        if _UNSPACED.search(self.term):
            return re.compile(re.escape(self.term))
        return re.compile(r"(?<!\w)" + r"[^\w@#]+".join(re.escape(word) for word in self.words) + r"(?!\w)")


def tokens(text: str) -> list[str]:
    """The words of a folded text in order, links left out; scripts without spaces in pairs of characters.

    >>> tokens("cancelled! see https://t.co/x @streamly #bye")
    ['cancelled', 'see', '@streamly', '#bye']
    """
    found = _TOKEN.findall(_LINK.sub(" ", text))
    if text.isascii():
        return found
    return [
        part for word in found for part in ([word[at : at + 2] for at in range(len(word) - 1)] if _UNSPACED.fullmatch(word) else [word])
    ]


def rising(now: Sequence[str], usual: Sequence[str], *, hidden: frozenset[str], at_most: int = 8) -> list[Rising]:
    """Terms that stand out of texts against usual ones, most surely first.

    now, usual  folded texts; a term counts once a text
    hidden      words that are never shown, alone or in a phrase: the brand's own names
    source      log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi & Quinn 2008, eq. 15-22); the prior is the
                pooled texts', at a tenth of their size. A term must reach 3 standard deviations, 1.5 times its usual rate, and
                3 texts (1 % of them where that is more). A phrase takes the place of its words.

    Where fewer than three rise, there is more talk of the usual kind: then what is said most follows.
    """
    seen, before = _document_counts(now, hidden), _document_counts(usual, hidden)
    found = stand_out(seen, before, texts=len(now), usual_texts=len(usual), total=sum(seen.values()), total_before=sum(before.values()))
    candidates = [(Rising(term, z), seen[term]) for term, z in found]
    kept = _without_repetition(candidates, at_most)
    if len(kept) >= ENOUGH:
        return kept
    known = {term for term, _ in found}
    candidates += [(Rising(term, 0.0), seen[term]) for term in _most_said(seen, before, len(now), len(usual)) if term not in known]
    return _without_repetition(candidates, ENOUGH + 1)


def _most_said(seen: Counter[str], before: Counter[str], texts: int, usual_texts: int) -> list[str]:
    """What a twenty-fifth of the texts say, no less than usual, and not what a sixth of the usual texts say; phrases before words."""
    least = max(3.0, 0.04 * texts)
    told = [
        term
        for term, count in seen.items()
        if count >= least and count * max(1, usual_texts) >= before[term] * texts and before[term] <= EVERYDAY * usual_texts
    ]
    return sorted(told, key=lambda term: (-seen[term] * (2 if " " in term else 1), term))


def stand_out(
    seen: Counter[str], before: Counter[str], *, texts: int, usual_texts: int, total: int, total_before: int
) -> list[tuple[str, float]]:
    """What is counted surely more often than usual, and how surely, in standard deviations; most surely first.

    seen, before         in how many texts each stands, of `texts` and of `usual_texts`
    total, total_before  what these are parts of: all that was counted
    """
    whole = PRIOR * (total + total_before)
    least = max(3.0, 0.01 * texts)
    found = []
    for term, count in seen.items():
        earlier = before[term]
        if count < least or count * max(1, usual_texts) < RATE * earlier * texts:
            continue
        prior = PRIOR * (count + earlier)
        # half a term beside it: where a crowd says nothing else, the odds are long, not infinite
        others, others_before = (max(0.5, rest - prior) for rest in (total + whole - count, total_before + whole - earlier))
        odds = log((count + prior) / others) - log((earlier + prior) / others_before)
        z = odds / sqrt(1 / (count + prior) + 1 / (earlier + prior))
        if z >= SURE:
            found.append((term, z))
    return sorted(found, key=lambda one: (-one[1], one[0]))


def _without_repetition(candidates: Sequence[tuple[Rising, int]], at_most: int) -> list[Rising]:
    """A phrase said in most of the texts that hold one of its words stands for this word, and for phrases that overlap it."""
    phrases = [(one, count) for one, count in candidates if len(one.words) == 2]
    kept: list[tuple[Rising, int]] = []
    for one, count in candidates:
        rivals = [other for other in kept if set(other[0].words) & set(one.words)]
        if any(count < 2 * other_count for _, other_count in rivals):
            continue
        if len(one.words) == 1:
            whole = next((phrase for phrase in phrases if one.term in phrase[0].words and 2 * phrase[1] > count), None)
            if whole is not None:
                one, count = whole  # noqa: PLW2901
                if any(set(other.words) & set(one.words) for other, _ in kept):
                    continue
        kept.append((one, count))
        if len(kept) == at_most:
            break
    return [one for one, _ in kept]


def _document_counts(texts: Iterable[str], hidden: frozenset[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for text in texts:
        found = tokens(text)
        words = [word if word.strip("@#") not in hidden and word not in STOP_WORDS else "" for word in found]
        terms = {word for word in words if len(word) > 1 and not word.isdigit() and word not in _ONLY_IN_PHRASES}
        terms.update(
            _phrase(one, two)
            for one, two in pairwise(words)
            if one
            and two
            and one != two
            and two not in _NEVER_LAST
            and not (one.isdigit() and two.isdigit())
            # a tag stands for itself
            and one[0] not in "@#"
            and two[0] not in "@#"
        )
        terms.update(" ".join(pair) for pair in pairwise(found) if pair in _FIXED)
        counts.update(terms)
    return counts


def _phrase(one: str, two: str) -> str:
    joined = one + two[1:]
    return joined if len(joined) == 3 and one[1:] == two[:1] and _UNSPACED.fullmatch(joined) else f"{one} {two}"


def causes_of(terms: Iterable[str]) -> list[str]:
    """Terms with what it is about first, and then the words that only tell what people feel or do about it: "awful", "cancelled".

    >>> causes_of(["cancelled", "price hike", "awful"])
    ['price hike', 'cancelled', 'awful']
    """
    return sorted(terms, key=lambda term: bool(_REACTION.fullmatch(term)) or term in _feelings())


@lru_cache(maxsize=1)
def _feelings() -> frozenset[str]:
    return frozenset(plain().words)


def hidden_words(names: Iterable[str]) -> frozenset[str]:
    """Every word of some names, folded, without @ and #, and its possessive."""
    words = {word.strip("@#") for name in names for word in tokens(folded(name))}
    return frozenset(words | {f"{word}'s" for word in words})
