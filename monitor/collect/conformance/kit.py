"""All checks by name, and what runs them."""

import traceback
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from monitor.collect.conformance import odd_items, refusals, secrets, stated, walks, whole_threads
from monitor.collect.conformance.stage import Stage
from monitor.collect.conformance.trial import Trial, trial_of
from monitor.errors import MonitorError

CHECKS: Mapping[str, Callable[[Trial], Iterator[str]]] = {
    "making one asks nobody": stated.making_asks_nobody,
    "a missing key is named": stated.missing_key_is_named,
    "it says what it is": stated.what_it_says_of_itself,
    "a first walk brings everything": walks.first_walk_brings_everything,
    "pages and cursors are in order": walks.pages_are_in_order,
    "a second walk brings nothing new": walks.second_walk_brings_nothing_new,
    "a walk cut short goes on where it stopped": walks.cut_short_it_goes_on,
    "a closed window is kept to": walks.window_is_kept_to,
    "mentions are sound": stated.mentions_are_sound,
    "mentions are the same at every sight": stated.mentions_are_stable,
    "second looks are about what was asked": walks.second_looks,
    "threads are read whole": whole_threads.threads_are_whole,
    "requests are few": walks.requests_are_few,
    "a refused allowance is kept to": refusals.allowance_is_kept_to,
    "one odd item is set aside": odd_items.one_odd_item,
    "all items odd are set aside": odd_items.all_odd_items,
    "unknown fields change nothing": odd_items.unknown_fields,
    "missing fields are unknown": odd_items.missing_fields,
    "a refused key is told": refusals.key_refused,
    "a pause is kept to": refusals.pauses,
    "an empty account is told": refusals.no_money,
    "a source in trouble is asked later": refusals.trouble_at_the_source,
    "an answer that is none is told": refusals.no_answer_at_all,
    "the source's own troubles are told": refusals.troubles_of_its_own,
    "after a trouble it goes on": refusals.goes_on_after_trouble,
    "secrets show nowhere": secrets.secrets_show_nowhere,
}
"""Each check by its name: it yields a sentence for each thing that is wrong."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What one check found; no problems: all is well."""

    name: str
    problems: Sequence[str]


def check(stage: Stage, only: Collection[str] = ()) -> Iterator[Checked]:
    """Try a connector out, check by check, each with a server of its own.

    only  names of checks; empty: all of them
    """
    for name, find in CHECKS.items():
        if not only or name in only:
            yield Checked(name, list(_found(stage, find)))


def problems(stage: Stage, only: Collection[str] = ()) -> list[str]:
    """A sentence for each thing that is wrong with a connector; none where it keeps the contract."""
    return [f"{stage.name}: {checked.name}: {problem}" for checked in check(stage, only) for problem in checked.problems]


def _found(stage: Stage, find: Callable[[Trial], Iterator[str]]) -> Iterator[str]:
    with trial_of(stage) as trial:
        try:
            yield from find(trial)
        except MonitorError as error:
            yield f"{type(error).__name__} although the source is well: {error}"
        except Exception as error:
            yield f"{_where(error)}; a connector raises only the kinds of monitor.errors"
        yield from trial.server.mistakes


def _where(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} (in {last.name}, {last.filename}:{last.lineno})"
