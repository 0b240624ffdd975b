"""Who would say what: one text at a time, in the mood and the manner of its place."""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from monitor.story.grammar import Grammar, Names, in_manner, joined
from monitor.story.phrases import EVERYDAY
from monitor.story.phrases_abroad import ABROAD
from monitor.story.phrases_events import EVENTS
from monitor.story.phrases_posts import POSTS

HASTY = {"x": 0.45, "reddit": 0.3, "comments": 0.28}

_GRAMMAR = Grammar({**EVERYDAY, **POSTS, **EVENTS, **ABROAD})
_TOPICS = {
    "complaint": (["playback", "cost", "catalogue", "app", "support", "leaving"], [25, 36, 59, 80, 88, 100]),
    "praise": (["show", "liking", "thanks"], [52, 88, 100]),
    "neutral": (["watch", "ask", "news"], [45, 75, 100]),
}
_EMOJI = {
    "complaint": ["🙄", "😤", "😩", "😑", "👎"],
    "praise": ["😍", "😂", "🙌", "🥹", "👏"],
    "neutral": ["🍿", "🤔", "📺", "👀", "🛋️"],
}
_HASHTAGS = {
    "complaint": ["#streamfail", "#bufferface"],
    "praise": ["#couchlife", "#goodtelly", "#bingeworthy"],
    "neutral": ["#movienight", "#whatiswatched", "#couchlife"],
    "price": ["#Cancel{}", "#{}Split", "#TwoBills", "#Cancel{}", "#SixtyPercent"],
    "outage": ["#{}Down", "#Error1107"],
    "delight": ["#CaptainsLog", "#{}Captain", "#CaptainsLog"],
}
_BRIEF = 48  # letters; few stop after fewer
_ABROAD = ["es", "es", "de", "pt", "pt", "fr"]


class Said(NamedTuple):
    """A text and the language it is in."""

    text: str
    lang: str


def everyday(rng: Random, brand: str, *, source: str, named: bool, rival: str | None = None) -> Said:
    """What is said on any day: 18 of 100 complain, 27 praise, the others just talk.

    named  whether the brand must stand in the text
    rival  a second brand to name; then it is a comparison
    """
    random = rng.random
    names = (_name(brand, source, random()), rival or "")
    if named and rival is None and random() < 0.075:
        return _abroad(rng, names, "talk")
    mood = _mood(random())
    if rival is not None:
        sentences = [_say("compare_named", rng, names), _say("compare_tail", rng, names) if random() < 0.4 else ""]
        mood = "neutral"
    elif not named and mood == "neutral" and random() < 0.05:
        sentences = [_say("reply_short", rng, names)]
    else:
        sentences = _usual_sentences(rng, names, mood, named=named)
    return Said(_finished(sentences, rng, source, mood, brand, tag=0.05), "en")


def thread(rng: Random, brand: str, subject: str | None = None) -> tuple[str, str]:
    """Title and text of a post that others answer; `subject` price, outage or delight, None: any day's."""
    title, text = _titled(rng, brand, f"thread_{subject or _mood(rng.random())}")
    return title, in_manner(text, rng, hasty=HASTY["reddit"], name=brand)


def story(rng: Random, brand: str, subject: str | None = None) -> tuple[str, str]:
    """Headline and opening of a news story; `subject` price or delight, None: any day's."""
    return _titled(rng, brand, f"story_{subject}" if subject else "story")


def plain_text(rng: Random, brand: str, rule: str) -> str:
    """A text as it was written by trade: a help desk's answer, a spam line."""
    return joined([_say(rule, rng, (brand, ""))], lambda: 1.0)


def price(rng: Random, brand: str, *, source: str, named: bool, rival: str | None = None) -> Said:
    """What is said about the price rise; `rival`: where the speaker goes."""
    random = rng.random
    names = (_name(brand, source, random()), rival or "")
    if rival is None and random() < (0.09 if named else 0.02):
        return _abroad(rng, (brand, ""), "price")
    roll = random()
    if rival is not None:
        # who has somewhere to go sounds calmer than who has not
        sentences = [_say("price_named", rng, names)] if named else []
        sentences.append(_say("price_move" if random() < 0.7 else "price_leave", rng, names))
        sentences.append(_say("price_rival", rng, names))
    elif roll < 0.015 and not named:
        return Said(_finished([_say("price_short", rng, names)], rng, source, "price", brand, tag=0), "en")
    elif roll < 0.115:
        sentences = [_say("price_calm", rng, names), _say("price_calm_tail", rng, names) if random() < 0.55 else ""]
        sentences = [_about(brand, rng), *sentences] if named else sentences
    else:
        sentences = _angry_sentences(rng, names, named=named)
    return Said(_finished(sentences, rng, source, "price", brand, tag=0.14), "en")


