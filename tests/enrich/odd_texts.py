"""Texts that VADER's rules meet seldom: built from words that have a rule, and real texts with something put in."""

import random
from collections.abc import Iterator, Sequence

from vaderSentiment.vaderSentiment import BOOSTER_DICT, NEGATE, SPECIAL_CASES

from monitor.enrich.vader_lexicon import plain

# fmt: off
KEYWORDS = ["no", "or", "nor", "never", "so", "this", "without", "doubt", "least", "at", "very", "kind", "of", "sort", "just", "enough",
            "but", "BUT", "But", "but,", "'but'", "not", "isn't", "n't", "can't"]
IDIOMS = [word for phrase in SPECIAL_CASES for word in phrase.split()]
PHRASES = [*SPECIAL_CASES, *(phrase for phrase in BOOSTER_DICT if " " in phrase), "without a doubt", "without doubt", "without it doubt",
           "never so", "never this", "never so it", "never it", "so it", "this it is", "at least", "very least", "the least", "no it or",
           "no it nor", "no it is", "kind of", "not it is", "VERY", "so"]
SPACES = [" ", " ", " ", " ", " ", "  ", "\n", "\t", "\x0b", "\x1c", "\x1f", "\x85", "\xa0", "\u1680", "\u2003", "\u2028", "\u3000", "\r\n"]
MARKS = [*list("!?.,;:'\"()[]{}<>#@*&%$-_=+/\\|~`^"), "!!", "???", "!!!!!", "…", "“", "”", "’", "—", "¡", "¿"]
EMOTICONS = [":)", ":(", ":D", ":P", ";)", "<3", "</3", ":'(", "o.O", "XD", "xD", ":-)", "=D", "(-:O", "8)", "^_^"]
ODD = ["\u200b", "\u200d", "\ufe0f", "\u2060", "\u202e", "\ud83d", "\ude00", "\udfff", "\x00", "İ", "ı", "ſ", "ß", "Σ", "ς", "ﬁ", "ǅ",
       "שלום", "مرحبا", "Ⅷ", "ⓐ", "\u212aind"]
NEUTRAL = ["the", "a", "to", "for", "it", "was", "on", "with", "table", "netflix", "United", "2", "3.5", "https://t.co/AbCdEf", "@united"]
# fmt: on


def built(seed: int, count: int) -> Iterator[str]:
    """Texts of words that have a rule, in any order."""
    rng = random.Random(seed)
    words, emoji = list(plain().words), list(plain().emoji)
    boosters, negations = [word for phrase in BOOSTER_DICT for word in phrase.split()], list(NEGATE)
    few = rng.sample(words, 40)
    kinds = [
        words,
        few,
        ["good", "bad", "great", "no", "kind"],
        boosters,
        negations,
        KEYWORDS,
        IDIOMS,
        NEUTRAL,
        NEUTRAL,
        EMOTICONS,
        emoji,
        ODD,
    ]
    for _ in range(count):
        shout = rng.random()
        parts = []
        for _ in range(rng.choice([0, 1, 2, 3, 4, 5, 6, 8, 12, 20, 60])):
            parts += (dressed(rng.choice(rng.choice(kinds)), rng, shout), rng.choice(SPACES) if rng.random() < 0.95 else "")
        yield "".join(parts)


def ruled(seed: int, count: int) -> Iterator[str]:
    """Short texts of the phrases that have a rule, each before or after a word with a valence."""
    rng = random.Random(seed)
    words = ["good", "bad", "great", "awful", "GOOD", "Bad", "no", "kind", "yeah", "shit", "bad", "die", "doubt", "love"]
    for _ in range(count):
        parts = [rng.choice(rng.choice([PHRASES, PHRASES, words, NEUTRAL, KEYWORDS])) for _ in range(rng.randint(1, 7))]
        parts.insert(rng.randint(len(parts) // 2, len(parts)), rng.choice(words))
        yield " ".join(parts)


def dressed(word: str, rng: random.Random, shout: float) -> str:
    """The word in some case, perhaps with punctuation or an odd character around it."""
    if rng.random() < 0.3:
        word = rng.choice([str.upper, str.upper, str.title, str.swapcase, str.lower])(word)
    elif shout < 0.1:
        word = word.upper()
    if rng.random() < 0.2:
        word += rng.choice(MARKS) * rng.randint(1, 3)
    if rng.random() < 0.1:
        word = rng.choice(MARKS) + word
    return word + rng.choice(ODD) if rng.random() < 0.02 else word


def mutated(seed: int, count: int, texts: Sequence[str]) -> Iterator[str]:
    """Real texts, each with a few changes."""
    rng = random.Random(seed)
    words, emoji = list(plain().words), list(plain().emoji)
    kinds = [words, emoji, KEYWORDS, KEYWORDS, IDIOMS, list(BOOSTER_DICT), NEGATE, MARKS, MARKS, ODD, SPACES, EMOTICONS]
    for _ in range(count):
        text = rng.choice(texts)
        for _ in range(rng.randint(1, 6)):
            at = rng.randint(0, len(text))
            what = rng.random()
            if what < 0.6:
                put = rng.choice(rng.choice(kinds))
                text = text[:at] + (f" {put} " if rng.random() < 0.7 else put) + text[at:]
            elif what < 0.7:
                end = rng.randint(at, len(text))
                text = text[:at] + text[at:end].upper() + text[end:]
            elif what < 0.8:
                end = rng.randint(at, min(len(text), at + 30))
                text = text[:at] + text[end:]
            elif what < 0.9:
                text = text[at:] + " " + text[:at]
            else:
                tokens = text.split(" ")
                rng.shuffle(tokens)
                text = " ".join(tokens)
        yield text if rng.random() < 0.98 else text + "ha" * rng.randint(20, 3000)
