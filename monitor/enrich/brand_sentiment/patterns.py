"""Turns of phrase that set one brand against another: left X for Y, better than, unlike, X > Y."""

import re
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from monitor.enrich.brand_sentiment.normalise import PAUSE, QUESTION, STOP

CONTRAST = "in contrast to the other"


class _Named(Protocol):
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def who(self) -> int: ...


class Pattern(NamedTuple):
    """One turn of phrase in a text.

    start, end     words, end not included
    winner, loser  the brands that come off well and badly; None where it names just one. 0 is the brand that is judged
    subject        of whom the words after it speak; None where that does not change
    shown          as in `why`
    """

    start: int
    end: int
    winner: int | None
    loser: int | None
    subject: int | None
    shown: str

    def value_for(self, who: int) -> float:
        """What it says of a brand: praise for the winner, a complaint about the loser, nothing about anybody else.

        A brand that is not named in it, while another wins or loses alone, is the one left or come to.
        """
        if who == self.winner:
            return _WON
        if who == self.loser:
            return _LOST
        return 0.0


_WON, _LOST = 2.0, -2.2
_ANGLES = re.compile(r"[<>]")
_ENDS = (STOP, QUESTION)
_EXCLUSIVE = frozenset({"went to", "kept", "chosen", "hello", "bought", "missed", "could never"})
"""Turns that name one alone, and where of two brands the other is the one left, or chosen."""

_MORE = (
    r"(?:better|cheaper|faster|quicker|nicer|easier|simpler|smoother|friendlier|safer|cleaner|tastier|bigger|smarter|stronger|kinder|"
    r"lighter|calmer|clearer|richer|fresher|happier|politer|more \w+|superior|ahead|miles ahead|miles better)"
)
_LESS = (
    r"(?:worse|slower|pricier|dearer|costlier|ruder|weaker|poorer|dumber|buggier|laggier|uglier|dirtier|less \w+|"
    r"more (?:expensive|annoying|broken)|inferior|behind)"
)
_BEATS = r"(?:beats?|destroys?|crush\w*|smokes?|outperforms?|trumps?|tops|wins over)"
_PREFER = r"(?:prefer|chose|choose|picked|pick|rather have|rather use|rather fly|rather)"
_BYE = r"(?:goodbye|bye|good riddance|never again(?! without)|done with|stay away from|fed up with|sick of|tired of|avoid|no more|boycott)"
_GAP = r"(?:[^<>\s.]+ ){0,%d}"
_LEAVE = (
    r"(?:left|leaving|leave|ditch\w*|dump\w*|dropp\w*|drop|quit|cancell?ed|cancell?ing|traded|swapped|replaced|sold|abandon\w*|"
    r"(?:switch\w*|mov\w+|went|going|goes|chang\w+|transfer\w*|port\w*|came|come|coming|migrat\w+|jump\w*) (?:[^<>\s.]+ ){0,3}?from)"
)
_TO = r"(?:for|to|onto|over to|and (?:went|got|bought|joined|moved) (?:to |with )?)"
_GO = (
    r"(?:switch\w*|mov\w+|went|going|go|goes|return\w*|chang\w+|migrat\w+|jump\w*|heading|running|crawling|came|come|coming|back|off|"
    r"sign\w* up|transferr\w+|ended up|ported)"
)
_STAY = r"(?:keep|keeping|stick with|sticking with|staying with|stay with|stayed with|loyal to|happy with|glad i (?:have|went with|chose))"
_W, _L = r"<(?P<w>\d+)>", r"<(?P<l>\d+)>"


class _Turn(NamedTuple):
    """A turn of phrase, its winner <w> and its loser <l>.

    subject  of whom the words after it speak: "w", "l", or "" where that does not change
    shown    as in `why`
    cues     one of these stands in every text that holds it
    """

    pattern: re.Pattern[str]
    subject: str
    shown: str
    cues: Sequence[str]


def _compiled(*turns: tuple[str, str, str, Sequence[str]]) -> list[_Turn]:
    return [_Turn(re.compile(written), subject, shown, cues) for written, subject, shown, cues in turns]


