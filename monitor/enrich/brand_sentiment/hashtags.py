"""Hashtags into words: #CustomerServiceFail at its capitals, #worstservice by the words that are known."""

import re
from functools import cache

from monitor.enrich.brand_sentiment.lexicon import shipped

_LONGEST = 40
_LONGEST_WORD = 16
_CAPITALS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_COMMON = (
    "a i is it in on to my me so no of we us at be do go up the and you are was not for all our new get can has had too how why app "
    "ever never this that with your from have been just very much most more airline service customer price phone team day time "
    "flight travel company people life fly support network internet store brand again"
)


def words_of_hashtag(tag: str) -> list[str]:
    """The words of a hashtag, in lower case; itself alone where it does not come apart.

    >>> words_of_hashtag("worstservice"), words_of_hashtag("SoDisappointed"), words_of_hashtag("sxsw")
    (['worst', 'service'], ['so', 'disappointed'], ['sxsw'])
    """
    if not tag.islower() and not tag.isupper():
        return [word.lower() for word in _CAPITALS.findall(tag)] or [tag.lower()]
    word = tag.lower()
    if len(word) > _LONGEST:
        return [word]
    known = _known()
    size = len(word)
    # the fewest words that end at each place
    best: list[list[str] | None] = [[]] + [None] * size
    for start in range(size):
        before = best[start]
        if before is None:
            continue
        for end in range(start + 1, min(start + _LONGEST_WORD, size) + 1):
            if word[start:end] in known and ((other := best[end]) is None or len(other) > len(before) + 1):
                best[end] = [*before, word[start:end]]
    return best[size] or [word]


@cache
def _known() -> frozenset[str]:
    return frozenset(word for words in shipped() for word in words if word.isalpha() and len(word) > 2) | frozenset(_COMMON.split())
