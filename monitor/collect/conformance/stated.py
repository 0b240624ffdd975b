"""Checks of what a connector says: of itself, and in its mentions."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta

from monitor.collect.budget import NoMeter
from monitor.collect.conformance.trial import Trial, environment, some
from monitor.collect.connector import Estimate, Query, Window
from monitor.errors import CredentialsRefused, MonitorError
from monitor.mention import GONE, Engagement, Mention

_SHOWN = 3


def making_asks_nobody(trial: Trial) -> Iterator[str]:
    """No request and no missing key before `check` or `pull`."""
    with environment(dict.fromkeys(trial.stage.environment)):
        try:
            connector = trial.connector()
            connector.queries()
        except MonitorError as error:
            yield f"without its key it cannot be made: {error}"
            return
    connector.check()
    if trial.server.targets:
        yield f"{some(trial.server.targets)} asked for before anything was to be pulled"


def missing_key_is_named(trial: Trial) -> Iterator[str]:
    """`check` names the variable that is not set, and a pull says CredentialsRefused; with it all is well."""
    connector = trial.connector()
    if said := connector.check():
        yield f"check() finds something wrong where all is well: {said}"
    if connector.capabilities.key == "none":
        return
    if not trial.stage.environment:
        yield f"its key is {connector.capabilities.key!r}, but the stage has no `environment` with markers"
    with environment(dict.fromkeys(trial.stage.environment)):
        connector = trial.connector()
        said = connector.check() or ""
        if trial.stage.environment and not any(name in said for name in trial.stage.environment):
            yield f"without {some(trial.stage.environment)} check() says {said!r}; it must name what is missing"
        error = trial.walk_all(connector)[-1].error
        if trial.stage.environment and not isinstance(error, CredentialsRefused):
            yield f"without {some(trial.stage.environment)} a pull ends with {type(error).__name__}, not CredentialsRefused"


def what_it_says_of_itself(trial: Trial) -> Iterator[str]:
    """Queries with names of their own, an estimate, capabilities that fit."""
    connector = trial.connector()
    queries = connector.queries()
    if not queries:
        yield "it has no query"
    names = [query.name for query in queries]
    if len(set(names)) < len(names):
        yield f"two of its queries have the same name, and would share a cursor: {some(names)}"
    for query in queries:
        if query.source != connector.source:
            yield f"the query {query.name!r} is of the source {query.source!r}, the connector's is {connector.source!r}"
    if [_said(query) for query in queries] != [_said(query) for query in trial.connector().queries()]:
        yield "made again with the same settings it has other queries: cursors would be lost"
    if not 0 <= connector.capabilities.may_be_odd <= 1:
        yield f"may_be_odd is {connector.capabilities.may_be_odd}, a share lies between 0 and 1"
    window = Window(trial.stage.now - timedelta(days=1), trial.stage.now)
    for query in queries:
        estimate = connector.estimate(query, window, meter=NoMeter())
        if not isinstance(estimate, Estimate) or any((getattr(estimate, field.name) or 0) < 0 for field in fields(estimate)):
            yield f"the estimate of {query.name!r} is {estimate}"


def mentions_are_sound(trial: Trial) -> Iterator[str]:
    """Ids and words where they must be, times aware and UTC, unknown as None."""
    source = trial.connector().source
    wrong: dict[str, list[str]] = {}
    for walked in trial.healthy:
        for mention in walked.mentions:
            for said in _unsound(mention, source, trial.stage.now):
                wrong.setdefault(said, []).append(mention.source_id)
    for said, ids in wrong.items():
        yield f"{said}: {some(ids)}"


def mentions_are_stable(trial: Trial) -> Iterator[str]:
    """A second connector sees the very same in the same answers."""
    first = {mention.key: mention for walked in trial.healthy for mention in walked.mentions}
    second = {mention.key: mention for walked in trial.walk_all() for mention in walked.mentions}
    if first.keys() != second.keys():
        yield f"other ids at the second sight: {some(key for key in first.keys() ^ second.keys())}"
    changed = [key for key in first.keys() & second.keys() if first[key] != second[key]]
    for key in changed[:_SHOWN]:
        yield f"{key[1]} is another at the second sight: {some(difference(first[key], second[key]))}"


def difference(one: Mention, other: Mention) -> list[str]:
    """The fields in which two differ."""
    return [
        f"{field.name} {getattr(one, field.name)!r} / {getattr(other, field.name)!r}"
        for field in fields(Mention)
        if getattr(one, field.name) != getattr(other, field.name)
    ]


def _unsound(mention: Mention, source: str, now: datetime) -> Iterator[str]:
    if mention.source != source:
        yield f"source is {mention.source!r}, not {source!r}"
    if not mention.source_id or mention.source_id != mention.source_id.strip():
        yield "source_id is empty or has blanks around it"
    if mention.state in GONE and mention.whole_text:
        yield "gone, and still with text"
    if mention.state not in GONE and not mention.whole_text.strip():
        yield "live without text and title"
    for field in fields(Mention):
        value = getattr(mention, field.name)
        if isinstance(value, datetime) and value.utcoffset() != UTC.utcoffset(None):
            yield f"{field.name} is no aware time in UTC"
        elif value == "":
            yield f"{field.name} is '', unknown is None"
    if mention.fetched_at != now:
        yield "fetched_at is not what the connector's clock says"
    if (mention.engagement == Engagement()) != (mention.engagement_at is None):
        yield "engagement and engagement_at must both be there, or neither"


def _said(query: Query) -> tuple[str, str, str, tuple[str, ...]]:
    return query.source, query.name, query.asks, query.brands
