"""The configuration's own rules at work: which mentions, seen for the first time or anew, they ask for."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import duckdb

from monitor.config.condition import asks_engagement, columns_of, parse_condition
from monitor.config.models import Rule
from monitor.detect.course import RuleHit

# how old a mention may be: what an old page brings up again is no news
FRESH_HOURS = 48
_ALWAYS = ("brand", "source", "source_id", "created_at", "label")


def hits(
    con: duckdb.DuckDBPyConnection,
    rules: Sequence[Rule],
    brands: Sequence[str],
    since: datetime,
    until: datetime,
    *,
    in_hindsight: bool = False,
) -> dict[str, list[RuleHit]]:
    """By brand, the counted mentions first seen by live rounds in (since, until], naive UTC, that a rule asks for, in order of time.

    A rule that asks for reactions is also shown what was seen anew in this time.

    in_hindsight  those said in [since, until) instead, by whatever run they came
    """
    if not rules:
        return {}
    conditions = {rule.name: parse_condition(rule.when) for rule in rules}
    columns = sorted(set(_ALWAYS).union(*map(columns_of, conditions.values())))
    anew = str(any(map(asks_engagement, conditions.values()))).lower()
    rows = con.execute(
        f"""
        select true, {", ".join(columns)}
        from v_mentions
        where counted and list_contains($brands, brand) and created_at >= $since and created_at < $until
        order by created_at, source, source_id
        """
        if in_hindsight
        else f"""
        select first_seen_at > $since and first_seen_at <= $until, {", ".join(columns)}
        from v_mentions
        where counted and list_contains($brands, brand) and created_at >= $since - interval {FRESH_HOURS} hours and created_at <= $until
            and ((first_seen_at > $since and first_seen_at <= $until) or ({anew} and engagement_at > $since and engagement_at <= $until))
            and (source, source_id) not in (
                select mention.source, source_id from mention join run using (run_id)
                where run.kind = 'backfill' and created_at >= $since - interval {FRESH_HOURS} hours and created_at <= $until
            )
        order by created_at, source, source_id
        """,
        {"brands": list(brands), "since": since, "until": until},
    ).fetchall()
    found: dict[str, list[RuleHit]] = defaultdict(list)
    for is_new, *values in rows:
        row = dict(zip(columns, values, strict=True))
        for rule in rules:
            condition = conditions[rule.name]
            if (is_new or asks_engagement(condition)) and _is_for(rule, row) and condition.judge(row) is True:
                found[row["brand"]].append(_hit(rule, row))
    return dict(found)


def _is_for(rule: Rule, row: Mapping[str, Any]) -> bool:
    return not rule.brands or row["brand"].casefold() in {name.casefold() for name in rule.brands}


def _hit(rule: Rule, row: Mapping[str, Any]) -> RuleHit:
    return RuleHit(
        rule=rule.name,
        severity=rule.severity,
        at_least=rule.at_least,
        within=timedelta(seconds=rule.within),
        source=row["source"],
        source_id=row["source_id"],
        created_at=row["created_at"],
        label=row["label"],
    )
