"""The three things that happen in the live week: a price rise, an outage evening, a captain's log."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp
from random import Random

from monitor.mention import Kind, Mention
from monitor.story import voices
from monitor.story.chatter import BLOG, BLOG_AUTHOR, BRANDS, FORUMS, NEWS_SITES
from monitor.story.press import Author, Press, Thread, author
from monitor.story.rhythm import dice, times, usual_shape
from monitor.story.truth import Direction, KnownEvent, Planted

BRAND = "Streamly"
PRICE_EVENT = "Plan prices rise 60 %, plans split in two"
HOUR = 60
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Plot:
    """What happened and every observation of its mentions, own posts included."""

    planted: Planted
    observations: Sequence[Mention]
    event: KnownEvent | None = None


def plots(*, seed: int, scale: float, live_from: datetime) -> list[Plot]:
    """The three, in the order in which they happen; up to ten minutes earlier or later by the seed."""
    shift = dice("shift", seed)
    price, delight, outage = (
        live_from + timedelta(days=day, hours=hour, minutes=minute, seconds=shift.randint(-600, 600))
        for day, hour, minute in ((0, 13, 56), (2, 23, 20), (5, 20, 40))
    )
    return [
        _price_rise(price, seed=seed, scale=scale),
        _captains_log(delight, seed=seed, scale=scale),
        _outage(outage, seed=seed, scale=scale),
    ]


def outage_silence(live_from: datetime) -> tuple[datetime, datetime]:
    """When the brand, without a word to say, says none."""
    return live_from + timedelta(days=5, hours=20), live_from + timedelta(days=6)


class _Scene:
    """One plot in the making: where people gather, and who comes."""

    def __init__(self, name: str, *, seed: int, scale: float, stream: int, crowd: int) -> None:
        self.rng = dice(name, seed)
        self.press = Press(self.rng, stream=stream, crowd=scale)
        self.scale = scale
        self.crowd = crowd
        self.threads: dict[str, list[Thread]] = {"reddit": [], "comments": []}
        self.posts: list[Mention] = []

    def anyone(self, source: str) -> Author:
        """Of those who rarely speak, many: hardly anyone twice."""
        return author(source, int(max(60, self.crowd * self.scale) * self.rng.random()))

    def moments(self, start: datetime, *, minutes: int, number: float, rate: "_Rate") -> list[datetime]:
        """When they speak, in order."""
        return times(self.rng, start=start, minutes=minutes, number=round(number * self.scale), rate=rate)

    def open(
        self, source: str, at: datetime, *, channel: str, title: str, text: str, by: Author | None = None, weight: int | None = None
    ) -> Thread:
        """A post that others answer."""
        root = self.press.publish(source, Kind.POST, at, text, title=title, channel=channel, by=by or self.anyone(source), weight=weight)
        self.threads[source].append(thread := Thread(root, root.source_id))
        return thread

    def story(self, at: datetime, subject: str) -> None:
        """A news story whose readers comment."""
        site = NEWS_SITES[len(self.threads["comments"]) % len(NEWS_SITES)]
        title, text = voices.story(self.rng, BRAND, subject)
        self.open("comments", at, channel=site, title=title, text=text, by=Author(None, f"The editors of {site.split('.')[0]}"))

    def thread(self, source: str, at: datetime, *, first: float) -> Thread:
        """Where somebody answers: in the first thread of all so often, else in a newer one."""
        readable = [thread for thread in self.threads[source] if thread.root.created_at <= at]
        return readable[0] if self.rng.random() < first else readable[int(len(readable) * self.rng.random())]

    def answer(self, thread: Thread, at: datetime, said: voices.Said) -> None:
        """A comment, to the root or to what was said last."""
        root = thread.root
        parent = thread.last_id if self.rng.random() < 0.25 else None
        by = self.anyone(root.source)
        self.press.publish(root.source, Kind.COMMENT, at, said.text, by=by, channel=root.channel, thread=thread, reply_to=parent)

    def on_x(self, at: datetime, said: voices.Said, *, reposts: float, replies: float, named: bool) -> None:
        """A post, or a reply, quote or repost of a recent one; a text that does not name the brand can only reply."""
        roll = self.rng.random()
        by = self.anyone("x")
        recent = [post for post in self.posts[-60:] if post.created_at < at]
        post = recent[int(len(recent) * self.rng.random() ** 2)] if recent else None
        if post and named and roll < reposts:
            self.press.publish(
                "x", Kind.REPOST, at, f"RT @{post.author_name}: {post.text}", by=by, lang=post.lang or "en", original=post, weight=0
            )
        elif post and (not named or roll < reposts + replies):
            self.press.publish("x", Kind.REPLY, at, said.text, by=by, lang=said.lang, thread=Thread(post, post.source_id))
        elif post and roll < reposts + replies + 0.08:
            self.press.publish("x", Kind.QUOTE, at, said.text, by=by, lang=said.lang, original=post)
        else:
            self.posts.append(self.press.publish("x", Kind.POST, at, said.text, by=by, lang=said.lang))

    def plot(self, name: str, direction: Direction, event: KnownEvent | None = None) -> Plot:
        """What has come of it."""
        observations = self.press.drain()
        public = {mention.key: mention for mention in reversed(observations) if mention.author_name != BLOG_AUTHOR.name and mention.text}
        said_at = [mention.created_at for mention in public.values()]
        counts = Counter(source for source, _ in public)
        planted = Planted(name, BRAND, direction, min(said_at), max(said_at), dict(sorted(counts.items())))
        return Plot(planted, observations, event)


class _Rate:
    """How dense the mentions are, by minutes since the start: a rise, a slow ebb, and the hours of the day."""

    def __init__(self, start: datetime, *, rise: float, ebb: Sequence[tuple[float, float]], daily: float) -> None:
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
        audience = BRANDS[0].audience
        self.day = [usual_shape(midnight + timedelta(days=day), hours_from_utc=audience).tolist() for day in range(6)]
        self.offset = (start - midnight).total_seconds() / 60
        self.rise, self.ebb, self.daily = rise, ebb, daily

    def __call__(self, minutes: float) -> float:
        day, minute = divmod(self.offset + minutes, DAY)
        ebb = sum(share * exp(-minutes / length) for share, length in self.ebb)
        level: float = self.day[int(day)][int(minute / 5)]
        return float((1 - exp(-minutes / self.rise)) * ebb * level**self.daily)


def _price_rise(at: datetime, *, seed: int, scale: float) -> Plot:
    """The announcement, 25,000 answers in thirty hours; X 22 minutes behind, Reddit 31."""
    scene = _Scene("price", seed=seed, scale=scale, stream=200_001, crowd=20_000)
    rng = scene.rng
    scene.open("comments", at, channel=BLOG, title="Our plans are changing: an explanation", text=_ANNOUNCEMENT, by=BLOG_AUTHOR, weight=900)
    steps = [("comments", moment) for moment in _after(scene, at, 4, 15_600)]
    steps += [("x", moment) for moment in _after(scene, at, 22, 6_200)]
    steps += [("reddit", moment) for moment in _after(scene, at, 31, 3_200)]
    stories = [at + timedelta(minutes=minutes) for minutes in (52, 190, 410, 1130)]
    for source, moment in sorted(steps, key=lambda step: step[1]):
        while stories and stories[0] < moment:
            scene.story(stories.pop(0), "price")
        _one_about_price(scene, source, moment, hours=(moment - at).total_seconds() / 3600, rng=rng)
    return scene.plot("price rise", "backlash", KnownEvent(PRICE_EVENT, BRAND, at))


def _after(scene: _Scene, at: datetime, minutes: int, number: int) -> list[datetime]:
    start = at + timedelta(minutes=minutes)
    rate = _Rate(start, rise=12, ebb=[(0.8, 4 * HOUR), (0.2, 8 * HOUR)], daily=0.6)
    return scene.moments(start, minutes=30 * HOUR, number=number, rate=rate)


def _one_about_price(scene: _Scene, source: str, at: datetime, *, hours: float, rng: Random) -> None:
    # at first people leave; where to, they tell in the evening and on the day after
    leaves_for = None
    if rng.random() < 0.01 + 0.075 * (1 - exp(-hours / 18)):
        leaves_for = "Vuebox" if rng.random() < 0.7 else "Cinemata"
    if source == "reddit" and (not scene.threads["reddit"] or rng.random() < 0.012):
        channel = "streamly" if not scene.threads["reddit"] or rng.random() < 0.5 else FORUMS[int(rng.random() * len(FORUMS))]
        title, text = voices.thread(rng, BRAND, "price")
        scene.open(source, at, channel=channel, title=title, text=text)
    elif source == "x":
        named = not scene.posts or rng.random() < 0.88
        scene.on_x(at, voices.price(rng, BRAND, source=source, named=named, rival=leaves_for), reposts=0.2, replies=0.2, named=named)
    else:
        named = rng.random() < (0.14 if source == "comments" else 0.25) or (leaves_for is not None and rng.random() < 0.4)
        thread = scene.thread(source, at, first=0.82 if source == "comments" else 0.45)
        scene.answer(thread, at, voices.price(rng, BRAND, source=source, named=named, rival=leaves_for))


def _captains_log(at: datetime, *, seed: int, scale: float) -> Plot:
    """One post on Reddit that climbs; X follows after an hour and more, comment threads after four or five."""
    scene = _Scene("delight", seed=seed, scale=scale, stream=200_002, crowd=9_000)
    rng = scene.rng
    root = scene.open("reddit", at, channel="whattoqueue", title=_LOG_TITLE, text=_LOG, weight=1).root
    for hours, score in (
        (0.2, 14),
        (0.5, 61),
        (1, 240),
        (1.75, 810),
        (3, 2_600),
        (5, 6_900),
        (8, 11_800),
        (14, 16_400),
        (20, 18_600),
        (27, 19_900),
    ):
        scene.press.see_again(
            root, at + timedelta(seconds=int(3600 * hours * rng.uniform(0.95, 1.05))), int(score * rng.uniform(0.95, 1.05))
        )
    steps = []
    for source, late, number, rise in (("reddit", 3, 1_500, 70), ("x", 75, 2_400, 45), ("comments", 270, 800, 40)):
        start = at + timedelta(minutes=late)
        rate = _Rate(start, rise=rise, ebb=[(0.7, 4 * HOUR), (0.3, 9 * HOUR)], daily=0.5)
        steps += [(source, moment) for moment in scene.moments(start, minutes=27 * HOUR - late, number=number, rate=rate)]
    stories = [at + timedelta(minutes=minutes) for minutes in (268, 300, 1100)]
    for source, moment in sorted(steps, key=lambda step: step[1]):
        while stories and stories[0] < moment:
            scene.story(stories.pop(0), "delight")
        named = rng.random() < (0.85 if source == "x" and scene.posts else 1.0 if source == "x" else 0.25)
        said = voices.Said(voices.delight(rng, BRAND, source=source, named=named), "en")
        if source == "x":
            scene.on_x(moment, said, reposts=0.25, replies=0.18, named=named)
        elif source == "reddit" and rng.random() < 0.01:
            channel = "streamly" if rng.random() < 0.6 else FORUMS[int(rng.random() * len(FORUMS))]
            title, text = voices.thread(rng, BRAND, "delight")
            scene.open(source, moment, channel=channel, title=title, text=text)
        else:
            scene.answer(scene.thread(source, moment, first=0.8), moment, said)
    return scene.plot("captain's log", "delight")


def _outage(at: datetime, *, seed: int, scale: float) -> Plot:
    """Two and a half hours of frozen pictures on living-room sticks in the east, and not a word from the brand."""
    scene = _Scene("outage", seed=seed, scale=scale, stream=200_003, crowd=6_000)
    rng = scene.rng
    steps = []
    for source, late, number in (("x", 0, 460), ("reddit", 4, 260), ("comments", 12, 50)):
        start = at + timedelta(minutes=late)
        rate = _Rate(start, rise=9, ebb=[(1.0, 2 * HOUR)], daily=0.3)
        steps += [(source, moment) for moment in scene.moments(start, minutes=150 - late, number=number, rate=rate)]
    for source, moment in sorted(steps, key=lambda step: step[1]):
        over = (moment - at) > timedelta(minutes=115)
        channel = "streamly" if source == "reddit" else NEWS_SITES[0]
        if source == "x":
            named = not scene.posts or rng.random() < 0.9
            said = voices.Said(voices.outage(rng, BRAND, source=source, named=named, over=over), "en")
            scene.on_x(moment, said, reposts=0.1, replies=0.2, named=named)
        elif not scene.threads[source] or (source == "reddit" and rng.random() < 0.05):
            title, text = voices.thread(rng, BRAND, "outage")
            scene.open(source, moment, channel=channel, title=title, text=text)
        else:
            text = voices.outage(rng, BRAND, source=source, named=rng.random() < 0.2, over=over)
            scene.answer(scene.thread(source, moment, first=0.5), moment, voices.Said(text, "en"))
    return scene.plot("outage evening", "outage")


_ANNOUNCEMENT = """Starting next month, Streamly will come as two plans: Streamly Shows and Streamly Films. Each has its own sign-in and its
own bill. Taking both costs sixty percent more than your plan does today. We know that change is not easy, and we want to explain why
we believe it lets us give each library the attention it deserves. Members who do nothing will be moved to both plans.""".replace("\n", " ")
_LOG_TITLE = "Streamly support just answered my whole chat as a starship captain's log"
_LOG = """I only wanted to report that my subtitles were two seconds late. What I got: "Captain's log, supplemental. A member of the
colony reports that words arrive after the deeds. I have ordered engineering to realign the subtitle array." It went on for twenty
minutes, it never broke character, and the subtitles work now. The sign-off was a salute. I have never been this happy with a help
desk. Screenshots in the comments.""".replace("\n", " ")
