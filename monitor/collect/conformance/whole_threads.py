"""Checks of threads: a connector that says it reads them brings each whole, and asks for nothing twice."""

from collections.abc import Iterator
from typing import cast

from monitor.collect.conformance.trial import Trial, as_stored, some
from monitor.collect.connector import Known, Query, ThreadReader
from monitor.mention import GONE, Mention

_TRIED = 3


def threads_are_whole(trial: Trial) -> Iterator[str]:
    """The question for a root brings the root and what was said under it; cut short it goes on, asked again it is no dearer."""
    if not trial.connector().capabilities.reads_threads:
        return
    asks = _asks(trial)
    if not asks:
        yield "it says that it reads threads, and has no question for any root of the stage; let one stand where it has"
    brought = 0
    for root, query in asks:
        named = f"the thread of {root.source_id}, {query.name!r}"
        if query.covers or query.source != root.source or query.name in {known.name for known in trial.connector().queries()}:
            yield f"{named}: it must be a question of {root.source!r} with a name of its own, and covers=False"
        whole = trial.walk(trial.connector(), query)
        if whole.error:
            raise whole.error
        others = {mention.source_id for mention in whole.mentions if root.source_id not in (mention.source_id, mention.conversation_id)}
        if others:
            yield f"{named}: it brings {some(others)} of other threads"
        if root.source_id not in whole.ids:
            yield f"{named}: it does not bring the root itself"
        brought += len(whole.ids - {root.source_id})
        again = trial.walk(trial.connector(), query, as_stored(whole.pages[-1].cursor or {}))
        if len(again.requests) > len(whole.requests) or again.ids - whole.ids:
            yield f"{named}: asked again it takes {len(again.requests)} requests, the first time it took {len(whole.requests)}"
        before = trial.walk(trial.connector(), query, most=1)
        after = trial.walk(trial.connector(), query, before.cursor) if len(whole.pages) > 1 else before
        if before.ids | after.ids != whole.ids:
            yield f"{named}: stopped after its first page it does not bring {some(whole.ids - before.ids - after.ids)}"
    if asks and not brought:
        yield f"nothing is brought under {some(root.source_id for root, _ in asks)}; let the stage serve what was said there"


def _asks(trial: Trial) -> list[tuple[Mention, Query]]:
    connector = cast(ThreadReader, trial.connector())
    roots = [one for walked in trial.healthy for one in walked.mentions if one.is_root and one.state not in GONE]
    known = [(one, Known(one.source_id, one.created_at, one.conversation_id, one.channel)) for one in roots]
    return [(root, query) for root, its in known if (query := connector.thread(its))][:_TRIED]
