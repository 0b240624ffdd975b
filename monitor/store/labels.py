"""What people say of texts: drawn by chance for them to label, taken in, and given out again."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

import duckdb

from monitor.enrich.table import naive

# the whole of `Mention.whole_text`
_WHOLE = "concat_ws(chr(10), nullif(title, ''), nullif(text, ''))"
_HASH = "md5(coalesce(mention.title, '') || chr(10) || coalesce(mention.text, ''))"


class Drawn(NamedTuple):
    """A text that a person is asked about.

    label   ours: -1, 0, 1; None where it is unscored
    weight  how many texts it stands for: one over the chance with which it was drawn
    """

    mention_id: str
    brand: str
    text: str
    label: int | None
    weight: float


class HandLabel(NamedTuple):
    """What a person says of a text.

    text    as that person saw it; None where that is not known
    weight  as drawn; None where somebody chose the text
    """

    mention_id: str
    brand: str
    label: int
    text: str | None = None
    weight: float | None = None


class Kept(NamedTuple):
    """A stored label with its text, as a model is fitted on it."""

    mention_id: str
    brand: str
    text: str
    lang: str | None
    label: int
    weight: float | None


Outcome = Literal["new", "changed", "known"]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a label was not taken in."""

    reason: str


def draw(
    con: duckdb.DuckDBPyConnection, brand: str, count: int, *, seed: int, since: datetime | None = None, until: datetime | None = None
) -> list[Drawn]:
    """Counted texts of a brand, drawn so that each knows its chance; fewer where there are fewer. In the order of a shuffle.

    Half of them go to negative, neutral, positive and unscored texts alike, half by how many there are, so that the
    rare ones are not missed. Within a label they are taken at even steps from a random start, in the order of source and time:
    every source and season has its due part, and each text of a label the same chance, n / N (systematic sampling;
    Cochran, Sampling Techniques, 1977, chapter 8).
    """
    # keys alone: all texts of a large store would not fit into memory
    keys = con.execute(
        f"""
        select label, source, source_id from v_mentions
        where brand = ? and counted and {_WHOLE} <> ''
            and created_at >= coalesce(?, timestamp '-infinity') and created_at < coalesce(?, timestamp 'infinity')
        order by label nulls last, source, created_at, source_id
        """,
        [brand, naive(since), naive(until)],
    ).fetchall()
    groups: dict[int | None, list[tuple[str, str]]] = {}
    for label, source, source_id in keys:
        groups.setdefault(label, []).append((source, source_id))
    rng = random.Random(seed)  # noqa: S311  no secret
    drawn: list[Drawn] = []
    for (label, group), n in zip(groups.items(), allotted([len(group) for group in groups.values()], count), strict=True):
        chosen = [group[place] for place in _even_steps(len(group), n, rng)]
        rows = con.execute(
            f"""
            select mention_id, {_WHOLE} from v_mentions
            where brand = ? and source in (select unnest(?::varchar[])) and source_id in (select unnest(?::varchar[]))
            """,
            [brand, sorted({source for source, _ in chosen}), [source_id for _, source_id in chosen]],
        ).fetchall()
        texts = dict(rows)
        drawn += [
            Drawn(mention_id, brand, texts[mention_id], label, len(group) / n)
            for mention_id in (f"{source}:{source_id}" for source, source_id in chosen)
        ]
    rng.shuffle(drawn)
    return drawn


def allotted(sizes: Sequence[int], count: int) -> list[int]:
    """How many of `count` each group gets: half alike, half by size, none more than it has.

    >>> allotted([900, 90, 10], 100)
    [63, 27, 10]
    """
    shares = [0.5 / len(sizes) + 0.5 * size / sum(sizes) for size in sizes] if sum(sizes) else []
    given = [0] * len(sizes)
    for _ in range(min(count, sum(sizes))):
        # the one that lags most behind its share
        at = max((at for at, size in enumerate(sizes) if given[at] < size), key=lambda at: (shares[at] / (given[at] + 0.5), -at))
        given[at] += 1
    return given


def save_labels(con: duckdb.DuckDBPyConnection, labels: Sequence[HandLabel], *, now: datetime) -> Iterator[Outcome | Refused]:
    """Take labels in, inside the caller's transaction; what became of each, in order. Taking them in again changes nothing."""
    stored = {
        (mention_id, brand): (source, source_id, created_at, text, text_hash, label, weight, known_hash)
        for mention_id, brand, source, source_id, created_at, text, text_hash, label, weight, known_hash in con.execute(
            f"""
            select mention.source || ':' || mention.source_id, mention_brand.brand, mention.source, mention.source_id,
                mention.created_at, {_WHOLE},
                {_HASH}, human_label.label, human_label.weight, human_label.text_hash
            from mention
            join mention_brand using (source, source_id, created_at)
            left join human_label
                on human_label.source = mention.source and human_label.source_id = mention.source_id
                and human_label.brand = mention_brand.brand
            where mention.source || ':' || mention.source_id in (select unnest(?::varchar[]))
            """,
            [[one.mention_id for one in labels]],
        ).fetchall()
    }
    by_fold = {(mention_id, brand.casefold()): (mention_id, brand) for mention_id, brand in stored}
    for one in labels:
        key = by_fold.get((one.mention_id, one.brand.casefold()))
        if key is None:
            yield Refused("no such mention of that brand is stored")
            continue
        source, source_id, created_at, text, text_hash, label, weight, known_hash = stored[key]
        if not text:
            yield Refused("its text was taken back by its source")
        elif one.text is not None and not _is_same(one.text, text):
            yield Refused("its text is another than the stored one: it was edited since, or the row was moved")
        elif label == one.label and known_hash == text_hash and one.weight in (None, weight):
            yield "known"
        else:
            new_weight = weight if one.weight is None else one.weight
            con.execute(
                "insert or replace into human_label values (?, ?, ?, ?, ?, ?, ?, ?)",
                [source, source_id, key[1], created_at, one.label, naive(now), new_weight, text_hash],
            )
            stored[key] = (source, source_id, created_at, text, text_hash, one.label, new_weight, text_hash)
            yield "new" if label is None else "changed"


def kept_labels(con: duckdb.DuckDBPyConnection, *, brand: str | None = None) -> list[Kept]:
    """The stored labels with their texts, of one brand or of all, oldest first; those of texts that were edited since are left out."""
    rows = con.execute(
        f"""
        select mention_id, brand, {_WHOLE}, lang, human_label, weight
        from v_human_labels
        join (select source, source_id, created_at, lang from v_texts) as told using (source, source_id, created_at)
        where brand = coalesce(?, brand) and {_WHOLE} <> ''
        order by created_at, brand, source, source_id
        """,
        [brand],
    ).fetchall()
    return [Kept(*row) for row in rows]


def counts_of(drawn: Sequence[Drawn]) -> Mapping[int | None, int]:
    """How many were drawn of each label, the unscored ones last."""
    return {label: count for label in (-1, 0, 1, None) if (count := sum(one.label == label for one in drawn))}


def _even_steps(size: int, count: int, rng: random.Random) -> list[int]:
    if not count:
        return []
    step = size / count
    start = rng.random() * step
    return [min(size - 1, int(start + at * step)) for at in range(count)]


def _is_same(seen: str, stored: str) -> bool:
    """Whether a person saw this text: spreadsheets change line ends and blanks, and cut what is long."""
    words, whole = "".join(seen.split()), "".join(stored.split())
    return words == whole or (len(words) > 1_000 and whole.startswith(words))
