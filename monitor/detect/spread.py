"""Where an incident began, who carried it, and how far it was heard."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import duckdb

from monitor.detect.evidence import Example, Reach, Thread
from monitor.detect.said import BASELINE, Said, read_one

# from this part of the mentions on, one account is told by what it wrote
LOUD = 0.1


def first_of(said: Sequence[Said], terms: Sequence[re.Pattern[str]]) -> Example | None:
    """The earliest mention that says one of the leading terms; the earliest of all where there are none."""
    texts = sorted((one for one in said if one.text), key=lambda one: (one.created_at, one.source, one.source_id))
    telling = (one for one in texts if any(term.search(one.text) for term in terms[:3]))
    first = next(telling, None) or next(iter(texts), None)
    return first.example() if first else None


def loudest_of(said: Sequence[Said]) -> tuple[float | None, Example | None]:
    """Which part the loudest account wrote, 0 to 1, None where no account is known; what of it was noticed most, where it is large."""
    authors = Counter(one.author for one in said if one.author)
    if not authors:
        return None, None
    author, count = max(authors.items(), key=lambda pair: (pair[1], pair[0]))
    share = count / len(said)
    own = [one for one in said if one.author == author and one.text]
    if count < 3 or share < LOUD or not own:
        return share, None
    return share, min(own, key=lambda one: (-(one.engagement or 0), one.created_at, one.source_id)).example()


def thread_of(
    con: duckdb.DuckDBPyConnection, brand: str, since: datetime, until: datetime, said: Sequence[Said], *, counted: int
) -> Thread | None:
    """The thread that holds most of the counted mentions of [since, until), naive UTC; None where no two of `said` share one.

    counted  all of these; how many stand in the thread is counted whole
    """
    threads = Counter((one.source, one.thread) for one in said)
    if not threads:
        return None
    (source, thread), read = min(threads.items(), key=lambda pair: (-pair[1], pair[0]))
    if read < 2:
        return None
    [(count, earliest)] = con.execute(
        """
        select count(*), arg_min(source_id, (created_at, source_id))
        from mention
        join mention_brand using (source, source_id, created_at)
        where source = ? and (conversation_id = ? or source_id = ?) and brand = ? and counted and created_at >= ? and created_at < ?
        """,
        [source, thread, thread, brand, since, until],
    ).fetchall()
    root = read_one(con, source, thread, since=since - BASELINE, until=until)
    if root is None:
        root = read_one(con, source, earliest, since=since, until=until)
    return Thread(root, count, round(count / counted, 4))


def reach_of(con: duckdb.DuckDBPyConnection, brand: str, since: datetime, until: datetime) -> tuple[Reach, int]:
    """Reactions, views and estimated reach of [since, until), naive UTC, and how many accounts wrote the counted mentions.

    Copies and reposts carry it further and are in the reach. As `monitor query reach_of_story` counts it, from the same view: a
    mention without counted views is taken to have been seen by a tenth of its author's followers, or by as many as its largest
    count of reactions, whichever is more.
    """
    [row] = con.execute(
        """
        select count(*), sum(engagement)::bigint, count(views), sum(views)::bigint, count(reach_estimate), sum(reach_estimate)::bigint,
            count(*) - count(views) - count(reach_estimate),
            count(distinct source || ':' || coalesce(author_name, author_id)) filter (where counted)
        from v_labels
        join v_texts using (source, source_id, created_at)
        where brand = ? and created_at >= ? and created_at < ? and not is_muted and not is_own and not is_spam
        """,
        [brand, since, until],
    ).fetchall()
    return Reach(*row[:-1]), row[-1]
