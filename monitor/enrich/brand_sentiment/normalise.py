"""From texts as published to plain words: entities, mojibake, emoji, hashtags, links and marks dealt with."""

import html
import re
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache

from monitor.enrich.brand_sentiment.hashtags import words_of_hashtag
from monitor.enrich.vocabulary import END

STOP, PAUSE, QUESTION = ".", ",", "?"
"""What ends of sentences, other marks and question marks become: words of their own, as END is."""

MARKS = frozenset({STOP, PAUSE, QUESTION, END})

_GLUE = f" {END} "
_REMEMBERED = 16_384
CURLY = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "´": "'", "“": '"', "”": '"', "…": ".", "–": ",", "—": ",", "\xa0": " "})
_LINK = re.compile(r"https?:\S*")
_SITE = re.compile(r"www\.\S*")
_HASHTAG = re.compile(r"#(\w+)")
_WIDE = re.compile(r"[^\x00-\x7f]+")
_SHAPES = re.compile("[\ufe0e\ufe0f\u200d\U0001f3fb-\U0001f3ff]")
_FACE = re.compile(r"[:;=<](?:['-]?([)\]D])|['-]?([(\[/|])|3)(?!\w)")
# what UTF-8 gives when it is read as Windows-1252
_MOJIBAKE_SIGNS = ("â€", "Ã", "ðŸ", "Â")
_MOJIBAKE = re.compile("[\xc2\xc3\xe2\xf0][\x80-\xbf\u0152-\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]")


def _table() -> bytes:
    table = bytearray(range(256))
    for capital in range(ord("A"), ord("Z") + 1):
        table[capital] = capital + 32
    for marks, becomes in (("!;\n\r", STOP), (':()[]{}"|', PAUSE), ("#-/\\+~`^=", " ")):
        for mark in marks:
            table[ord(mark)] = ord(becomes)
    return bytes(table)


_TABLE = _table()


def words_of(texts: Sequence[str]) -> list[str]:
    r"""The words of texts in lower case, END after each; handles as "@name", each emoji alone, marks as STOP, PAUSE and QUESTION.

    >>> words_of(["Can’t log in :( #WorstService", "@acme&amp;co https://t.co/x"])
    ["can't", 'log', 'in', '☹', 'worst', 'service', '\x00', '@acme&co', '\x00']
    """
    text = _joined(texts)
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        text = _WIDE.sub(_narrowed, text)
    if "http" in text:
        text = _LINK.sub(" ", text)
    if "www." in text:
        text = _SITE.sub(" ", text)
    if ":" in text or ";" in text or "=" in text or "<" in text:
        text = _FACE.sub(_face, text)
    if "#" in text:
        text = _HASHTAG.sub(_apart, text)
    raw = text.encode("utf-8", "surrogatepass").translate(_TABLE)
    raw = raw.replace(b".", b" . ").replace(b",", b" , ").replace(b"?", b" ? ").replace(b" '", b" ").replace(b"' ", b" ")
    return raw.decode("utf-8", "surrogatepass").split()


def tokens_of(texts: Sequence[str]) -> list[str]:
    """What stands between white space in the texts, with END after each; as it is, but for mojibake."""
    text = _joined(texts)
    if not text.isascii() and any(sign in text for sign in _MOJIBAKE_SIGNS):
        text = _WIDE.sub(_reread, text)
    return text.split()


def is_mended(text: str) -> bool:
    """Whether `tokens_of` a text may be others than those between its white space."""
    return not text.isascii() and any(sign in text for sign in _MOJIBAKE_SIGNS)


def _joined(texts: Sequence[str]) -> str:
    text = _GLUE.join(texts) + _GLUE
    return text if text.count(END) == len(texts) else _joined([each.replace(END, " ") for each in texts])


def _narrowed(run: re.Match[str]) -> str:
    return _plain(run[0])


def _reread(run: re.Match[str]) -> str:
    return _mended(run[0])


def _mended(run: str) -> str:
    """What was meant, where UTF-8 had been read as Windows-1252."""
    if _MOJIBAKE.search(run):
        with suppress(UnicodeError):
            return run.encode("cp1252").decode("utf-8")
    return run


@lru_cache(maxsize=_REMEMBERED)
def _plain(run: str) -> str:
    """A run of characters beyond ASCII without mojibake and shapes of emoji, each emoji once and between spaces."""
    run = _SHAPES.sub("", _mended(run).translate(CURLY)).lower()
    if max(run, default="") < "\u2030":
        return run
    return "".join(f" {each} " if each >= "\u2030" and not each.isalpha() else each for each in dict.fromkeys(run))


def _face(found: re.Match[str]) -> str:
    return " ☺ " if found[1] else " ☹ " if found[2] else " ♥ " if found[0] == "<3" else found[0]


def _apart(tag: re.Match[str]) -> str:
    return f" {_words(tag[1])} "


@lru_cache(maxsize=_REMEMBERED)
def _words(tag: str) -> str:
    return " ".join(words_of_hashtag(tag))
