"""Made stories with one cause each, told by crowds in many words: what an explanation must find out.

A story is two weeks of everyday talk about a made-up brand, then some hours of many voices. A sixth to six tenths of them name the
cause, the others only say how they feel; a sixth are copies; some speak of other things as on any day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp
from random import Random

import duckdb
import numpy as np

from monitor.collect.connector import Looked, Query
from monitor.config.models import Brand
from monitor.detect.records import Incident, read_incidents
from monitor.detect.watch import hindsight
from monitor.enrich.brand_sentiment.scorer import BrandScorer
from monitor.enrich.match import Matcher
from monitor.enrich.table import enrich
from monitor.mention import Engagement, Kind, Mention
from monitor.store.database import sync_brands
from monitor.store.upgrade import upgrade
from monitor.store.write import Batch, save
from monitor.story import voices
from monitor.story.grammar import Grammar, in_manner, joined
from monitor.story.rhythm import restless_counts, times, usual_shape

START = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = 14
SOURCES = ("x", "reddit", "comments")
BRANDS = ("Tellybee", "Quillstream", "Kinopod", "Watchlark", "Reelhaven", "Couchcast", "Flickwell", "Binjo", "Screenfox", "Showmoor")

# {S} and {F} are what was planted; a sentence without them only says how people feel
_ANGER = """
    [this is|that's] [a disgrace|unacceptable|ridiculous|an insult|awful], {B}
    [so angry|fuming|furious|disgusted|really disappointed] with {B} [today|right now|again|]
    [worst|dumbest] thing {B} [ever did|has done in years]
    shame on you {B}
    [I'm|we're] [done with|leaving] {B}
    just cancelled {B}[, good riddance|, never again|]
    what is {B} thinking
    can't believe {B} [did this|would do this|thinks this is fine]
    {B} really [doesn't care|couldn't care less] about [its customers|any of us|people like my mum]
"""
_JOY = """
    [love|adore] {B} [so much|for this|today]
    {B} [made my day|made me smile|is the best]
    [brilliant|wonderful|amazing|lovely], {B}
    well done {B}
    whoever [did this|is behind this] at {B} deserves [a raise|a medal]
    [still|can't stop] [laughing|smiling|grinning], thank you {B}
"""
_TROUBLE = """
    is {B} down for [anyone else|everybody|you too]?
    {B} [won't load|isn't working|keeps crashing|is frozen] [again|here|for an hour|since dinner|]
    [restarted|reset] everything [twice|], {B} still [dead|stuck|not working]
    {B} [error|black screen|spinning wheel] [all evening|again|here too]
    nothing [plays|loads] on {B}
"""


@dataclass(frozen=True, slots=True)
class Kindred:
    """A kind of cause: how it is told, how people feel about it, and details to choose from.

    details  pairs of what is planted; one word of the first, or of the second where there is one, must be in the explanation
    """

    name: str
    directions: Sequence[str]
    told: str
    feeling: str
    details: Sequence[tuple[str, str]]


CAUSES = (
    Kindred(
        "price rise",
        ("backlash",),
        """
            {B} [raises|is raising|put up] [my|the|its] {S} [by {F}|again|]
            [another|a] {S} [from|at] {B}? [no thanks|not paying that|for what]
            {S} of {F} for the same {B} [shows|catalogue|films]
            [got|just read] the mail about the {S}, {B} wants {F} more
            {F} more a month, {B}, [really|in this economy]?
        """,
        _ANGER,
        [("price increase", "forty percent"), ("price hike", "six dollars"), ("subscription fee", "a third"), ("price rise", "50 %")],
    ),
    Kindred(
        "outage on a device",
        ("outage",),
        """
            {B} [is down|not working|won't start|keeps crashing] on [my|the|our] {S}
            {S} [app|screen] [frozen|stuck|black] [since {B} updated|, {B} please fix|with {B}]
            [works on|fine on] my phone, but {B} [won't load|fails] on the {S}
            {B} on {S}: [error {F}|nothing but error {F}|dead]
            anyone else getting error {F} on {B}?
        """,
        _TROUBLE,
        [("Roku", "2041"), ("Fire TV", "77-b"), ("Xbox", "1108"), ("PlayStation", "E9"), ("Chromecast", "513"), ("Apple TV", "4004")],
    ),
    Kindred(
        "outage in a region",
        ("outage",),
        """
            {B} [is down|not working|won't load|out] in {S}
            anyone [else|] in {S} [with|having] {B} [down|problems|not loading]?
            {S} here, {B} [dead|frozen|down] [too|since eight|for two hours]
            [whole street|all of us|my parents] in {S} [can't watch|locked out of] {B}
            {B} outage in {S}, [no word from them|third time this year]
        """,
        _TROUBLE,
        [("Ohio", ""), ("Texas", ""), ("Boston", ""), ("Chicago", ""), ("Scotland", ""), ("New Jersey", ""), ("Seattle", "")],
    ),
    Kindred(
        "cancelled show",
        ("backlash", "surge"),
        """
            {B} [cancelled|axed|killed|dropped] {S} [after one season|on a cliffhanger|without a word|]
            no more {S}? [what a joke|how could you], {B}
            {S} was the [only|best] thing on {B}
            bring back {S}, {B}
            [crying|heartbroken|gutted] about {S}, {B}
            {S} deserved [better|an ending] than {B}
        """,
        _ANGER,
        [("Harbour Ghosts", ""), ("The Lentil Detective", ""), ("Copper Sky", ""), ("Nine Winters", ""), ("Velvet Static", "")],
    ),
    Kindred(
        "password breach",
        ("backlash", "surge"),
        """
            {B} [had|confirms|admits] a {S} [and told nobody|, {F} out there|]
            [my|our] {F} [are|were] [stolen|leaked|for sale] because of {B}
            after the {B} {S} I [changed|had to change] everything
            {S} at {B}: [millions of|all our] {F} [gone|leaked|exposed]
            got a mail that my {F} leaked, thanks {B}
        """,
        _ANGER,
        [("data breach", "passwords"), ("password leak", "card numbers"), ("hack", "home addresses"), ("security breach", "emails")],
    ),
    Kindred(
        "rude support agent",
        ("backlash",),
        """
            {B} [support|agent] {F} a {S} [on the phone|in the chat|]
            [that call|that recording] where {B} {F} a {S} is [sickening|hard to hear|all over my feed]
            so {B} {F} a {S}. [wow|really]
            the poor {S}, {B} staff [have no shame|should apologise|were so rude]
            [heard|watched] the {B} agent with the {S}, [speechless|rude beyond words]
        """,
        _ANGER,
        [("widow", "laughed at"), ("veteran", "hung up on"), ("nurse", "shouted at"), ("deaf customer", "mocked")],
    ),
    Kindred(
        "broken app update",
        ("backlash", "outage"),
        """
            the new {B} update [deleted|lost|ate|broke] [my|all my|our] {S}
            {B} [version|update] {F} [is broken|ruined everything|is a mess], {S} gone
            since the {B} update my {S} [are|is] gone
            do not install {F}, {B} [wipes|deletes] your {S}
            where [did|have] my {S} go, {B}? [update {F}|since the update]
        """,
        _ANGER,
        [("downloads", "8.2"), ("watchlist", "11.4"), ("subtitles", "5.0"), ("profiles", "6.31"), ("playlists", "9.7")],
    ),
    Kindred(
        "boycott",
        ("backlash", "surge"),
        """
            boycott {B} [until the {S} is gone|over the {S}|]
            {B} and that {S}, [not with my money|tone deaf|who signed that off]
            [watched|saw] the {S} and [I'm shaking|that's it for me], {B}
            #{F} {B} [knows what it did|must answer for the {S}|]
            {B} [should|must] [apologise|answer] for the {S}
        """,
        _ANGER,
        [
            ("billboard", "BoycottTheBillboard"), ("carnival sponsor deal", "NoDealNoMoney"), ("monkey advert", "DropTheAdvert"),
            ("leather campaign", "NotOurCampaign"), ("senator donation", "FollowTheDonation"),
        ],
    ),
    Kindred(
        "kind chat",
        ("delight",),
        """
            {B} support answered [me|my brother|a kid] as a {S} [and it fixed everything|, I love it|]
            the {B} {S} chat [is pure joy|made my week|has me in tears]
            [read|go read] the chat where {B} plays a {S}
            [more|give us more] {S}, {B}
            that {S} at {B} [is a treasure|never broke character|is the nicest thing]
        """,
        _JOY,
        [("pirate", ""), ("wizard", ""), ("medieval knight", ""), ("noir detective", ""), ("space robot", ""), ("haiku poet", "")],
    ),
    Kindred(
        "praise by somebody famous",
        ("delight", "surge"),
        """
            {S} [loves|just praised|recommends|raved about] {B} [on stage|on the late show|]
            did {S} really [say that about|thank] {B}? [amazing|so happy]
            if {S} [watches|loves] {B} so do I
            {S} and {B}, [what a pair|name a better duo|yes please]
            signed up for {B} because of {S}
        """,
        _JOY,
        [("Mara Quillen", ""), ("Dex Holloway", ""), ("Ines Valdorro", ""), ("Theo Brannick", ""), ("Lila Okonjo", "")],
    ),
    Kindred(
        "giveaway",
        ("delight", "surge"),
        """
            #{S} {B} [pick me|please pick me|my whole family wants this]
            {B} gives away [a {F}|one {F} a day] #{S}
            I want that {F} #{S} {B}
            entering for the {B} {F} #{S}
            #{S} [best giveaway ever|love it], {B}
        """,
        _JOY,
        [("CouchOfDreams", "sofa"), ("PopcornYear", "popcorn machine"), ("FridayScreen", "projector"), ("SnackTruck", "snack truck")],
    ),
    Kindred(
        "a rival's offer",
        ("backlash", "surge"),
        """
            {R} [gives|offers] {S} to everyone who leaves {B}
            left {B} for {R}, {S} [, easy choice|and half the price|]
            {S} at {R}? [bye|goodbye] {B}
            switching from {B} to {R} [tonight|for the {S}|]
            {B} should match the {R} {S}
        """,
        """
            {B} [can't compete|has nothing like it|should wake up]
            cancelled {B} [today|just now|]
            [we're|I'm] leaving {B}
            {B} is [too expensive|not worth it|so stale] anyway
            [bye|so long] {B}
        """,
        [("three months free", "Vuebox"), ("half price deal", "Cinemata"), ("free year", "Vuebox"), ("family bundle", "Cinemata")],
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MadeStory:
    """One brand, its mentions, and what befell it.

    planted  words of the cause; one of them must be in the explanation
    """

    brand: Brand
    mentions: Sequence[Mention]
    cause: Kindred
    planted: Sequence[str]
    began: datetime
    ended: datetime


@dataclass(frozen=True, slots=True)
class _Told:
    """What tells a story's texts."""

    grammar: Grammar
    names: tuple[str, ...]
    brand: Brand
    rng: Random

    def text(self, source: str, *, naming: float) -> str:
        """A text of the crowd: the cause with a chance, feelings, or both."""
        random = self.rng.random
        rules = ["told"] if random() < naming else ["feeling"]
        if random() < 0.35:
            rules.append("feeling")
        sentences = [self.grammar.say(rule, random, names=self.names) for rule in rules]
        said = joined([" ".join(sentence.split()).replace(" ,", ",") for sentence in sentences], random)
        return in_manner(said, self.rng, hasty=voices.HASTY[source], name=self.brand.name)


def made_story(seed: int) -> MadeStory:
    """The story of a seed: its kind goes round, all else is chance."""
    rng = Random(f"explain {seed}")
    cause = CAUSES[seed % len(CAUSES)]
    first, second = rng.choice(list(cause.details))
    rival = second if cause.name == "a rival's offer" else rng.choice(["Vuebox", "Cinemata"])
    name = rng.choice(BRANDS)
    brand = Brand(name=name, rule=f"{name} OR @{name}help", rivals=["Vuebox", "Cinemata"], timezone=rng.choice(["UTC", "America/New_York"]))
    began = START + timedelta(days=DAYS - 1, hours=rng.uniform(6, 15))
    hours, number = rng.uniform(2, 8), round(exp(rng.uniform(4.7, 6.8)))
    ended = began + timedelta(hours=hours)
    told = _Told(Grammar({"told": cause.told, "feeling": cause.feeling}), (name, rival, first, second, ""), brand, rng)
    everyday = _everyday(brand, seed, a_day=rng.uniform(80, 250), until=ended + timedelta(hours=3))
    crowd = _crowd(told, began, hours=hours, number=number, naming=rng.uniform(0.15, 0.6))
    planted = [word for part in (first, second) for word in part.lower().split() if len(word) > 2 or word.isdigit()]
    return MadeStory(brand, everyday + crowd, cause, planted, began, ended)


def _everyday(brand: Brand, seed: int, *, a_day: float, until: datetime) -> list[Mention]:
    rng, dice = Random(f"everyday {seed}"), np.random.default_rng(seed)
    found = []
    for day in range(DAYS):
        midnight = START + timedelta(days=day)
        shape = usual_shape(midnight, hours_from_utc=[(0, 1.0)]) * a_day / 288
        for bin_number, count in enumerate(restless_counts(shape, dice)):
            for _ in range(count):
                at = midnight + timedelta(minutes=5 * bin_number, seconds=rng.randrange(300))
                source = rng.choice(SOURCES)
                rival = rng.choice(list(brand.rivals)) if rng.random() < 0.04 else None
                said = voices.everyday(rng, brand.name, source=source, named=True, rival=rival)
                found.append(_mention(rng, f"e{seed}-{len(found)}", source, at, said.text, lang=said.lang))
    return [mention for mention in found if mention.created_at < until]


def _crowd(told: _Told, began: datetime, *, hours: float, number: int, naming: float) -> list[Mention]:
    rng, found = told.rng, []
    first, later = rng.sample(SOURCES, 2)
    lag = timedelta(minutes=rng.uniform(5, 60))
    moments = times(rng, start=began, minutes=int(60 * hours), number=number, rate=lambda minutes: 1 - exp(-minutes / 10))
    for at in moments:
        roll = rng.random()
        source = first if roll < 0.6 or at < began + lag else later
        if found and rng.random() < 0.16:
            text = found[int(len(found) * rng.random() ** 2)].text
        elif rng.random() < 0.1:
            text = voices.everyday(rng, told.brand.name, source=source, named=True).text
        else:
            text = told.text(source, naming=naming)
        found.append(_mention(rng, f"c{len(found)}", source, at, text, lang="en"))
    return found


def _mention(rng: Random, source_id: str, source: str, at: datetime, text: str | None, *, lang: str) -> Mention:
    likes = int(rng.paretovariate(0.9)) - 1
    return Mention(
        source=source, source_id=source_id, kind=Kind.POST, created_at=at, fetched_at=at + timedelta(minutes=1), text=text, lang=lang,
        author_id=f"a{rng.randrange(5_000)}", author_name=f"somebody{rng.randrange(5_000)}", author_followers=rng.randrange(900),
        channel="television" if source == "reddit" else None, url=f"https://{source}.example/{source_id}",
        engagement=Engagement(score=likes) if source == "reddit" else Engagement(likes=likes, views=40 * likes if source == "x" else None),
    )  # fmt: skip


def incident_of_story(story: MadeStory) -> Incident | None:
    """What the monitor finds of a story, on the way that all mentions go; None where it finds nothing at that time."""
    with duckdb.connect(config={"threads": 2}) as con:
        con.execute("set timezone = 'UTC'")
        upgrade(con)
        sync_brands(con, [story.brand])
        enriched = enrich(story.mentions, matcher=Matcher([story.brand]), scorer=BrandScorer([story.brand]), threads={})
        covered = [Looked(source, START, START + timedelta(days=DAYS)) for source in SOURCES]
        save(con, [Batch(enriched, Query("story", "all"), 1, "1", {}, len(story.mentions), covered)], now=START + timedelta(days=DAYS))
        hindsight(con, [story.brand], sensitivity="balanced", run_id=1, now=START + timedelta(days=DAYS))
        found = [one for one in read_incidents(con) if one.onset_at < story.ended and (one.resolved_at or story.ended) > story.began]
    return max(found, key=lambda one: one.observed, default=None)


def names_cause(story: MadeStory, told: str) -> bool:
    """Whether one of the planted words is in what is told, as a word."""
    words = {word.strip(".,:;!?“”\"'#()").lower() for word in told.split()}
    return any(word in words for word in story.planted)
