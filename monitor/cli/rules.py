"""The command that tries the rules on a text, or on a stored mention: `monitor config test`."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import pyarrow as pa
import typer

from connectors import sources
from monitor.cli.options import AsJson, ConfigPath, Verbose, configured, now, private_store, published_copy, queries_of
from monitor.config.models import Brand, Config
from monitor.enrich.match import Match
from monitor.enrich.near_miss import near_misses
from monitor.enrich.score import ASKED, score_table
from monitor.enrich.sentiment import plain_scores
from monitor.enrich.table import matched
from monitor.errors import StoreError
from monitor.gather.enricher import Enricher
from monitor.gather.rematch import Judge
from monitor.mention import GONE, Kind, Mention
from monitor.rule import Subject, parse_rule
from monitor.store.rematch import Stored, read_texts
from monitor.tell.words import one_line

_MOST_DAYS = 31
_ID = re.compile(r"([\w.-]+):(\S+)")
_BOOKED = """
select brand, booked, label, brand_compound, scorer, why, duplicate_of, spam_reason
from v_mentions
where source = ? and source_id = ?
"""


def add_to(config_app: typer.Typer) -> None:
    """Put this command into `monitor config`."""
    config_app.command("test")(config_test)


def config_test(
    text: Annotated[str, typer.Argument(metavar="TEXT|ID", help="A text as somebody might write it, or a stored mention as SOURCE:ID.")],
    source: Annotated[str, typer.Option("--source", help="As if the text came from there.")] = "x",
    channel: Annotated[str | None, typer.Option("--channel", help="As if the text stood there.")] = None,
    config: ConfigPath = None,
    as_json: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Show which brands a text or a stored mention counts for, why or why not, and how it is scored."""
    settings = configured(config)
    if (found := _ID.fullmatch(text)) and (told := _stored_mention(settings, (found[1], found[2]))):
        print(json.dumps(told) if as_json else "\n".join(_mention_lines(told)))
        return
    tried = Mention(source=source, source_id="test", kind=Kind.POST, created_at=now(), fetched_at=now(), text=text, channel=channel)
    enricher = Enricher.of(settings)
    page = matched([tried], matcher=enricher.matcher, threads={})
    matches = [match for _, those in page.judged for match in those]
    verdicts = [_verdict(brand, matches, tried) for brand in settings.brands]
    answers = _answers(enricher, matches, tried)
    if as_json:
        values = [{"brand": match.brand, "by": match.by, "terms": match.terms, **answers[match.brand]} for match in matches]
        nearly = {verdict["brand"]: verdict["near"] for verdict in verdicts if verdict["near"]}
        score = plain_scores([text])[0]
        print(json.dumps({"matches": values, "near": nearly, "compound": score.compound if score else None}))
        return
    for verdict in verdicts:
        print(f"{one_line(verdict['brand']):<20} {_why(verdict)}")
        for line in _answer_lines(answers.get(verdict["brand"])):
            print(f"{'':<20} {one_line(line)}")


def _answers(enricher: Enricher, matches: Sequence[Match], mention: Mention) -> dict[str, dict[str, Any]]:
    """What a text says to each brand that it counts for."""
    remarks, brands = enricher.matcher.remarks, [match.brand for match in matches]
    unknown = [None] * len(brands)
    asked = pa.table([[mention.whole_text] * len(brands), brands, unknown, unknown], schema=ASKED)
    rows = score_table(asked, scorer=enricher.scorer, remarks=remarks).select(["lang", "brand_compound", "label", "why", "intents"])
    subject = Subject.of(mention)
    return {brand: {**row, "topics": remarks.topics(subject, brand)} for brand, row in zip(brands, rows.to_pylist(), strict=True)}


def _answer_lines(answer: Mapping[str, Any] | None) -> Iterator[str]:
    if answer is None:
        return
    if answer["label"] is None:
        yield "not scored: " + (f"its language is {answer['lang']}" if answer["lang"] not in (None, "en") else "it is empty")
    else:
        yield f"label {answer['label']}, {answer['brand_compound']:+.4f}" + (f": {answer['why']}" if answer["why"] else "")
    for name in ("intents", "topics"):
        if answer[name]:
            yield f"{name}: {', '.join(answer[name])}"


