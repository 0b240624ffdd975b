"""Everyday talk about the three brands, a day at a time: as much of it, and for as many days, as one asks for."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from monitor.mention import Kind, Mention
from monitor.story import voices
from monitor.story.press import Author, Press, Thread
from monitor.story.rhythm import BIN, dice, restless_counts, usual_shape

NEWS_SITES = ("thedailyreel.example", "couchledger.example", "screenpost.example")
FORUMS = ("couchcommittee", "offtheaerial", "subscriptionclub", "whattoqueue")
MUTED_SITE = "hd-free-links.example"
OTHER_SPAM_SITE = "cheap-logins.example"
BLOG = "blog.streamly.example"
BLOG_AUTHOR = Author("own-blog", "streamlynewsroom")

_CLUSTERED = 0.17  # of what is said stands in little bursts around one post
_CLUSTER_SIZE = 9  # on average
_SPAMMERS = [
    Author(f"x9{index}", name, 3)
    for index, name in enumerate(("hdlinks4u", "FreeScreenz", "login_depot", "best_streamz_24", "watchnow771"))
]


@dataclass(frozen=True, slots=True)
class Talked:
    """How one brand is talked about.

    a_day     mentions that are first of all about it
    audience  hours from UTC, and share
    rivals    who else is named now and then, and how often, 0 to 1
    own_a_day posts and answers of its own
    """

    name: str
    a_day: float
    audience: Sequence[tuple[int, float]]
    sources: Sequence[float]
    rivals: Sequence[tuple[str, float]]
    forums: Sequence[str]
    sites: Sequence[str]
    own: Author
    own_a_day: float


BRANDS = (
    Talked(
        name="Streamly",
        a_day=520,
        audience=[(-5, 0.6), (-8, 0.4)],
        sources=[0.36, 0.40, 0.24],
        rivals=[("Vuebox", 0.035), ("Cinemata", 0.02)],
        forums=("streamly", "streamly", "streamly", *FORUMS),
        sites=(*NEWS_SITES, BLOG),
        own=Author("x77001", "streamlyhelp", 412_000),
        own_a_day=9,
    ),
    Talked(
        name="Vuebox",
        a_day=200,
        audience=[(-5, 0.5), (-8, 0.2), (1, 0.3)],
        sources=[0.34, 0.48, 0.18],
        rivals=[("Streamly", 0.08), ("Cinemata", 0.02)],
        forums=FORUMS,
        sites=NEWS_SITES,
        own=Author("x77002", "vueboxcare", 96_000),
        own_a_day=4,
    ),
    Talked(
        name="Cinemata",
        a_day=115,
        audience=[(-5, 0.5), (-8, 0.2), (1, 0.2), (0, 0.1)],
        sources=[0.38, 0.44, 0.18],
        rivals=[("Streamly", 0.08), ("Vuebox", 0.03)],
        forums=FORUMS,
        sites=NEWS_SITES,
        own=Author("x77003", "cinemata_desk", 38_000),
        own_a_day=2,
    ),
)


@dataclass(slots=True)
class _Open:
    """What one can answer to: the threads that are still read, by source."""

    reddit: deque[Thread] = field(default_factory=lambda: deque(maxlen=14))
    comments: deque[Thread] = field(default_factory=lambda: deque(maxlen=6))
    x: deque[Mention] = field(default_factory=lambda: deque(maxlen=30))


def talk_of_day(day: datetime, *, seed: int, scale: float, silent: tuple[datetime, datetime] | None = None) -> Iterator[Mention]:
    """Every observation of the mentions of one day, roughly in order; lazily, so a day may be of any size.

    day     its midnight, UTC; a burst that begins late in it reaches into the next
    silent  a stretch in which the brands' own accounts say nothing
    """
    number = day.toordinal()
    press = Press(dice("talk", seed, number), stream=number % 100_000, crowd=scale)
    speakers = [_Speakers(brand, press, day=day, seed=seed, scale=scale, silent=silent) for brand in BRANDS]
    for step in range(288):
        for speaker in speakers:
            speaker.speak(step)
        yield from press.drain()


class _Speakers:
    """Those who talk about one brand on one day."""

    def __init__(
        self, brand: Talked, press: Press, *, day: datetime, seed: int, scale: float, silent: tuple[datetime, datetime] | None
    ) -> None:
        self.brand = brand
        self.press = press
        self.day = day
        self.silent = silent
        self.open = _Open()
        draw = np.random.default_rng([seed, day.toordinal(), len(brand.name), round(brand.a_day)])
        expected = usual_shape(day, hours_from_utc=brand.audience) * brand.a_day * scale / 288
        self.counts = restless_counts(expected * (1 - _CLUSTERED), draw)
        self.clusters = draw.poisson(expected * _CLUSTERED / _CLUSTER_SIZE).tolist()
        self.own = draw.poisson(expected / brand.a_day * brand.own_a_day).tolist()

    def speak(self, step: int) -> None:
        """What is said in one bin of five minutes."""
        start = self.day + step * BIN
        if step == 180 and self.brand.name == "Streamly" and self.day.weekday() in (0, 3):
            self._open_story(start, BLOG)
        for _ in range(self.counts[step]):
            self._one(self._moment(start))
        for _ in range(self.clusters[step]):
            self._cluster(self._moment(start))
        if not (self.silent and self.silent[0] <= start < self.silent[1]):
            for _ in range(self.own[step]):
                self._own(self._moment(start))

    def _moment(self, start: datetime) -> datetime:
        return start + timedelta(seconds=int(300 * self.press.rng.random()))

    def _one(self, at: datetime) -> None:
        rng = self.press.rng
        if rng.random() < 0.015:
            return self._spam(at)
        if self.brand.name == "Streamly" and rng.random() < 0.004:
            self.press.publish("x", Kind.POST, at, voices.plain_text(rng, self.brand.name, "namesake"))
            return None
        roll = rng.random()
        if roll < self.brand.sources[0]:
            return self._on_reddit(at)
        if roll < self.brand.sources[0] + self.brand.sources[1]:
            return self._on_x(at)
        return self._in_comments(at)

    def _on_reddit(self, at: datetime) -> None:
        rng = self.press.rng
        thread = self._pick(self.open.reddit, at, opening=0.16)
        if thread is None:
            channel = self.brand.forums[int(rng.random() * len(self.brand.forums))]
            self.open.reddit.append(self._open_thread(at, channel))
        else:
            self._answer(thread, at)

    def _on_x(self, at: datetime) -> None:
        rng = self.press.rng
        roll = rng.random()
        posts = [post for post in self.open.x if post.created_at < at]
        if roll < 0.55 or not posts:
            said = voices.everyday(rng, self.brand.name, source="x", named=True, rival=self._rival())
            self.open.x.append(self.press.publish("x", Kind.POST, at, said.text, lang=said.lang))
            return
        post = posts[-1 - int(len(posts) * rng.random() ** 2)]
        if roll < 0.77:
            said = voices.everyday(rng, self.brand.name, source="x", named=rng.random() < 0.6)
            self.press.publish("x", Kind.REPLY, at, said.text, lang=said.lang, thread=Thread(post, post.source_id))
        elif roll < 0.83:
            said = voices.everyday(rng, self.brand.name, source="x", named=True)
            self.press.publish("x", Kind.QUOTE, at, said.text, lang=said.lang, original=post)
        else:
            self.press.publish(
                "x", Kind.REPOST, at, f"RT @{post.author_name}: {post.text}", lang=post.lang or "en", original=post, weight=0
            )

    def _in_comments(self, at: datetime) -> None:
        thread = self._pick(self.open.comments, at, opening=0.025)
        if thread is None:
            self._open_story(at, NEWS_SITES[int(self.press.rng.random() * len(NEWS_SITES))])
        else:
            self._answer(thread, at)

    def _pick(self, threads: deque[Thread], at: datetime, *, opening: float) -> Thread | None:
        """A thread to answer in, the newer the likelier; None to open a new one."""
        readable = [thread for thread in threads if thread.root.created_at < at]
        if not readable or self.press.rng.random() < opening:
            return None
        return readable[-1 - int(len(readable) * self.press.rng.random() ** 1.5)]

    def _open_thread(self, at: datetime, channel: str) -> Thread:
        rng = self.press.rng
        title, text = voices.thread(rng, self.brand.name)
        root = self.press.publish("reddit", Kind.POST, at, text, title=title, channel=channel)
        return Thread(root, root.source_id)

    def _open_story(self, at: datetime, site: str) -> Thread:
        rng = self.press.rng
        title, text = voices.story(rng, self.brand.name)
        by = BLOG_AUTHOR if site == BLOG else Author(None, f"The editors of {site.split('.', maxsplit=1)[0]}")
        root = self.press.publish("comments", Kind.POST, at, text, title=title, channel=site, by=by)
        self.open.comments.append(thread := Thread(root, root.source_id))
        return thread

    def _answer(self, thread: Thread, at: datetime) -> None:
        rng = self.press.rng
        root = thread.root
        rival = self._rival()
        said = voices.everyday(rng, self.brand.name, source=root.source, named=rival is not None or rng.random() < 0.38, rival=rival)
        parent = thread.last_id if rng.random() < 0.3 else None
        self.press.publish(root.source, Kind.COMMENT, at, said.text, lang=said.lang, channel=root.channel, thread=thread, reply_to=parent)

    def _cluster(self, at: datetime) -> None:
        """A post that 5 to 25 people answer within an hour or two, hardly more on one day than on another."""
        rng = self.press.rng
        number = 4 + int(18 * rng.random() ** 1.15)
        pace = rng.uniform(15, 50)
        moments = sorted(at + timedelta(seconds=20 + int(60 * rng.expovariate(1 / pace))) for _ in range(number))
        if rng.random() < 0.5:
            thread = self._open_thread(at, self.brand.forums[int(rng.random() * len(self.brand.forums))])
            for moment in moments:
                self._answer(thread, moment)
            return
        said = voices.everyday(rng, self.brand.name, source="x", named=True)
        post = self.press.publish("x", Kind.POST, at, said.text, lang=said.lang)
        for moment in moments:
            if rng.random() < 0.35:
                self.press.publish(
                    "x", Kind.REPOST, moment, f"RT @{post.author_name}: {post.text}", lang=said.lang, original=post, weight=0
                )
            else:
                said_back = voices.everyday(rng, self.brand.name, source="x", named=rng.random() < 0.5)
                self.press.publish("x", Kind.REPLY, moment, said_back.text, lang=said_back.lang, thread=Thread(post, post.source_id))

    def _own(self, at: datetime) -> None:
        """The help desk answers somebody, or the channel posts."""
        rng = self.press.rng
        posts = [post for post in self.open.x if post.created_at < at]
        if posts and rng.random() < 0.85:
            post = posts[int(len(posts) * rng.random())]
            text = f"@{post.author_name} {voices.plain_text(rng, self.brand.name, 'own_reply')}"
            self.press.publish(
                "x", Kind.REPLY, at, text, by=self.brand.own, thread=Thread(post, post.source_id), weight=int(4 * rng.random())
            )
        else:
            self.press.publish("x", Kind.POST, at, voices.plain_text(rng, self.brand.name, "own_post"), by=self.brand.own)

    def _spam(self, at: datetime) -> None:
        """A link farm, several posts within minutes now and then."""
        rng = self.press.rng
        for copy in range(1 if rng.random() < 0.8 else 3):
            site = MUTED_SITE if rng.random() < 0.55 else OTHER_SPAM_SITE
            link = f"https://{site}/{rng.getrandbits(24):06x}"
            text = f"{voices.plain_text(rng, self.brand.name, 'spam')} {link}"
            moment = at + timedelta(seconds=40 * copy)
            by = _SPAMMERS[int(rng.random() * len(_SPAMMERS))]
            if rng.random() < 0.8:
                self.press.publish("x", Kind.POST, moment, text, by=by, links=(link,), weight=0)
            else:
                by = Author("r9" + by.name, by.name)
                self.press.publish(
                    "reddit", Kind.POST, moment, text, title=f"{self.brand.name} free", by=by, channel=FORUMS[2], links=(link,), weight=0
                )

    def _rival(self) -> str | None:
        roll = self.press.rng.random()
        for name, share in self.brand.rivals:
            if roll < share:
                return name
            roll -= share
        return None
