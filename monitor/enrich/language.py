"""What language a text is in: frequent words decide clear texts, a library the rest, and what stays unclear is unknown."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

import numpy as np
import regex

from monitor.enrich.language_model import LanguageModel, Likely
from monitor.enrich.vocabulary import Facts, Words

LANGUAGES = (
    *("ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "gu", "he", "hi", "hr", "hu", "hy", "id"),
    *("it", "ja", "ka", "kn", "ko", "lt", "lv", "ml", "mr", "ms", "my", "nl", "no", "pa", "pl", "pt", "ro", "ru", "sk", "sl", "sq"),
    *("sr", "sv", "sw", "ta", "te", "th", "tl", "tr", "uk", "ur", "vi", "zh"),
)
"""ISO 639-1 codes that a text may be given, those that much is written in: each further one costs English texts."""

SHORTEST = 12
"""Letters that a text needs beside handles, hashtags and addresses to be judged at all; other scripts say more with each."""

SHORTEST_WIDE = 4
"""The same where most letters are of another script than ours."""

LONGEST = 600
"""Characters that are looked at: more of them make no text clearer."""

MOST_ENGLISH = 0.2
"""How likely a text called anything but English may still be English, by the library, 0 to 1; half of it without a known word
of the other language. To leave out a text costs more than to score it."""

_FEW = 8
# words of a text in which one that is frequent in English is enough, where none is of another language
_NOT_WORDS = regex.compile(r"https?://\S+|www\.\S+|[@#][\w.]+|\S+@\S+|&\w+;|[\d_]+")
_WORD = regex.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
# the same for most texts, in half the time; it knows no marks of other scripts
_NOT_ASCII_WORDS, _ASCII_WORD = re.compile(_NOT_WORDS.pattern), re.compile(_WORD.pattern)
_WIDE = regex.compile(r"[^\W\d_\p{Latin}]")

# frequent in English and rare, or another word, elsewhere; two different ones of them are enough
_ENGLISH_WORDS = """
    the and you that this with have just your are not but what they was for from can't don't i'm it's i've you're isn't didn't
    won't doesn't would could should there their been were when how why who will about because than then them our we my his her its
    get got going know think want still thanks thank please again never really back now out only more much any after over before
    it of is be by do does did has had if or so to up at as i which where here too very even some another been being these those
    good great love need help right sorry guys waiting working trying looking today tomorrow yesterday hours minutes years year months
    week first last every everyone something anything nothing someone customer money paid price bad worst better always old take
    give find tell told said says come watching watched bought call called hate awesome amazing terrible horrible awful happy
    through while since until won't wasn't couldn't i'd you've we're they're that's there's let's he she me people make made time
    can also both same such might must without around change doing done each enough feel finally gave gone having hear hold hope kind
    left life little looks lost makes many means mean mine most nothing number often once own pretty put read reason said saw seem seems
    seen soon stuff talk though thought together took tried try under used went whole wish world wrong yet beautiful bring buy
    check else friends guess half instead job later learn least lose miss morning probably quite season seriously small
    sometimes song through true turn watch wonder words young year's
    because anyone anything already another everything maybe myself into onto upon whether bring brought keep kept leave sent send
    day off few down sure maybe yes flight flights getting keep keeps nice makes used use using thing things look one two
"""
# frequent in other languages and no word of English
_OTHER_WORDS = """
    que el los las una por para con como está esta pero más muy qué yo ya lo su sus mi hay porque cuando desde este todo nada
    não com uma os um é você para mais mas foi isso tem são ao pelo minha meu muito também já só até esse essa aqui
    le les des une est pas pour dans qui sur vous je ne avec mais ça sont aux cette été c'est j'ai plus tout fait être mon ma mes ces
    der und ist nicht das ich mit auf für ein eine einen den dem zu von sich auch noch aber bei wie nach wird sind habe mir mich wenn nur
    il di che è per non del della sono ho anche ma questo più gli ci nel alla dei perché
    het een van niet ik op voor dat maar aan er ook nog wel naar heb mijn geen bij wat zijn
    nie się jest na jak do tak że co ale już od czy mnie tylko ten
    bir ve bu için çok ne da de mi değil ama gibi daha var yok olarak
    och att det som på är inte jag har för men den så vi til af ikke jeg er med meg
    yang dan di tidak ini itu dengan saya aku ada untuk bisa sudah juga dari
    hai nahi bahut kya mein ka ki ke ko aur yeh bhi raha kar
    ang ng mga sa ko ako hindi naman lang po si
    không và của là có cho được
