"""Text as people read it, and text as it is compared: one place for both."""

import html
import re
import unicodedata
from functools import lru_cache
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import regex
from markdown_it import MarkdownIt

_LINE_ENDS = regex.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
_INVISIBLE = regex.compile(r"[\p{Cf}\p{Cc}\p{Cs}--[\n\t\u200d]]", regex.V1)
# what joins emoji and picks their shape (U+200D, U+FE0F) counts as a mark of the letter beside it, were it left in
_IGNORED = regex.compile(r"[\p{Cf}\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}--[\s]]", regex.V1)
# before NFKC, which makes letters of "Acme™" and a space and an accent of "´Acme´"
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_MARKS = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "´": "'", "™": " ", "℠": " "})
# with the letter before it, to which an accent may belong
_BEYOND_ASCII = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")
_LONGEST_REMEMBERED = 16
_ASCII_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_BARE_LINK = regex.compile(r"https?://[^\s<>\"'\[\]()]+(?:\([^\s<>\"'\[\]()]*\)[^\s<>\"'\[\]()]*)*+")
_TRACKING = ("utm_", "fbclid", "gclid", "igshid", "mc_cid", "mc_eid")
_BREAKING = frozenset(
    {"address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "figure", "footer", "form"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tr", "ul"}
)
_SILENT = ("script", "style")
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", "table"])


def plain(text: str) -> str:
    r"""Text in NFC with line ends as \n, without control and invisible characters, ends trimmed.

    >>> plain("cafe\u0301\r\nopen\u200b")
    'café\nopen'
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", _LINE_ENDS.sub("\n", text))).strip()


def plain_from_entities(text: str) -> str:
    """Plain text from one whose &amp;, &lt; and &#39; are still written out."""
    return plain(html.unescape(text))


def plain_from_html(text: str) -> str:
    r"""What a reader sees of HTML: blocks on lines of their own, entities resolved, scripts and styles dropped.

    >>> plain_from_html("<p>Fish &amp; <b>chips</b></p><p>I <3 them</p>")
    'Fish & chips\nI <3 them'
    """
    return text_and_links_from_html(text)[0]


def plain_from_markdown(text: str) -> str:
    """What a reader sees of markdown: without marks, a link as its words, a quotation behind ">"."""
    return text_and_links_from_markdown(text)[0]


def text_and_links_from_html(text: str) -> tuple[str, tuple[str, ...]]:
    """The visible text, and where its links lead, canonical and each once.

    Written by hand since html.parser takes seconds for a few thousand unclosed tags; each step here moves forward.
    """
    lowered = text.translate(_ASCII_LOWER)
    words: list[str] = []
    links: list[str] = []
    position = 0
    while (start := text.find("<", position)) != -1:
        words.append(_spaced(text[position:start]))
        name, end = _tag_at(lowered, start)
        if name is None:
            words.append(text[start:end])
        elif name in _SILENT:
            closing = lowered.find(f"</{name}", end)
            end = closing if closing != -1 else len(text)
        elif name == "a":
            links += _link_of(text[start:end])
        elif name.lstrip("/") in _BREAKING:
            words.append("\n")
        elif name in {"td", "th"}:
            words.append(" ")
        position = end
    words.append(_spaced(text[position:]))
    return _tidied(html.unescape("".join(words))), _canonical(links)


def text_and_links_from_markdown(text: str) -> tuple[str, tuple[str, ...]]:
    """The visible text, and where its links lead, canonical and each once; Reddit's spoiler marks are dropped."""
    if ">!" in text and "!<" in text:
        text = text.replace(">!", "").replace("!<", "")
    words: list[str] = []
    links: list[str] = []
    quoted = 0
    for token in _MARKDOWN.parse(text):
        if token.type in {"blockquote_open", "blockquote_close"}:
            quoted += token.nesting
        elif token.type == "inline":
            shown = ""
            for child in token.children or ():
                if child.type in {"softbreak", "hardbreak"}:
                    shown += "\n"
                elif child.type == "link_open":
                    links.append(str(child.attrs.get("href", "")))
                elif child.type in {"text", "code_inline", "image"}:
                    shown += child.content
            words.append("\n".join(f"> {line}" for line in shown.split("\n")) if quoted else shown)
            links += (found.rstrip(".,;:!?*_") for found in _BARE_LINK.findall(shown))
        elif token.type in {"fence", "code_block"}:
            words.append(f"{token.content}\n")
        elif token.nesting == -1:
            words.append(" " if token.type in {"td_close", "th_close"} else "\n")
    return _tidied("".join(words)), _canonical(links)


