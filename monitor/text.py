"""Text as people read it, and text as it is compared: one place for both."""

import html
import unicodedata

import regex

_INVISIBLE = regex.compile(r"[\p{Cf}\p{Cc}\p{Cs}--[\n\t\u200d]]", regex.V1)
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "＇": "'"})


def plain(text: str) -> str:
    r"""Text in NFC with line ends as \n, without control and invisible characters, ends trimmed.

    >>> plain("cafe\u0301\r\nopen\u200b")
    'café\nopen'
    """
    unified = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _INVISIBLE.sub("", unified).strip()


def plain_from_entities(text: str) -> str:
    """Plain text from one whose &amp;, &lt; and &#39; are still written out."""
    return plain(html.unescape(text))


def folded(text: str) -> str:
    """Text for comparing: compatibility forms unified, case folded, one kind of apostrophe.

    >>> folded("ＳＴＲＥＡＭＬＹ’s")
    "streamly's"
    """
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).casefold().translate(_APOSTROPHES)