"""
# words of the second list that English texts hold too
_SHARED_WORDS = "a as at on in me no so do die war den man most but plus sur pour son elle del mon per con ten dan pas mit non"
FREQUENT = {word: word for word in _ENGLISH_WORDS.split()}
"""Words that are frequent in English, each to the one string by which different ones are told apart."""

_ENGLISH = frozenset(FREQUENT)
_OTHER = frozenset(_OTHER_WORDS.split()) - _ENGLISH - set(_SHARED_WORDS.split())


class _Frequent(dict[str, str | None]):
    """Token to the frequent word of English that it is, to _OTHERS for one of another language; None for most. Filled as tokens are met."""

    def __missing__(self, token: str) -> str | None:
        word = token.lower()
        found = FREQUENT.get(word) or (_OTHERS if word in _OTHER else None)
        if len(token) <= _LONGEST_REMEMBERED:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[token] = found
        return found


class _WordsIn(dict[str, tuple[str, ...]]):
    """Token to the words in it, in lower case; none in addresses, handles, hashtags and numbers. Filled as tokens are met."""

    def __missing__(self, token: str) -> tuple[str, ...]:
        low = token.lower()
        if low.isascii():
            found = (low,) if low.isalpha() else tuple(_ASCII_WORD.findall(_NOT_ASCII_WORDS.sub(" ", low)))
        else:
            found = tuple(_WORD.findall(_NOT_WORDS.sub(" ", low)))
        if len(token) <= _LONGEST_REMEMBERED:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[token] = found
        return found


_OTHERS = "?"
_UNCLEAR = ""
_REMEMBERED, _LONGEST_REMEMBERED = 65_536, 20
_frequent = _Frequent()
_words_in = _WordsIn()
_NO_CODE = np.iinfo(np.int32).max
_facts = Facts(_frequent.__getitem__, first=(_OTHERS,))


def languages(texts: Sequence[str], words: Words) -> list[str | None]:
    """The language of each text, see `language`.

    words  of these texts
    """
    # two different words of English and none of another language: neither of the least and the greatest code is that of the others
    codes, _ = _facts.codes(words)
    greatest = np.maximum.reduceat(codes, words.starts)
    least = np.minimum.reduceat(np.where(codes, codes, _NO_CODE), words.starts)
    is_clear = ((least > 1) & (greatest > least)).tolist()
    told = [
        None if not text else language(text) if len(text) > LONGEST else "en" if clear else _UNCLEAR
        for text, clear in zip(texts, is_clear, strict=True)
    ]
    unclear = [place for place, lang in enumerate(told) if lang is _UNCLEAR]
    by_words = _by_words([texts[place] for place in unclear], [words.split[place] for place in unclear])
    for place, lang in zip(unclear, by_words, strict=True):
        told[place] = lang
    return told


def language(text: str) -> str | None:
    """The text's language as an ISO 639-1 code; None where it is too short or too unclear to say.

    >>> language("the app has crashed twice since the update"), language("Seit heute Morgen geht bei Vodafone gar nichts mehr")
    ('en', 'de')
    >>> language("lol ok") is None
    True
    """
    text = text[:LONGEST]
    tokens = text.split()
    met = set(map(_frequent.__getitem__, tokens))
    if _OTHERS not in met and len(met) - (None in met) > 1:
        return "en"
    return _by_words([text], [tokens])[0]


def _by_words(texts: Sequence[str], split: Sequence[list[str]]) -> list[str | None]:
    """The language of texts whose tokens alone say nothing clear.

    split  what stands between the white space of each
    """
    told: list[str | None] = []
    asked: list[tuple[int, str, int, int]] = []
    for place, (text, tokens) in enumerate(zip(texts, split, strict=True)):
        is_plain = text.isascii() or text.lower().isascii()
        found = list(chain.from_iterable(map(_words_in.__getitem__, tokens)))
        words = set(found) if is_plain else {word.replace("’", "'") for word in found}
        english, other = len(words & _ENGLISH), len(words & _OTHER)
        told.append("en" if english else None)
        if (english > 1 and english > other + 1) or (english and not other and is_plain and len(found) <= _FEW):
            continue
        written = " ".join(found)
        letters = sum(map(len, found))
        is_wide = not is_plain and 2 * len(_WIDE.findall(written)) > letters
        if letters >= (SHORTEST_WIDE if is_wide else SHORTEST) and (is_wide or other or len(found) > 3):
            asked.append((place, written, english, other))
    for (place, _, english, other), likely in zip(asked, _model().likely([text for _, text, _, _ in asked]) if asked else (), strict=True):
        told[place] = _by_model(likely, english=english, other=other)
    return told


def _by_model(likely: Likely, *, english: int, other: int) -> str | None:
    """The language of a text with so many frequent words of English, and of other languages."""
    if likely.code == "en":
        return "en" if english or likely.share > 1 - MOST_ENGLISH else None
    if english > other or likely.english > (MOST_ENGLISH if other else MOST_ENGLISH / 2):
        return "en" if english > other + 1 else None
    return likely.code


@lru_cache(maxsize=1)
def _model() -> LanguageModel:
    """Read at the first unclear text: half a second."""
    return LanguageModel(LANGUAGES)
