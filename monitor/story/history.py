"""The story's past as files, one a source, for `monitor backfill FILE` to read."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from monitor.mention import Engagement, Kind, Mention, State
from monitor.story.story import Story

_FIELDS = tuple(field.name for field in fields(Mention) if field.name != "engagement")
_REACTIONS = tuple(field.name for field in fields(Engagement))


def write_history(story: Story, folder: Path) -> list[Path]:
    """What was known when the live week began, as history-SOURCE.jsonl; a thread's root before its answers.

    Each mention stands there once, as last seen, under the field names of `Mention`, the reactions
    beside them and what is unknown left out. Texts taken back by then have a `state` and no `text`.
    """
    latest: dict[tuple[str, str], Mention] = {}
    for seen in story.observations:
        if seen.fetched_at >= story.live_from:
            break
        latest[seen.key] = seen
    by_source: dict[str, list[Mention]] = {}
    for mention in sorted(latest.values(), key=lambda mention: mention.created_at):
        by_source.setdefault(mention.source, []).append(mention)
    return [_write(folder / f"history-{source}.jsonl", mentions) for source, mentions in sorted(by_source.items())]


def _write(path: Path, mentions: Iterable[Mention]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(row_of(mention), ensure_ascii=False) + "\n" for mention in mentions)
    return path


def row_of(mention: Mention) -> Mapping[str, Any]:
    """One mention as JSON, without what is unknown or said anyway: nothing truncated, no links, state live."""
    row = {name: _plain(value) for name in _FIELDS if (value := getattr(mention, name)) not in (None, False, (), State.LIVE)}
    reactions = {name: value for name in _REACTIONS if (value := getattr(mention.engagement, name)) is not None}
    return {**row, **reactions}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Kind | State):
        return value.value
    return list(value) if isinstance(value, tuple) else value