def _stored_mention(settings: Config, key: tuple[str, str]) -> dict[str, Any] | None:
    """What is stored of a mention and what the present rules say of it; None where these words are no mention's key.

    raises  StoreError where they name a source of ours, and nothing of that id is stored
    """
    judge: Judge | None = None
    # the copy first: reading it disturbs nobody
    for look in (published_copy, private_store):
        with look(settings) as con:
            stored = read_texts(con, [key]).get(key) if con is not None else None
            if con is None or stored is None:
                continue
            judge = judge or Judge.of(settings, queries_of(settings))
            booked = {row[0]: row[1:] for row in con.execute(_BOOKED, list(key)).fetchall()}
            return _told(settings, judge, stored, judge.matches(stored, judge.threads(con, [stored])), booked)
    if key[0] in sources():
        raise StoreError(
            f"{key[0]}:{key[1]} is not stored: it was never fetched, or concerned no brand then; "
            'try its words: monitor config test "its text"'
        )
    return None


def _told(
    settings: Config, judge: Judge, stored: Stored, matches: Sequence[Match], booked: Mapping[str, tuple[Any, ...]]
) -> dict[str, Any]:
    mention = stored.mention
    names = [brand.name for brand in settings.brands]
    brands = [_verdict(brand, matches, mention) for brand in settings.brands]
    brands += [{"brand": name, "by": None, "terms": [], "near": []} for name in stored.rows if name not in names]
    for one in brands:
        row = booked.get(one["brand"])
        keys = ("booked", "label", "brand_compound", "scorer", "why", "duplicate_of", "spam_reason")
        one["stored"] = {**dict(zip(keys, row, strict=True)), "by": stored.rows[one["brand"]].matched_by} if row else None
        one["is_watched"] = one["brand"] in names
    return {
        "id": f"{mention.source}:{mention.source_id}",
        "created_at": mention.created_at.isoformat(),
        "author": mention.author_name,
        "state": mention.state.value,
        "is_erased": mention.state in GONE,
        "text": mention.whole_text or None,
        "url": mention.url,
        "brands": brands,
    }


def _verdict(brand: Brand, matches: Sequence[Match], mention: Mention) -> dict[str, Any]:
    """What the present rules say of a text and one brand."""
    match = next((match for match in matches if match.brand == brand.name), None)
    exclude = parse_rule(brand.exclude) if brand.exclude else None
    near = near_misses(parse_rule(brand.rule), Subject.of(mention), exclude=exclude) if match is None else ()
    return {
        "brand": brand.name,
        "by": match.by if match else None,
        "terms": list(match.terms) if match else [],
        "is_own": bool(match and match.is_own),
        "is_muted": bool(match and match.is_muted),
        "near": list(near),
    }


def _why(verdict: Mapping[str, Any]) -> str:
    if verdict["by"] is None:
        near = one_line("; ".join(verdict["near"]))
        return f"does not count; nearly: {near}" if near else "does not count"
    by = f"by its text: {one_line(', '.join(verdict['terms']))}" if verdict["by"] == "text" else f"by its {verdict['by']}"
    if verdict["is_muted"]:
        return f"belongs to it, {by}; its author or site is muted"
    return f"belongs to it, {by}; from its own account" if verdict["is_own"] else f"counts, {by}"


def _mention_lines(told: Mapping[str, Any]) -> Iterator[str]:
    at = datetime.fromisoformat(told["created_at"])
    author = f", by {one_line(told['author'], limit=40)}" if told["author"] else ""
    yield f"{one_line(told['id'])}, {at:%Y-%m-%d %H:%M} UTC{author}, {told['state']}"
    yield f"  {one_line(told['text'])}" if told["text"] else "  its words were taken back by its source; it keeps the brands that it had"
    for one in told["brands"]:
        name = one_line(one["brand"])
        if not told["is_erased"]:
            yield f"{name:<20} {_why(one) if one['is_watched'] else 'is no longer in the configuration'}"
        yield f"{name if told['is_erased'] else '':<20} {_stored_words(one)}"
        if one["is_watched"] and not told["is_erased"] and (one["by"] is not None) != (one["stored"] is not None):
            yield f"{'':<20} stored under another rule: `monitor rematch --dry-run` says what judging again would change"


def _stored_words(one: Mapping[str, Any]) -> str:
    row = one["stored"]
    if row is None:
        return "stored: does not belong to it"
    if row["booked"] == "counted":
        as_what = "counted"
    else:
        more = {"duplicate": f" of {one_line(row['duplicate_of'])}", "spam": f": {one_line(row['spam_reason'] or 'no reason kept')}"}
        as_what = f"not counted, {row['booked']}{more.get(row['booked'], '')}"
    scored = "not scored" if row["label"] is None else f"label {row['label']}, {row['brand_compound']:+.4f} by {one_line(row['scorer'])}"
    why = f": {one_line(row['why'])}" if row["why"] else ""
    return f"stored: {as_what}, by its {row['by']}; {scored}{why}"