# an earlier one takes its words from a later one
_PATTERNS = _compiled(
    (rf"\bforced (?:[^<>\s.]+ ){{0,3}}from {_W} {_GAP % 2}(?:to|onto|on) {_GAP % 1}{_L}", "", "forced from one to the other", ("forced",)),
    (rf"\bwent from {_W} to {_L} and (?:i )?{_GAP % 1}regret", "l", "regrets going from one to the other", ("regret",)),
    (
        rf"\b{_LEAVE} {_GAP % 2}{_L} {_GAP % 6}?{_TO} {_GAP % 3}{_W}",
        "w",
        "left one for the other",
        ("left", "leav", "ditch", "dump", "drop", "quit", "cancel", "traded", "swapped", "replaced", "sold", "abandon", " from "),
    ),
    (rf"^{_L} to {_W}", "w", "from one to the other", (" to <",)),
    (rf"{_W} (?:any day )?>+ {_GAP % 1}{_L}", "w", "one > the other", (" > ", ">> ")),
    (rf"{_L} <+ {_W}", "l", "one < the other", (" < ", "<< ")),
    (rf"{_L} {_GAP % 6}{_LESS} {_GAP % 2}(?:than|compared to|to) {_GAP % 2}<\d+>", "l", "worse than", ("than", "compared", " to ")),
    (rf"{_W} {_GAP % 6}{_MORE} {_GAP % 4}(?:than|compared to|of) {_GAP % 4}{_L}", "w", "better than", ("than", "compared", " of ")),
    (
        rf"{_W} (?:easily |still |absolutely |simply )?{_BEATS} {_GAP % 8}{_L}",
        "w",
        "beats",
        ("beat", "destroy", "crush", "smoke", "outperform", "trump", "tops", "wins over"),
    ),
    (
        rf"{_W} {_GAP % 4}beats {_GAP % 4}{_L}",
        "w",
        "beats",
        ("beat", "destroy", "crush", "smoke", "outperform", "trump", "tops", "wins over"),
    ),
    (rf"\bwhy {_GAP % 3}(?:choose|pick|use|buy|pay for) {_L} (?:over|instead of) {_W}", "", "preferred to", ("why",)),
    (
        rf"\b{_PREFER} {_GAP % 3}{_W} {_GAP % 4}(?:to|over|than|instead of) {_GAP % 3}{_L}",
        "w",
        "preferred to",
        ("prefer", "chose", "choose", "pick", "rather"),
    ),
    (rf"\b(?:was|were|been) (?:with|on) {_L} {_GAP % 3}now (?:i'm |we're )?(?:with|on) {_W}", "w", "left one for the other", ("now",)),
    (rf"{_W} over {_GAP % 2}{_L}(?! (?:and|or) )(?: (?:any|every) (?:day|time))?", "w", "preferred to", (" over ",)),
    (rf"\b(?:unlike|compared to|compared with|next to) {_L} {_W}", "w", "unlike the other", ("unlike", "compared", "next to")),
    (rf"{_W} (?:[^<>.]+ )?unlike {_GAP % 1}{_L}", "w", "unlike the other", ("unlike",)),
    (rf"\binstead of {_GAP % 3}{_L} {_GAP % 8}{_W}", "w", "instead of the other", ("instead of", "rather than")),
    (rf"{_W} {_GAP % 4}(?:instead of|rather than) {_GAP % 2}{_L}", "w", "instead of the other", ("instead of", "rather than")),
    (
        rf"{_L} (?:could|should|can|must|needs to|might) {_GAP % 2}(?:learn|look|take) {_GAP % 5}{_W}",
        "",
        "could learn from",
        ("learn", "look", "take", "taking"),
    ),
    (rf"{_W} {_GAP % 2}(?:take|taking) notes {_L}", "", "could learn from", ("learn", "look", "take", "taking")),
    (rf"{_L} take notes from {_W}", "", "could learn from", ("learn", "look", "take", "taking")),
    (rf"\bcan't {_L} be {_GAP % 2}like {_W}", "", "could be more like", ("can't",)),
    (rf"\bwish {_GAP % 2}{_L} {_GAP % 6}(?:like|as) {_W}", "", "could be more like", ("wish",)),
    (rf"{_W} is what {_L} should", "", "what the other should be", ("is what",)),
    (rf"{_L} used to be {_GAP % 6}(?:what |\. now ){_W}", "", "no longer what it was", ("used to be",)),
    (rf"{_W} {_GAP % 3}has nothing on {_L}", "", "nothing on", ("nothing on",)),
    (rf"{_L} could never", "", "could never", ("could never",)),
    (rf"\b(?:makes? me miss|i miss|missing|miss) {_GAP % 1}{_W}", "", "missed", ("miss",)),
    (
        rf"\b{_BYE} {_GAP % 1}{_L}",
        "",
        "goodbye",
        ("bye", "riddance", "never again", "done with", "away from", "fed up", "sick of", "tired of", "avoid", "no more", "boycott"),
    ),
    (
        rf"\b(?:sold|cancell?ed|cancell?ing|ditch\w*|dump\w*|quit|deleted|dropped) {_GAP % 1}{_L}",
        "",
        "left",
        ("sold", "cancel", "ditch", "dump", "quit", "deleted", "dropped"),
    ),
    (
        rf"{_L} {_GAP % 2}(?:goodbye|good riddance|never again(?! without))",
        "",
        "goodbye",
        ("bye", "riddance", "never again", "done with", "away from", "fed up", "sick of", "tired of", "avoid", "no more", "boycott"),
    ),
    (
        rf"\b(?:bought|buy|get|got|ordered) (?:a|an|the|myself a|some) {_GAP % 1}{_W}",
        "w",
        "bought",
        ("bought", "buy", "get", "got", "ordered"),
    ),
    (rf"\b{_GO} {_GAP % 2}(?:to|with|onto|for|on) {_GAP % 1}{_W}", "w", "went to", (" to ", " with ", " onto ", " for ", " on ")),
    (rf"\b{_STAY} {_GAP % 1}{_W}", "w", "kept", ("keep", "stick", "stay", "loyal", "happy", "glad")),
    (
        rf"\b(?:hello|welcome|hail|give me an?|give me|viva|long live) {_W}",
        "w",
        "hello",
        ("hello", "welcome", "hail", "give me", "viva", "long live"),
    ),
    (rf"\b(?:thank you|thanks|props to|kudos to) {_W}", "w", "thanked", ("thank", "props", "kudos")),
    (
        rf"{_W} (?:here i come|it is|for me|from now on|all the way|any day|every time|it is then|wins|hands down|for the win|ftw|saved)",
        "w",
        "chosen",
        (
            "here i come",
            "it is",
            "for me",
            "from now",
            "all the way",
            "any day",
            "every time",
            "wins",
            "hands down",
            "for the win",
            "ftw",
            "saved",
        ),
    ),
    (
        rf"\b(?:on|with|using|using|use|enjoy|pay for|booking|on|tried) {_W} (?:now|next|since|instead|these days|and never|and happy)",
        "w",
        "chosen",
        (" now", " next", " since", " instead", "these days", "and never", "and happy"),
    ),
    (
        rf"{_W} {_GAP % 4}(?:is|are|was|works|does|got|gets) {_GAP % 3}{_MORE}(?! price| for)(?= |$)",
        "w",
        "better",
        ("er", "more ", "ahead", "superior"),
    ),
)


