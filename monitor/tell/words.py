"""How figures, times, sources and strangers' words are written for people: the same in every message."""

from datetime import date, datetime, timedelta, tzinfo
from textwrap import wrap
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from monitor.text import plain

UNKNOWN = "–"
TEXT_LIMIT = 200
_LINE = 110

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SOURCES = {
    "appstore": "App Store",
    "bluesky": "Bluesky",
    "disqus": "Disqus",
    "feed": "Feeds",
    "file": "Files",
    "hackernews": "Hacker News",
    "mastodon": "Mastodon",
    "reddit": "Reddit",
    "wordpress": "WordPress",
    "x": "X",
    "youtube": "YouTube",
}
_LANGUAGES = {
    "ar": "Arabic",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "hi": "Hindi",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "ne": "Nepali",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "tr": "Turkish",
    "zh": "Chinese",
}


def number(value: float | None) -> str:
    """A count; a mean below 10 keeps one digit behind the point.

    >>> number(4310), number(3.25), number(12.0), number(None)
    ('4,310', '3.2', '12', '–')
    """
    if value is None:
        return UNKNOWN
    if abs(value) < 10 and value != int(value):
        return f"{value:.1f}"
    return f"{round(value):,}"


def percent(share: float | None) -> str:
    """A share of 0 to 1, whole per cents; never 0 or 100 where it is not.

    >>> percent(0.1834), percent(0.001), percent(0.999), percent(0.0), percent(None)
    ('18 %', '<1 %', '>99 %', '0 %', '–')
    """
    if share is None:
        return UNKNOWN
    rounded = round(share * 100)
    if rounded == 0 and share > 0:
        return "<1 %"
    if rounded == 100 and share < 1:
        return ">99 %"
    return f"{rounded} %"


def signed(value: float | None) -> str:
    """A balance of -1 to 1, in hundredths, with its sign.

    >>> signed(-0.253), signed(0.04), signed(0.0)
    ('-25', '+4', '0')
    """
    if value is None:
        return UNKNOWN
    return f"{round(value * 100):+d}" if round(value * 100) else "0"


def count_of(count: int, one: str, many: str | None = None) -> str:
    """A count and its noun.

    >>> count_of(1, "incident"), count_of(2, "copy", "copies")
    ('1 incident', '2 copies')
    """
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def duration(span: timedelta) -> str:
    """A length of time as people say it; below a minute: "under a minute".

    >>> duration(timedelta(minutes=9)), duration(timedelta(hours=3, minutes=20)), duration(timedelta(days=2, hours=20))
    ('9 minutes', '3 h 20 min', '2 days 20 h')
    """
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return "under a minute"
    if minutes < 60:
        return count_of(minutes, "minute")
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} days {hours} h" if hours else f"{days} days"


def day_words(day: date) -> str:
    """A day without its year.

    >>> day_words(date(2026, 7, 15))
    'Wed 15 Jul'
    """
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"


def weekday(day: date) -> str:
    """The day's name in full."""
    return _LONG_DAYS[day.weekday()]


def clock(at: datetime, zone: tzinfo) -> str:
    """Hour and minute in a zone."""
    return f"{at.astimezone(zone):%H:%M}"


def weekday_clock(at: datetime, zone: tzinfo) -> str:
    """Weekday, hour and minute in a zone, such as Tue 14:05."""
    there = at.astimezone(zone)
    return f"{_DAYS[there.weekday()]} {there:%H:%M}"


def day_clock(at: datetime, zone: tzinfo) -> str:
    """Day, hour and minute in a zone, such as Tue 14 Jul 14:05."""
    there = at.astimezone(zone)
    return f"{day_words(there.date())} {there:%H:%M}"


def zone_words(zone: tzinfo) -> str:
    """A zone as people say it.

    >>> zone_words(ZoneInfo("America/New_York")), zone_words(ZoneInfo("UTC"))
    ('New York', 'UTC')
    """
    name = zone.key if isinstance(zone, ZoneInfo) else "UTC"
    return "UTC" if name in ("UTC", "Etc/UTC") else name.rpartition("/")[2].replace("_", " ")


def source_words(source: str) -> str:
    """A source's name as it is shown; one that we do not know is shown as it is."""
    return _SOURCES.get(source, one_line(source, limit=40))


def place_words(source: str, channel: str | None) -> str:
    """Where a text stands.

    >>> place_words("reddit", "television"), place_words("x", None)
    ('Reddit r/television', 'X')
    """
    if not channel:
        return source_words(source)
    return f"{source_words(source)} {'r/' if source == 'reddit' else ''}{one_line(channel, limit=60)}"


def language_words(lang: str | None) -> str:
    """A language's English name; the code itself where we know no name for it."""
    return "unknown language" if lang is None else _LANGUAGES.get(lang, one_line(lang, limit=12))


def one_line(text: str | None, *, limit: int = TEXT_LIMIT) -> str:
    r"""A stranger's words on one line: no control, escape or direction-changing characters, cut at a space.

    >>> one_line("bye\x1b[31m\nStreamly \u202enow")
    'bye[31m Streamly now'
    >>> one_line("we are leaving for good", limit=15)
    'we are leaving…'
    """
    if text is None:
        return ""
    words = " ".join(plain(text).split())
    if len(words) <= limit:
        return words
    head = words[:limit]
    at_space = head.rpartition(" ")[0]
    return (at_space if len(at_space) >= limit // 2 else head).rstrip() + "…"


def labelled(label: str, text: str, *, label_width: int, indent: int = 0) -> list[str]:
    """A label, and beside it a text in lines that fit a terminal.

    >>> labelled("Said", "bye", label_width=6, indent=2)
    ['  Said   bye']
    """
    head = f"{' ' * indent}{label:<{label_width}} "
    return wrap(text, _LINE, initial_indent=head, subsequent_indent=" " * len(head), break_long_words=False, break_on_hyphens=False) or [
        head.rstrip()
    ]


def safe_link(url: str | None) -> str | None:
    """A link that may be clicked: http or https, to a host, without blanks or control characters; else None.

    >>> safe_link("javascript:alert(1)"), safe_link("https://example.org/a?b=1")
    (None, 'https://example.org/a?b=1')
    """
    if url is None or plain(url) != url or any(c.isspace() or c in "<>\"'`\\" for c in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None
