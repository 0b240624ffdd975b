"""RSS and Atom, whoever publishes them: an answer's bytes as entries, an entry as a mention; nothing in them is trusted."""

import calendar
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any, TypeAlias
from urllib.parse import parse_qs, parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from connectors.feedparsing import parse
from monitor.collect.http import Answer
from monitor.errors import BadItem, RetryLater, SourceChanged
from monitor.mention import Engagement, Kind, Mention, State
from monitor.text import canonical_link, host_of, plain, plain_from_entities, text_and_links_from_html

Entry: TypeAlias = Mapping[str, Any]
"""One entry under feedparser's names; after quarantine the same, as JSON."""

LONGEST_TEXT = 40_000
"""Characters kept of a text."""
_LARGEST_FEED = 8_000_000
_LONGEST_ID = 500
_EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
# a text put right within a minute counts as said so
_EDITED_AFTER = timedelta(minutes=1)
_ROOT_END = re.compile(rb"</([\w-]+:)?(rss|feed|rdf)\s*>", re.IGNORECASE)
_ROOT = re.compile(rb"<([\w-]+:)?(rss|feed|rdf)[\s>]", re.IGNORECASE)
_HTML = re.compile(rb"<!doctype html|<html[\s>]", re.IGNORECASE)
_COMMENT_NUMBER = re.compile(r"#comment-(\d+)$")
_POST_NUMBER = re.compile(r"[?&](?:p|page_id)=(\d+)#comment-")
_COMMENT_LINK = re.compile(r"#comment|[?&]showComment=", re.IGNORECASE)
_LINK_TAG = re.compile(r"<link\b[^>]{1,2000}>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Feed:
    """What one answer held.

    entries     as the feed orders them, newest first in nearly all
    updated_at  when the feed says it last changed; None where it does not
    next_url    where older entries are; None where the feed offers no more
    is_whole    the feed says that there are no more than these
    """

    entries: Sequence[Entry]
    updated_at: datetime | None
    next_url: str | None
    is_whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the entries of a feed become mentions.

    source, channel  of the mentions
    comments         whether they are all comments; otherwise each entry shows whether it is one
    numbered         how a comment's number becomes its id, such as "blog.example:{}"; None: ids are the feed's own
    """

    source: str
    channel: str
    comments: bool = False
    numbered: str | None = None


def is_feed(answer: Answer) -> bool:
    """Whether a body starts like RSS or Atom."""
    return _ROOT.search(answer.body[:4000].replace(b"\0", b"")) is not None


def read_feed(source: str, answer: Answer, *, url: str) -> Feed:
    """The entries of an answer, in whatever encoding and however badly formed.

    url     where it was asked for
    raises  SourceChanged where it is no feed or a huge one, RetryLater where its end is missing
    """
    if len(answer.body) > _LARGEST_FEED:
        raise SourceChanged(f"{source}: {answer.url} is a feed of more than {_LARGEST_FEED // 1_000_000} MB; check the address")
    parsed = parse(answer.body, content_type=answer.headers.get("content-type", ""), url=url)
    version = parsed.get("version")
    is_markup = answer.body.lstrip()[:1] in (b"<", b"") and not _HTML.search(answer.body[:4000])
    if not version and not is_markup:
        raise SourceChanged(f"{source}: {answer.url} answers with no RSS or Atom feed; check the address")
    if not version or (parsed.bozo and not _ROOT_END.search(answer.body[-20_000:].replace(b"\0", b""))):
        raise RetryLater(f"{source}: {answer.url} answered with a feed that is cut off; asked again later")
    head = dict(parsed.feed)
    return Feed(
        entries=[dict(entry) for entry in parsed.entries],
        updated_at=_time(head.get("updated_parsed")) or _time(head.get("published_parsed")),
        next_url=_next_url(head.get("links") or (), url),
        is_whole=0 <= (_count(head.get("opensearch_totalresults")) or -1) <= len(parsed.entries),
    )


def entry_id(entry: Entry, reading: Reading) -> str:
    """The key of an entry: its number or its own id, or else a hash of where it stands, who wrote it and when.

    raises  BadItem where it has neither id nor address nor words
    """
    own, link = plain(_string(entry, "id")), _string(entry, "link")
    number = reading.numbered and (_COMMENT_NUMBER.search(own) or _COMMENT_NUMBER.search(link))
    if reading.numbered and number:
        return reading.numbered.format(number[1])
    if own and len(own) <= _LONGEST_ID:
        is_worldwide = "://" in own or own.startswith(("tag:", "urn:"))
        return own if is_worldwide else f"{reading.channel}:{own}"
    words = [_string(entry, "title"), _body(entry)[0]]
    if not own and not link and not any(words):
        raise BadItem("neither id nor address nor words")
    said_when = _string(entry, "published") or _string(entry, "updated")
    parts = [own] if own else [reading.channel, link, _author(entry) or "", *([said_when] if said_when else words)]
    return "sha256-" + hashlib.sha256("\x1f".join(parts).encode(errors="replace")).hexdigest()[:32]


def written_at(entry: Entry) -> datetime | None:
    """When an entry was written, by itself, UTC; None where it does not say."""
    return _time(entry.get("published_parsed")) or _time(entry.get("created_parsed")) or _time(entry.get("updated_parsed"))


def mention_from_entry(entry: Entry, reading: Reading, *, created_at: datetime, fetched_at: datetime) -> Mention:
    """One entry. A comment has no title: those of feeds are made of the page's title or of the comment itself.

    created_at  when it was written or, where it does not say, first seen
    raises      BadItem where it has no words or no key
    """
    source_id = entry_id(entry, reading)
    body, is_html = _body(entry)
    text, links = text_and_links_from_html(body) if is_html else (plain_from_entities(body), ())
    link = _address(_string(entry, "feedburner_origlink")) or _address(_string(entry, "link"))
    in_reply_to = entry.get("thr_in-reply-to")
    ref = _string(in_reply_to, "ref") if isinstance(in_reply_to, Mapping) else ""
    is_comment = reading.comments or bool(ref) or bool(link and _COMMENT_LINK.search(link))
    title = None if is_comment else _title(entry)
    if not text and not title:
        raise BadItem("no words")
    page = canonical_link(link) if link else None
    edited_at = _time(entry.get("updated_parsed"))
    is_edited = edited_at is not None and edited_at - created_at > _EDITED_AFTER
    replies = _count(entry.get("slash_comments")) if not is_comment else None
    return Mention(
        source=reading.source,
        source_id=source_id,
        created_at=created_at,
        fetched_at=fetched_at,
        channel=reading.channel,
        url=link,
        title=title,
        text=text[:LONGEST_TEXT] or None,
        text_truncated=len(text) > LONGEST_TEXT or text.endswith(("[…]", "[...]")),
        links=tuple(other for other in links if other != page),
        author_id=_profile(entry),
        author_name=_author(entry),
        edited_at=edited_at if is_edited else None,
        engagement=Engagement(replies=replies),
        engagement_at=fetched_at if replies is not None else None,
        state=State.EDITED if is_edited else State.LIVE,
        **_place_in_thread(source_id, ref, _thread(entry, ref, page, reading), reading, is_comment=is_comment),
    )


def comment_feed_of(page: str, url: str) -> str | None:
    """The address of the feed of the comments under a page, by its <link rel=alternate>; None where it names none.

    A site's feed of all comments is not it: what is said under other pages is not about this one.

    page  its HTML
    url   its address; a feed on another host is not taken
    """
    path = urlsplit(url).path.rstrip("/")
    named: list[str] = []
    for tag in _LINK_TAG.findall(page[:1_000_000]):
        attributes = _attributes(tag)
        kind = attributes.get("type", "").lower()
        address = _address(urljoin(url, attributes.get("href", "")))
        if "alternate" not in attributes.get("rel", "").lower() or not ("rss" in kind or "atom" in kind):
            continue
        if address is None or host_of(address) != host_of(url) or _is_site_wide(address):
            continue
        if path and urlsplit(address).path.startswith(f"{path}/"):
            return address
        if "comment" in f"{attributes.get('title', '')} {address}".lower():
            named.append(address)
    return next(iter(named), None)


def channel_of(url: str) -> str:
    """The site that an address is of, as mentions name their channel: its host without "www."."""
    return host_of(url).removeprefix("www.")


def _is_site_wide(feed: str) -> bool:
    """Whether it holds the comments of all pages: WordPress /comments/feed/, Blogger /feeds/comments/default."""
    return re.search(r"/(comments/feed|feeds/comments/default)/?$", urlsplit(feed).path) is not None


def _thread(entry: Entry, ref: str, page: str | None, reading: Reading) -> str | None:
    """The page as a thread: by its id where the feed gives that, else by its address."""
    if ref.startswith("tag:"):
        return ref
    # WordPress's guid of a comment is that of its post, with the comment's number behind
    post = reading.numbered and _POST_NUMBER.search(_string(entry, "id"))
    return reading.numbered.format(f"post-{post[1]}") if reading.numbered and post else page


def _place_in_thread(source_id: str, ref: str, thread: str | None, reading: Reading, *, is_comment: bool) -> dict[str, Any]:
    """Kind, thread and parent."""
    if not is_comment:
        return {"kind": Kind.POST, "conversation_id": source_id}
    number = _COMMENT_NUMBER.search(ref)
    if number is None:
        return {"kind": Kind.COMMENT, "conversation_id": thread, "in_reply_to_id": thread}
    parent = reading.numbered.format(number[1]) if reading.numbered else ref
    return {"kind": Kind.REPLY, "conversation_id": thread, "in_reply_to_id": parent}


def _next_url(links: Sequence[Any], url: str) -> str | None:
    """Where older entries are, always on the feed's own host.

    Blogger names the next page on www.blogger.com whatever the blog's own address is: its page number is taken, not its host.
    """
    link = next((_string(link, "href") for link in links if isinstance(link, Mapping) and link.get("rel") == "next"), "")
    target = urljoin(url, link) if link else ""
    if _address(target) is None:
        return None
    if host_of(target) == host_of(url):
        return target
    asked = parse_qs(urlsplit(target).query)
    if "start-index" not in asked:
        return None
    parts = urlsplit(url)
    query: dict[str, str] = dict(parse_qsl(parts.query))
    query |= {key: asked[key][0] for key in ("start-index", "max-results") if key in asked}
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), ""))


def _body(entry: Entry) -> tuple[str, bool]:
    """The longest text that the entry has, and whether it is HTML; the whole text rather than its summary."""
    contents = [part for part in entry.get("content") or () if isinstance(part, Mapping) and _string(part, "value")]
    summary = entry.get("summary_detail")
    if contents:
        chosen: Mapping[str, Any] = max(contents, key=lambda part: len(part["value"]))
    else:
        chosen = summary if isinstance(summary, Mapping) else {"value": entry.get("summary")}
    return _string(chosen, "value"), _string(chosen, "type") != "text/plain"


def _title(entry: Entry) -> str | None:
    detail = entry.get("title_detail")
    title = _string(entry, "title")
    is_html = isinstance(detail, Mapping) and _string(detail, "type") != "text/plain"
    text = text_and_links_from_html(title)[0] if is_html else plain_from_entities(title)
    return " ".join(text.split())[:2000] or None


def _author(entry: Entry) -> str | None:
    """The name alone: some feeds put an address of mail beside it, or in its place."""
    detail = entry.get("author_detail")
    whole = _string(entry, "author")
    name = plain_from_entities(_string(detail, "name") if isinstance(detail, Mapping) else whole)[:200]
    # the whole is looked at too: feedparser takes the end of a long mail address for the name
    return name if name and not any(re.fullmatch(r"\s*\S+@\S+\s*", part) for part in (name, whole)) else None


def _profile(entry: Entry) -> str | None:
    detail = entry.get("author_detail")
    return canonical_link(_string(detail, "href")) if isinstance(detail, Mapping) and detail.get("href") else None


def _address(link: str) -> str | None:
    """An address that may be shown as a link; None for javascript: and the like."""
    link = plain(link)
    return link if canonical_link(link) and len(link) <= 2000 else None


def _time(parsed: Any) -> datetime | None:
    """A time of feedparser's, which is UTC; None where it cannot be one."""
    if not isinstance(parsed, list | tuple) or len(parsed) < 6:
        return None
    try:
        at = datetime.fromtimestamp(calendar.timegm((*parsed[:6], 0, 0, 0)), UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return None
    return at if at >= _EARLIEST else None


def _count(value: Any) -> int | None:
    return int(value) if isinstance(value, str) and value.strip().isdecimal() and len(value) < 10 else None


def _string(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""


class _Attributes(HTMLParser):
    """Takes the attributes out of one opening tag."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found = {name: value or "" for name, value in attrs}


def _attributes(tag: str) -> Mapping[str, str]:
    parser = _Attributes()
    parser.feed(tag)
    return parser.found
