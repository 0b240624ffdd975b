"""Checks of walks: all of it, once, and nothing twice after an interruption."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from math import ceil

from monitor.collect.budget import NoMeter
from monitor.collect.conformance.stage import Request
from monitor.collect.conformance.trial import MOST_PAGES, Trial, Walked, as_stored, some
from monitor.collect.connector import Known, Page, Window
from monitor.mention import GONE

_FEWEST_PAGES = 3
_MOST_KILLS = 12
_LOOKED_AT = 20


def first_walk_brings_everything(trial: Trial) -> Iterator[str]:
    """Exactly the stage's ids, and not one of them twice."""
    found = {id_ for walked in trial.healthy for id_ in walked.ids}
    if missing := trial.stage.ids - found:
        yield f"{len(missing)} of {len(trial.stage.ids)} are missing: {some(missing)}"
    if beyond := found - trial.stage.ids:
        yield f"{len(beyond)} are brought that the stage does not name: {some(beyond)}"
    pages = sum(len(walked.pages) for walked in trial.healthy)
    if pages < _FEWEST_PAGES:
        yield f"the stage takes {pages} pages; make it take {_FEWEST_PAGES} or more, or nothing is tried between them"
    for walked in trial.healthy:
        yield from (f"{walked.query.name!r}: {said}" for said in _repeated(walked.pages))


def pages_are_in_order(trial: Trial) -> Iterator[str]:
    """The last page and no other says that it is; cursors are JSON, and their `high` moves at the end only."""
    for walked in trial.healthy:
        for number, page in enumerate(walked.pages, start=1):
            is_last = number == len(walked.pages)
            yield from (
                f"{walked.query.name!r}, page {number} of {len(walked.pages)}: {said}"
                for said in _page_trouble(trial, page, is_last=is_last)
            )
        if not walked.pages:
            yield f"{walked.query.name!r}: no page at all; a walk that finds nothing still ends with a last page"
        elif walked.query.covers and not walked.pages[-1].covered:
            yield f"{walked.query.name!r}: its last page does not say what was looked at; give `covered`, or a query with covers=False"


def second_walk_brings_nothing_new(trial: Trial) -> Iterator[str]:
    """Asked again at the same moment, all that comes is known."""
    connector = trial.connector()
    for walked in trial.healthy:
        again = trial.walk(connector, walked.query, walked.cursor)
        if again.error:
            raise again.error
        if beyond := again.ids - walked.ids:
            yield f"{walked.query.name!r}: {len(beyond)} are new to it: {some(beyond)}"
        if len(again.requests) > len(walked.requests):
            yield f"{walked.query.name!r}: it takes {len(again.requests)} requests, the first walk took {len(walked.requests)}"


def cut_short_it_goes_on(trial: Trial) -> Iterator[str]:
    """After page n the process dies; a new connector goes on from the stored cursor, and asks for nothing again."""
    for whole in trial.healthy:
        for number in _kills(len(whole.pages)):
            before = trial.walk(trial.connector(), whole.query, most=number)
            after = trial.walk(trial.connector(), whole.query, before.cursor)
            if error := before.error or after.error:
                raise error
            said = f"{whole.query.name!r}, stopped after page {number} of {len(whole.pages)}"
            both = before.ids | after.ids
            if both != whole.ids:
                yield f"{said}: {some(whole.ids ^ both)} {'are missing' if whole.ids - both else 'are beyond the undisturbed walk'}"
            if (twice := _page_again(before, after)) is not None:
                yield f"{said}: it brings page {twice} again"
            if (more := len(before.requests) + len(after.requests) - len(whole.requests)) > 1:
                asked_again = _targets(before.requests) & _targets(after.requests)
                yield f"{said}: {more} requests more than undisturbed; asked for again: {some(asked_again) or 'nothing'}"
            if before.pages and before.pages[-1].covered and number < len(whole.pages) and before.cursor == whole.cursor:
                yield f"{said}: the cursor says that the walk is complete"


