"""X: what a month may cost and a quarter of an hour may hold; money and posts are set aside before each request."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf

from monitor.collect.budget import Bucket, Meter
from monitor.collect.http import Answer, reset_at

_WINDOW = timedelta(minutes=15)
RECENT = Bucket("x recent search requests", 450, _WINDOW)
ARCHIVE = Bucket("x archive search requests", 300, _WINDOW)
RECENT_COUNTS = Bucket("x recent count requests", 300, _WINDOW)
ARCHIVE_COUNTS = Bucket("x archive count requests", 300, _WINDOW)
LOOKUP = Bucket("x lookup requests", 3_500, _WINDOW)
_BY_PATH = {
    "/2/tweets/search/recent": RECENT,
    "/2/tweets/search/all": ARCHIVE,
    "/2/tweets/counts/recent": RECENT_COUNTS,
    "/2/tweets/counts/all": ARCHIVE_COUNTS,
    "/2/tweets": LOOKUP,
}
# no limit: it lists what was read on each day, as X bills it
READS = Bucket("x post reads", inf, "utc day", "units")
_SMALLEST_PAGE = 10


def told(meter: Meter, answer: Answer, *, now: datetime) -> None:
    """Take over what an answer's headers say of its window; the page of limits and what X grants have differed."""
    bucket = next((bucket for path, bucket in _BY_PATH.items() if answer.url.endswith(path)), None)
    resets_at = reset_at(answer, now=now)
    try:
        remaining = float(answer.headers["x-rate-limit-remaining"])
    except (KeyError, ValueError):
        return
    if bucket is not None and resets_at is not None and remaining >= 0:
        meter.told(bucket, remaining=remaining, resets_at=resets_at)


@dataclass
class Bought:
    """What one request brought, or may bring at most.

    usd  the price of the request itself, beside that of what it brings
    """

    posts: int = 0
    users: int = 0
    usd: float = 0.0


@dataclass(frozen=True)
class Budget:
    """What may be spent.

    monthly_usd    in all, a UTC month
    by_brand       US dollars a UTC month of single brands; they count towards the whole too
    posts_a_month  X's own cap
    """

    monthly_usd: float
    by_brand: Mapping[str, float]
    usd_per_post: float
    usd_per_user: float
    posts_a_month: int

    @contextmanager
    def spending(self, meter: Meter, brands: Sequence[str], *, at_most: Bought) -> Iterator[Bought]:
        """Sets aside what a request may cost, and keeps what the given record says in the end: nothing if the request failed.

        A page whose answer was lost is asked for again the same day, and X charges a post once a UTC day.

        raises  OutOfMoney, StopUntil where there is not so much left
        """
        bought = Bought()
        held = 0
        most = self._parts(brands, at_most)
        try:
            for bucket, amount in most:
                meter.reserve(bucket, amount)
                held += 1
            yield bought
        finally:
            for (bucket, reserved), (_, used) in list(zip(most, self._parts(brands, bought), strict=True))[:held]:
                meter.settle(bucket, reserved=reserved, used=used)

    def page_size(self, brands: Sequence[str], most: int) -> int:
        """Posts to ask for at once: up to `most`, and at most a twentieth of the smallest budget, so that little of it is left over."""
        each = self.usd_per_post + self.usd_per_user
        smallest = min(bucket.limit for bucket in self._money(brands))
        return most if each == 0 else min(most, max(_SMALLEST_PAGE, int(smallest / 20 / each)))

    def price(self, bought: Bought) -> float:
        """US dollars."""
        return bought.usd + bought.posts * self.usd_per_post + bought.users * self.usd_per_user

    def _parts(self, brands: Sequence[str], bought: Bought) -> list[tuple[Bucket, float]]:
        posts = [READS, Bucket("x posts a month", self.posts_a_month, "utc month", "units")]
        return [*((bucket, self.price(bought)) for bucket in self._money(brands)), *((bucket, bought.posts) for bucket in posts)]

    def _money(self, brands: Sequence[str]) -> list[Bucket]:
        limits = {name.casefold(): usd for name, usd in self.by_brand.items()}
        own = [Bucket(f"x usd {brand}", limits[brand.casefold()], "utc month", "usd") for brand in brands if brand.casefold() in limits]
        return [Bucket("x usd", self.monthly_usd, "utc month", "usd"), *own]
