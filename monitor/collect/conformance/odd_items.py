"""Checks of items that are not as usual: unreadable, with more fields, with fewer."""

from collections.abc import Callable, Iterator
from dataclasses import fields

from monitor.collect.conformance.server import Act
from monitor.collect.conformance.stage import Request, Response
from monitor.collect.conformance.stated import difference
from monitor.collect.conformance.trial import Trial, Walked, some
from monitor.errors import BadItem, SourceChanged
from monitor.mention import Engagement

_SHOWN = 3
# some sources answer with other things before their first items
_FAR = 20


def one_odd_item(trial: Trial) -> Iterator[str]:
    """It is set aside with its reason and its raw text, and everything else comes."""
    if trial.stage.spoil is None:
        return
    for place in (0, 1):
        with trial.acting(_once(lambda body, place=place: trial.stage.spoil(body, place))):  # type: ignore[misc]
            walks = trial.walk_all()
        for walked in walks:
            if walked.error:
                raise walked.error
        aside = [(walked, item) for walked in walks for item in walked.set_aside]
        if len(aside) != 1:
            yield f"with item {place} of an answer unreadable {len(aside)} are set aside, not 1"
        missing = trial.stage.ids - {id_ for walked in walks for id_ in walked.ids}
        if len(missing) > 1:
            yield f"with item {place} of an answer unreadable {len(missing)} are missing: {some(missing)}"
        for walked, item in aside:
            yield from _kept(trial, walked, item.raw, item.reason)


def all_odd_items(trial: Trial) -> Iterator[str]:
    """Every item is set aside (the core then says that the source has changed, and asks no further), or the connector says so itself."""
    if trial.stage.spoil is None:
        return
    with trial.acting(_always(lambda body: trial.stage.spoil(body, None))):  # type: ignore[misc]
        walks = trial.walk_all(most=_FAR)
    error = walks[-1].error
    if error and not isinstance(error, SourceChanged):
        yield f"with all items unreadable it ends with {type(error).__name__}: {error}"
    pages = [page for walked in walks for page in walked.pages if page.set_aside]
    if not pages and not error:
        yield "with all items unreadable nothing is set aside, and nothing is said"
    for page in pages:
        if len(page.set_aside) != page.seen or page.mentions:
            yield f"with all items unreadable a page has {page.seen} items, {len(page.set_aside)} set aside, {len(page.mentions)} read"
            return


def unknown_fields(trial: Trial) -> Iterator[str]:
    """Fields of a later day change nothing."""
    if trial.stage.extend is None:
        return
    walks = _changed_walks(trial, trial.stage.extend)
    if aside := sum(len(walked.set_aside) for walked in walks):
        yield f"{aside} items are set aside for fields that are unknown"
    usual = {mention.key: mention for walked in trial.healthy for mention in walked.mentions}
    extended = {mention.key: mention for walked in walks for mention in walked.mentions}
    if usual.keys() != extended.keys():
        yield f"other ids come: {some(usual.keys() ^ extended.keys())}"
    changed = [key for key in usual.keys() & extended.keys() if usual[key] != extended[key]]
    for key in changed[:_SHOWN]:
        yield f"{key[1]} is another: {some(difference(usual[key], extended[key]))}"


def missing_fields(trial: Trial) -> Iterator[str]:
    """What is not said is None, never 0 and never ''."""
    if trial.stage.strip is None:
        return
    walks = _changed_walks(trial, trial.stage.strip)
    if aside := sum(len(walked.set_aside) for walked in walks):
        yield f"{aside} items are set aside for fields that may be missing"
    usual = {mention.key: mention for walked in trial.healthy for mention in walked.mentions}
    bare = {mention.key: mention for walked in walks for mention in walked.mentions}
    if usual.keys() != bare.keys():
        yield f"other ids come: {some(usual.keys() ^ bare.keys())}"
    wrong: dict[str, list[str]] = {}
    for key in usual.keys() & bare.keys():
        for name in _invented(usual[key].engagement, bare[key].engagement):
            wrong.setdefault(f"engagement.{name} is a number that nobody said", []).append(key[1])
        if (bare[key].engagement == Engagement()) != (bare[key].engagement_at is None):
            wrong.setdefault("engagement and engagement_at must both be there, or neither", []).append(key[1])
        for field in fields(bare[key]):
            if getattr(bare[key], field.name) == "":
                wrong.setdefault(f"{field.name} is '', unknown is None", []).append(key[1])
        if bare[key].author_followers not in (None, usual[key].author_followers):
            wrong.setdefault("author_followers is a number that nobody said", []).append(key[1])
    for said, ids in wrong.items():
        yield f"{said}: {some(ids)}"


def _changed_walks(trial: Trial, change: Callable[[bytes], bytes]) -> list[Walked]:
    with trial.acting(_always(change)):
        walks = trial.walk_all()
    for walked in walks:
        if walked.error:
            raise walked.error
    return walks


def _kept(trial: Trial, walked: Walked, raw: str, reason: str) -> Iterator[str]:
    if not raw.strip():
        yield "what is set aside has no raw text"
    if not reason.strip() or "\n" in reason:
        yield f"the reason must be one line, not {reason!r}"
    try:
        trial.connector().read(raw, walked.query, now=trial.stage.now)
    except BadItem:
        return


def _invented(usual: Engagement, bare: Engagement) -> list[str]:
    return [field.name for field in fields(Engagement) if getattr(bare, field.name) not in (None, getattr(usual, field.name))]


def _once(change: Callable[[bytes], bytes | None]) -> Act:
    """Changes the first answer that has items."""
    done: list[Request] = []

    def act(request: Request, proceed: Callable[[], Response]) -> Response:
        response = proceed()
        changed = change(response.body) if not done and response.status == 200 else None
        if changed is None or changed == response.body:
            return response
        done.append(request)
        return Response(changed, response.status, response.headers)

    return act


def _always(change: Callable[[bytes], bytes | None]) -> Act:
    def act(_request: Request, proceed: Callable[[], Response]) -> Response:
        response = proceed()
        changed = change(response.body) if response.status == 200 else None
        return response if changed is None else Response(changed, response.status, response.headers)

    return act