_CUES = re.compile("|".join(re.escape(cue) for cue in sorted({cue for turn in _PATTERNS for cue in turn.cues})))


def found_patterns(words: Sequence[str], names: Sequence[_Named]) -> list[Pattern]:
    """The turns of phrase in a text, none overlapping another.

    words  as `words_of` gives them
    """
    line, starts = _line(words, names)
    if not _CUES.search(line):
        return []
    everybody = {name.who for name in names}
    found: list[Pattern] = []
    taken: set[int] = set()
    for pattern, subject, shown, cues in _PATTERNS:
        if not any(cue in line for cue in cues):
            continue
        for match in pattern.finditer(line):
            groups = match.groupdict()
            winner = int(groups["w"]) if groups.get("w") is not None else None
            loser = int(groups["l"]) if groups.get("l") is not None else None
            covered = [word for at, word in starts if match.start() <= at < match.end()]
            if winner == loser or not covered or not taken.isdisjoint(covered):
                continue
            if (winner is None or loser is None) and _is_asked(words, covered[-1]):
                continue
            taken.update(covered)
            who = {"w": winner, "l": loser}.get(subject)
            if shown in _EXCLUSIVE and len(everybody) == 2:
                winner, loser = _both(winner, loser, everybody)
            found.append(Pattern(covered[0], covered[-1] + 1, winner, loser, who, shown))
    return found


def _both(winner: int | None, loser: int | None, everybody: set[int]) -> tuple[int | None, int | None]:
    """Winner and loser, the one of two that was not named being the other."""
    return (min(everybody - {loser}) if winner is None else winner, min(everybody - {winner}) if loser is None else loser)


def _is_asked(words: Sequence[str], at: int) -> bool:
    """Whether the sentence around a word is a question."""
    return next((word == QUESTION for word in words[at:] if word in _ENDS), False)


def _line(words: Sequence[str], names: Sequence[_Named]) -> tuple[str, list[tuple[int, int]]]:
    """The words as one line with names as <0>, <1> and without commas; and where in it each word starts."""
    by_start = {name.start: name for name in names if name.end > name.start}
    pieces: list[str] = []
    starts: list[tuple[int, int]] = []
    at = length = 0
    while at < len(words):
        name = by_start.get(at)
        end = name.end if name else at + 1
        word = f"<{name.who}>" if name else STOP if words[at] in _ENDS else words[at]
        if word != PAUSE:
            piece = word if name or set(word) <= {">", "<"} else _ANGLES.sub("", word) or "-"
            pieces.append(piece)
            starts += [(length, place) for place in range(at, end)]
            length += len(piece) + 1
        at = end
    return " ".join(pieces), starts
