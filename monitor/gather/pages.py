"""Pages as they come from connectors: whether to believe them, and what a broken connector's fault is called."""

import logging
from collections.abc import Generator, Iterator
from dataclasses import replace

from monitor.collect.connector import Capabilities, Page
from monitor.errors import MonitorError, SourceChanged

log = logging.getLogger(__name__)

_ENOUGH = 5


def is_odd(page: Page, capabilities: Capabilities) -> bool:
    """Whether so much of a page cannot be read that the source must have changed.

    More than a fifth of its items, or all of them; in pages of fewer than five items only the latter, and one odd
    item alone never.
    """
    odd = len(page.set_aside)
    if odd < 2 or capabilities.may_be_odd >= 1:
        return False
    return odd == page.seen or (page.seen >= _ENOUGH and odd > capabilities.may_be_odd * page.seen)


def odd_page(source: str, page: Page) -> tuple[SourceChanged, Page]:
    """The trouble that an odd page is, and what is kept of it: good items and odd ones, but no step forward."""
    first = page.set_aside[0].reason
    error = SourceChanged(
        f"{source}: {len(page.set_aside)} of {page.seen} items cannot be read, so its answers have changed ({first}); "
        f"update monitor, then `monitor quarantine replay`"
    )
    return error, replace(page, cursor=None, covered=(), is_last=True)


def sober(source: str, pages: Iterator[Page]) -> Generator[Page, None, None]:
    """The pages; a fault of the connector's own is the source's trouble, not the round's end.

    raises  what the connector raises; SourceChanged for anything that is not one of our kinds
    """
    try:
        yield from pages
    except MonitorError:
        raise
    except Exception as error:
        log.debug("%s", source, exc_info=True)
        raise SourceChanged(
            f"{source}: {type(error).__name__} in its connector; this is a fault of the program: update monitor, or report it "
            "with the output of -vv"
        ) from error
