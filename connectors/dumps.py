"""The column maps that come with the program, and Reddit's dump files, which need none: their lines are Reddit's own items."""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.columns import READY_MAPS as COLUMN_MAPS
from connectors.columns import ColumnMap, Columns, Constants
from connectors.reddit_archived import mention_from_archived
from monitor.mention import Mention

REDDIT_DUMP = "reddit-dump"
# RC_2016-12.zst and RS_2016-12.zst hold a month, tea_comments.zst and tea_submissions.zst a subreddit
_NAMES = re.compile(r"R[CS]_(v2_)?\d{4}-\d{2}(-\d{2})?(\.\w+)*|.+_(comments|submissions)(\.\w+)?\.zst")

READY_MAPS: Mapping[str, ColumnMap] = {
    **COLUMN_MAPS,
    # read by DumpReader; the columns only say what its lines have
    REDDIT_DUMP: ColumnMap(
        columns=Columns(id="id", created_at="created_utc", text="body", title="title"),
        constants=Constants(source="reddit"),
        lenient=True,
    ),
}


def is_reddit_dump(path: Path) -> bool:
    """Whether a file is named as Reddit's dumps are."""
    return _NAMES.fullmatch(path.name) is not None


class DumpReader:
    """Turns the lines of a dump into mentions, under the same ids as by the other ways to Reddit."""

    def __init__(self, *, now: datetime) -> None:
        self._now = now

    def mention(self, row: Mapping[str, Any]) -> Mention:
        """The mention that one line holds; without text where it was gone when the archive saw it last.

        raises  BadItem with the reason where it holds none
        """
        return mention_from_archived(row, now=self._now)
