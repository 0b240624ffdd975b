"""feedparser on an answer's bytes, with the searches bounded by which a hostile feed could hold it up for hours."""

import io
import re
from typing import Any

import feedparser
from feedparser import encodings, mixin, sanitizer

_LONGEST_NAME = 300
_find_author = mixin._FeedParserMixin._sync_author_detail


def parse(body: bytes, *, content_type: str, url: str) -> Any:
    """What feedparser makes of a body; nothing is fetched, no file is opened, entities do not grow.

    url  where it was asked for: addresses in it are relative to that
    """
    # in a stream, since feedparser takes bare bytes for a file's name first: a body "/etc/passwd" would be opened
    return feedparser.parse(
        io.BytesIO(body),
        response_headers={"content-type": content_type, "content-location": url},
        sanitize_html=False,
        resolve_relative_uris=False,
    )


def _find_author_in_short(self: Any, key: str = "author") -> None:
    context = self._get_context()
    if isinstance(context.get(key), str):
        context[key] = context[key][:_LONGEST_NAME]
    _find_author(self, key)


# each of these took minutes to hours for a megabyte made for it; tests/connectors/test_feed.py holds such feeds
mixin._FeedParserMixin._sync_author_detail = _find_author_in_short
encodings.RE_XML_PI_ENCODING = re.compile(rb"^<\?[^>\n]{0,500}?encoding=['\"]([^'\">\n]{0,100})['\"][^>\n]{0,500}?\?>")
sanitizer.RE_ENTITY_PATTERN = re.compile(rb"^[ \t]*<!ENTITY([^>]{0,500}?)>", re.MULTILINE)
sanitizer.RE_DOCTYPE_PATTERN = re.compile(rb"^[ \t]*<!DOCTYPE([^>]{0,500}?)>", re.MULTILINE)