def canonical_link(url: str) -> str | None:
    """One spelling for one address: http or https, host in lower case, no fragment, no tracking; None where it is none.

    >>> canonical_link("HTTPS://News.Example/a?id=7&utm_source=x#top")
    'https://news.example/a?id=7'
    """
    try:
        parts = urlsplit(plain(url))
        host = (parts.hostname or "").rstrip(".")
        port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host:
        return None
    query = parts.query
    if any(mark in query for mark in _TRACKING):
        query = urlencode([(key, value) for key, value in parse_qsl(query, keep_blank_values=True) if not key.startswith(_TRACKING)])
    return urlunsplit((parts.scheme, f"[{host}]{port}" if ":" in host else f"{host}{port}", parts.path or "/", query, ""))


def host_of(url: str) -> str:
    """The host that an address names, in lower case; empty where it names none or is no address."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def folded(text: str) -> str:
    """Text for comparing: compatibility forms unified, case folded, one kind of apostrophe.

    >>> folded("ＳＴＲＥＡＭＬＹ’s")
    "streamly's"
    """
    if text.isascii() and (text.isprintable() or not _CONTROL.search(text)):
        return text.lower()
    if _CONTROL.search(text):
        return _unified(text).casefold()
    return _BEYOND_ASCII.sub(_unified_run, text).casefold()


def _unified(text: str) -> str:
    return unicodedata.normalize("NFKC", _IGNORED.sub("", text).translate(_MARKS))


@lru_cache(maxsize=16_384)
def _run_unified(run: str) -> str:
    return _unified(run)


def _unified_run(found: re.Match[str]) -> str:
    """A run beyond ASCII: most are an apostrophe or an emoji, which come again and again."""
    return _run_unified(found[0]) if len(found[0]) <= _LONGEST_REMEMBERED else _unified(found[0])


def _tag_at(text: str, start: int) -> tuple[str | None, int]:
    """The tag that opens at `start` and where it ends; a None name is text as it stands ("<3", "a < b").

    text  lower case; "" stands for comments and declarations, "/p" for a closing tag
    """
    if text.startswith("<!--", start):
        end = text.find("-->", start + 4)
        return "", end + 3 if end != -1 else len(text)
    letter = text[start + 1 : start + 3].lstrip("/")[:1]
    is_declaration = text[start + 1 : start + 2] in {"!", "?"}
    if not is_declaration and not ("a" <= letter <= "z"):
        return None, start + 1
    nearest = text.find(">", start)
    if nearest == -1:
        return None, len(text)
    end = nearest if is_declaration else _end_of_tag(text, start, nearest)
    name = text[start + 1 : min(end, start + 20)].split(maxsplit=1)[0] if not is_declaration else ""
    return name.rstrip("/"), end + 1


def _end_of_tag(text: str, start: int, nearest: int) -> int:
    """Where the tag's ">" stands; one inside a quoted attribute is passed over, if the quotes close."""
    position, end = start, nearest
    while (equals := text.find("=", position, end)) != -1:
        position = equals + 1
        quote = text[position : position + 1]
        if quote not in {'"', "'"}:
            continue
        closed = text.find(quote, position + 1)
        position = closed + 1
        if position > end:
            end = text.find(">", position)
        if closed == -1 or end == -1:
            return nearest
    return end


class _Href(HTMLParser):
    """Takes the address out of one opening tag."""

    found = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found = dict(attrs).get("href") or ""


def _link_of(tag: str) -> list[str]:
    if len(tag) > 4_000:
        return []
    parser = _Href()
    parser.feed(tag)
    return [parser.found]


def _spaced(data: str) -> str:
    """A stretch between tags, its runs of white space as one space."""
    inner = " ".join(data.split())
    if not inner:
        return " " if data else ""
    return f"{' ' if data[0].isspace() else ''}{inner}{' ' if data[-1].isspace() else ''}"


def _tidied(text: str) -> str:
    """Lines without spaces at their ends and without empty ones between."""
    return plain("\n".join(line for part in text.split("\n") if (line := part.strip())))


def _canonical(links: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(link for found in links if (link := canonical_link(found))))