def outage(rng: Random, brand: str, *, source: str, named: bool, over: bool) -> str:
    """What is said while the picture is frozen, and once it moves again (`over`)."""
    names = (_name(brand, source, rng.random()), "")
    if over and rng.random() < 0.6:
        sentences = [_say("outage_back", rng, names)]
        sentences = [f"{names[0]} update", *sentences] if named else sentences
    else:
        sentences = [_say("outage_named" if named else "outage_bare", rng, names)]
        if rng.random() < 0.2:
            sentences.append(_say("outage_bare", rng, names))
    return _finished(sentences, rng, source, "outage", brand, tag=0.12)


def delight(rng: Random, brand: str, *, source: str, named: bool) -> str:
    """What is said about the captain's log."""
    names = (_name(brand, source, rng.random()), "")
    sceptical = rng.random() < 0.07
    sentences = [_say("delight_named" if named else "delight_calm" if sceptical else "delight_bare", rng, names)]
    if rng.random() < 0.45:
        sentences.append(_say("delight_tail", rng, names))
    return _finished(sentences, rng, source, "delight", brand, tag=0.15)


def _usual_sentences(rng: Random, names: Names, mood: str, *, named: bool) -> list[str]:
    random = rng.random
    topics, cumulative = _TOPICS[mood]
    topic = rng.choices(topics, cum_weights=cumulative)[0]
    head = _say(f"{topic}_{'named' if named else 'bare'}", rng, names)
    if random() < 0.14:
        head = f"{_say('hedge', rng, names)}, {head}"
    sentences = [head]
    if not named and random() < 0.3:
        more = _say(f"{topic}_bare", rng, names)
        sentences += [more] if more[:6] != head[:6] else []
    if random() < (0.42 if len(head) >= _BRIEF else 0.75):
        sentences.append(_say(f"{topic}_tail", rng, names))
    return sentences


def _angry_sentences(rng: Random, names: Names, *, named: bool) -> list[str]:
    """An opening, what is wrong, what follows from it: two or three of them, as people have patience."""
    random = rng.random
    sentences = [_say("price_opener", rng, names)] if random() < 0.2 else []
    first = "price_named"
    if named:
        sentences.append(_say("price_named", rng, names))
    else:
        first = _one_of(random(), ("price_reaction", "price_bill", "price_story", "price_leave"))
        sentences.append(_say(first, rng, names))
    if random() < 0.74 or len(sentences[-1]) < _BRIEF:
        second = _one_of(random(), ("price_leave", "price_reaction", "price_leave", "price_bill"))
        sentences.append(_say(second if second != first else "price_story", rng, names))
    if random() < 0.3:
        sentences.append(_say("price_sting", rng, names))
    return sentences


def _about(brand: str, rng: Random) -> str:
    start = _one_of(rng.random(), ("about the", "on the", "re the", "that"))
    return f"{start} {brand} {_one_of(rng.random(), ('split', 'price news', 'announcement', 'price rise'))}"


def _abroad(rng: Random, names: Names, subject: str) -> Said:
    lang = _one_of(rng.random(), _ABROAD)
    return Said(in_manner(joined([_say(f"{lang}_{subject}", rng, names)], rng.random), rng, hasty=0.35, name=names[0]), lang)


def _titled(rng: Random, brand: str, rule: str) -> tuple[str, str]:
    """Title and text of one rule, speaking of the same show, feature and device."""
    names = (brand, "", *(_say(word, rng, ()) for word in ("show", "feature", "device")))
    title, text = _say(rule, rng, names).split(" || ")
    return title[0].upper() + title[1:], joined([text], lambda: 1.0)


def _say(rule: str, rng: Random, names: Names) -> str:
    return _GRAMMAR.say(rule, rng.random, names=names)


def _finished(sentences: Sequence[str], rng: Random, source: str, mood: str, brand: str, *, tag: float) -> str:
    text = in_manner(joined(sentences, rng.random), rng, hasty=HASTY[source], name=brand)
    if mood in _EMOJI and rng.random() < (0.12 if source == "x" else 0.03):
        text += " " + _one_of(rng.random(), _EMOJI[mood])
    if source == "x" and rng.random() < tag:
        text += " " + _one_of(rng.random(), _HASHTAGS[mood]).format(brand)
    return text


def _mood(roll: float) -> str:
    return "complaint" if roll < 0.18 else "praise" if roll < 0.45 else "neutral"


def _name(brand: str, source: str, roll: float) -> str:
    """A brand as people type it there."""
    if source == "x":
        return brand if roll < 0.62 else f"@{brand.lower()}" if roll < 0.84 else f"#{brand}" if roll < 0.88 else brand.lower()
    return brand if roll < 0.8 else brand.lower()


def _one_of(roll: float, options: Sequence[str]) -> str:
    return options[int(roll * len(options))]
