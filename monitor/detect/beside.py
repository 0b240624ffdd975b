"""Hashtags, handles, names and links that rise with a brand and are not in its rule: what to search for next."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from monitor.config.models import Brand
from monitor.detect.evidence import Beside
from monitor.detect.outage import is_place
from monitor.detect.said import Said
from monitor.detect.terms import STOP_WORDS, stand_out
from monitor.errors import ConfigError
from monitor.rule import And, Field, Node, Not, Or, Term, parse_rule
from monitor.text import folded, plain

MOST = 5
_TAG = re.compile(r"(?<![\w/@#.])[@#]\w{2,50}")
# capitals behind a small letter: a name, not the start of a sentence; "I" and "I'm" are none
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w'’-]*[a-z][\w'’-]*(?: (?:of |the )?[A-Z0-9][\w'’-]*){0,2}")
_ALWAYS = re.compile(r"[a-z]\b|i['’]\w+|\d+")
_LINK = re.compile(r"https?://(?:www\.)?([\w.-]+\.[a-z]{2,}(?:/[\w./%~-]*)?)[\w./%~?=&#-]*", re.IGNORECASE)


def beside(brand: Brand, now: Sequence[Said], usual: Sequence[Said], *, scale: float) -> tuple[list[Beside], str | None]:
    """What stands out beside the brand, and the line of config.yaml that would collect it by itself; None where nothing does.

    now, usual  mentions of the incident and of the days before; a name counts once a mention
    scale       mentions that each of `now` stands for

    A name of one word is told and is not in the line: it would bring in everybody of that name.
    """
    known = list(_parts(parse_rule(brand.rule)))
    hidden = {folded(name) for name in (brand.name, *brand.rivals, *brand.titles)} | {
        folded(handle.partition(":")[2]) for handle in brand.own_handles
    }
    seen, before = _counted(now, known, hidden), _counted(usual, known, hidden)
    texts, usual_texts = sum(bool(one.text) for one in now), sum(bool(one.text) for one in usual)
    found = stand_out(seen, before, texts=texts, usual_texts=usual_texts, total=texts, total_before=usual_texts)[:MOST]
    rising = [
        Beside(_kind(name), name, round(seen[name] * scale), round(before[name] / usual_texts * texts * scale, 1) if usual_texts else 0.0)
        for name, _ in found
    ]
    return rising, _line(brand.rule, [one for one in rising if one.kind != "name" or " " in one.name])


def _counted(said: Iterable[Said], known: Sequence[Node], hidden: set[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for one in said:
        if one.shown:
            shown = plain(one.shown)
            names = {folded(tag) for tag in _TAG.findall(shown)}
            names |= {f'"{name}"' for match in _NAME.findall(shown) if (name := _name(match))}
            names |= {f"link:{link}" for url in one.links if (link := _link(url))}
            counts.update(names)
    # each is held against the rule once, not once a text
    return Counter({name: count for name, count in counts.items() if not _is_known(name, known, hidden)})


def _name(written: str) -> str:
    """A name, folded, without words at its edges that are none; "" where nothing is left."""
    words = [word.removesuffix("'s") for word in folded(written).replace("’", "'").split()]
    while words and (words[-1] in STOP_WORDS or _ALWAYS.fullmatch(words[-1])):
        words.pop()
    return " ".join(words) if words and words[0] not in STOP_WORDS else ""


def _link(url: str) -> str:
    """Host and path of a link, as the rule's `link:` finds it."""
    match = _LINK.fullmatch(url)
    return match[1].rstrip("/.").lower() if match else ""


def _is_known(name: str, known: Sequence[Node], hidden: set[str]) -> bool:
    """Whether the rule finds it already, or it is of no use there: a rival, a title, an own account, a place, a device."""
    if name.startswith("link:"):
        return any(isinstance(node, Field) and node.name in ("site", "link") and node.value in name for node in known)
    bare = name.strip('"#@')
    if bare in hidden or any(word in hidden for word in bare.split()) or (name[0] == '"' and is_place(bare)):
        return True
    written = bare if name[0] == '"' else name
    return any(isinstance(node, Term) and node.pattern.search(written) for node in known)


def _parts(node: Node) -> Iterable[Node]:
    match node:
        case And() | Or():
            for part in node.parts:
                yield from _parts(part)
        case Not():
            return
        case _:
            yield node


def _kind(name: str) -> str:
    return {"#": "hashtag", "@": "handle", '"': "name"}.get(name[0], "link")


def _line(rule: str, found: Sequence[Beside]) -> str | None:
    """The brand's rule with these beside it, as a line of YAML; None where there are none, or where they make no rule."""
    tree = parse_rule(rule)
    whole = rule if isinstance(tree, Or | Term) else f"({rule})"
    wider = " OR ".join([whole, *(one.name for one in found)])
    try:
        parse_rule(wider)
    except ConfigError:
        return None
    return "rule: '" + wider.replace("'", "''") + "'" if found else None
