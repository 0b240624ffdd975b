"""The reason of an incident, by what opened it: counts, one post, silence, or a rule."""

from collections import Counter
from dataclasses import replace
from datetime import datetime

import duckdb

from monitor.config.models import Brand
from monitor.detect.course import ENGAGEMENT, RULE, SILENT, Course
from monitor.detect.evidence import Evidence, Example, SourceShare
from monitor.detect.explain import Reason, explain
from monitor.detect.verdict import Direction, line_of, post_summary, quiet_summary

_EXAMPLES = 4


def reason_of(con: duckdb.DuckDBPyConnection, brand: Brand, course: Course, *, until: datetime) -> Reason:
    """Why an incident is one.

    until  end of what is looked at, naive UTC: the incident's end, or as far as was judged
    """
    if course.line.startswith(RULE):
        return _of_rule(con, brand, course)
    reason = explain(con, brand, course, until=until)
    if course.line == SILENT:
        return replace(reason, direction="quiet", summary=quiet_summary(brand.name, course), spill=None)
    if course.loud is not None and course.series == (ENGAGEMENT,):
        post = course.loud
        direction: Direction = "backlash" if post.label == -1 else "delight" if post.label == 1 else "surge"
        return replace(
            reason,
            direction=direction,
            summary=post_summary(brand.name, direction, engagement=post.engagement, usual=post.usual_top),
            first=(post.source, post.source_id),
            spill=None,
        )
    return reason


def _of_rule(con: duckdb.DuckDBPyConnection, brand: Brand, course: Course) -> Reason:
    """What a rule met, and nothing else."""
    keys = [f"{hit.source}:{hit.source_id}" for hit in course.hits]
    rows = con.execute(
        """
        select source, source_id, channel, coalesce(author_name, author_id), created_at, concat_ws(chr(10), title, text), url, label,
            engagement
        from v_mentions
        where brand = ? and created_at >= ? and list_contains(?, mention_id)
        order by created_at, source, source_id
        """,
        [brand.name, course.onset, keys],
    ).fetchall()
    labels = Counter(hit.label for hit in course.hits)
    direction: Direction = "backlash" if labels[-1] > labels[1] else "delight" if labels[1] > labels[-1] else "surge"
    authors = Counter((source, author) for source, _, _, author, *_ in rows if author)
    name = course.line.removeprefix(RULE)
    evidence = Evidence(
        counted=course.observed,
        negative=labels[-1],
        positive=labels[1],
        terms=[],
        sources=[SourceShare(source, count, 0.0, None) for source, count in Counter(hit.source for hit in course.hits).most_common()],
        rivals=[],
        authors=len(authors),
        top_author_share=max(authors.values()) / len(rows) if authors else None,
        examples=[
            Example(f"{source}:{source_id}", source, channel, author, f"{at.isoformat()}Z", text, url, label, engagement)
            for source, source_id, channel, author, at, text, url, label, engagement in rows[:_EXAMPLES]
            if text
        ],
        coverage=None,
        query=_query(brand.name, keys),
    )
    first = (course.hits[0].source, course.hits[0].source_id) if course.hits else None
    met = f"{course.observed:,} mention{'' if course.observed == 1 else 's'}"
    return Reason(direction, line_of(brand.name, direction, f"rule “{name}”, {met}"), evidence, first, None, None)


def _query(brand: str, keys: list[str]) -> str:
    listed = ", ".join("'" + key.replace("'", "''") + "'" for key in keys)
    return (
        "select count(*) as counted\nfrom v_mentions\n"
        f"where brand = '{brand.replace(chr(39), chr(39) * 2)}'\n    and mention_id in ({listed})"
    )