def window_is_kept_to(trial: Trial) -> Iterator[str]:
    """A closed window brings what was said in it, and nothing else."""
    times = sorted(mention.created_at for walked in trial.healthy for mention in walked.mentions)
    if not times:
        return
    window = Window(since=times[len(times) // 4], until=times[len(times) * 3 // 4])
    if window.since == window.until:
        return
    walks = trial.walk_all(window=window)
    for walked in walks:
        if walked.error:
            raise walked.error
        outside = [mention.source_id for mention in walked.mentions if not window.holds(mention.created_at)]
        if outside:
            yield f"{walked.query.name!r}: {len(outside)} lie outside of {window.since} to {window.until}: {some(outside)}"


def second_looks(trial: Trial) -> Iterator[str]:
    """A refresh speaks of the texts that it was given, and of no others."""
    connector = trial.connector()
    found = {mention.source_id: mention for walked in trial.healthy for mention in walked.mentions}
    known = [Known(one.source_id, one.created_at, one.conversation_id) for one in list(found.values())[:_LOOKED_AT]]
    asks = connector.capabilities.refresh_after
    looked = [one for several in connector.refresh(known, now=trial.stage.now, meter=NoMeter()) for one in several]
    if looked and not asks:
        yield "it brings second looks, but its capabilities name no `refresh_after`"
    if asks and not looked:
        yield f"nothing comes back for {len(known)} texts; let the stage serve them, or leave `refresh_after` empty"
    if beyond := {one.source_id for one in looked} - {one.source_id for one in known}:
        yield f"{some(beyond)} were not asked for"
    for one in looked:
        if one.state in GONE and (one.text is not None or one.title is not None):
            yield f"{one.source_id} is {one.state}, and still has its text"
        if one.fetched_at != trial.stage.now:
            yield f"{one.source_id}: fetched_at is {one.fetched_at}, the connector's clock says {trial.stage.now}"
        if connector.capabilities.stable_created_at and one.created_at != found[one.source_id].created_at:
            yield f"{one.source_id}: created_at is {one.created_at}, at first sight it was {found[one.source_id].created_at}"


def requests_are_few(trial: Trial) -> Iterator[str]:
    """No more requests than the stage allows for a hundred items."""
    most = trial.stage.requests_a_100
    if most is None:
        return
    for walked in trial.healthy:
        items = len(walked.ids)
        allowed = most * max(1, ceil(items / 100))
        if len(walked.requests) > allowed:
            yield f"{walked.query.name!r}: {len(walked.requests)} requests for {items} items, at most {allowed} are allowed"


def _repeated(pages: Sequence[Page]) -> Iterator[str]:
    """Ids that come twice. Where two pages meet the source may show some again; a page of nothing else is another matter."""
    before: set[str] = set()
    older: set[str] = set()
    for number, page in enumerate(pages, start=1):
        ids = Counter(mention.source_id for mention in page.mentions)
        if twice := [id_ for id_, times in ids.items() if times > 1]:
            yield f"page {number} has {some(twice)} twice"
        if again := ids.keys() & older:
            yield f"page {number} brings {some(again)} again, which came before page {number - 1}"
        if ids and before and ids.keys() <= before:
            yield f"page {number} brings nothing that page {number - 1} did not"
        older |= before
        before = set(ids)


def _page_again(before: Walked, after: Walked) -> int | None:
    """The number of a page that came before the interruption and comes after it; where pages meet some ids may come again."""
    pages = [{mention.source_id for mention in page.mentions} for page in before.pages]
    again = [{mention.source_id for mention in page.mentions} for page in after.pages]
    return next((number for number, ids in enumerate(pages, start=1) if ids and ids in again), None)


def _page_trouble(trial: Trial, page: Page, *, is_last: bool) -> Iterator[str]:
    if page.is_last != is_last:
        yield (
            "more pages follow, although it says is_last"
            if page.is_last
            else f"the walk ends without is_last (or after {MOST_PAGES} pages)"
        )
    if page.seen < len(page.set_aside):
        yield f"`seen` is {page.seen}, but {len(page.set_aside)} items are set aside"
    if page.cursor is None:
        yield "it has no cursor"
    else:
        try:
            as_stored(page.cursor)
        except (TypeError, ValueError) as error:
            yield f"its cursor is no JSON: {error}"
        moved = page.cursor.get("high") is not None
        if "high" in page.cursor and moved != is_last:
            yield "`high` has not moved" if is_last else "`high` has moved although the walk goes on"
    for looked in page.covered:
        if looked.until > trial.stage.now + timedelta(seconds=1) or looked.since > looked.until:
            yield f"it says that {looked.since} to {looked.until} was looked at, and it is {trial.stage.now}"


def _kills(pages: int) -> list[int]:
    """After which pages to stop: each, or of very many some."""
    every = list(range(1, pages))
    return every if len(every) <= _MOST_KILLS else [*every[: _MOST_KILLS // 2], *every[-_MOST_KILLS // 2 :]]


def _targets(requests: Sequence[Request]) -> Counter[str]:
    return Counter(f"{one.method} {one.path} {dict(one.query)} {one.body.decode(errors='replace')}" for one in requests)
