"""VADER's rules against vaderSentiment itself: the same numbers, and how much sooner.

    python benchmarks/bench_vader.py [--texts FOLDER] [--rounds 5] [--generated 100000] [--story 70000] [--fast]

Speed: one thread, one process, processor time, the competitors in turn on the same texts, best of the rounds; the ratio is to
vaderSentiment in the same run. "tweets" and "comments" have been seen once before they are timed; "first pass" is
a new scorer that has seen nothing, over all texts. nltk's VADER, TextBlob and afinn take part where they are
installed. Parity: every text is scored by both, and a text counts as different when any of the four numbers is.
Texts are the JSON lines of a folder (`text`); without it, those of the made story.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from itertools import islice
from pathlib import Path

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from monitor.enrich.vader import Score, Vader
from monitor.enrich.vader_lexicon import plain
from monitor.story.story import make_story

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY))

from tests.enrich.odd_texts import built, mutated, ruled  # noqa: E402  needs the line above

SHORT = ("airline", "sanders", "sxsw", "apple_dfe", "entity", "tweeteval_test", "tweeteval_val")
WORST = {
    "prose": "The food is good and the service is not very bad. " * 2000,
    "but": "good bad but great " * 5300,
    "capitals": "GREAT AWFUL " * 8300 + "ok",
    "emoji": "😂" * 100_000,
    "emoji apart": "😂 ❤️ " * 20_000,
    "one token": "x" * 100_000,
    "no token twice": "".join(f"{each:x}😀 " for each in range(15_000)),
}
Scoring = Callable[[Sequence[str]], object]


def collected(folder: Path) -> dict[str, list[str]]:
    """The texts of each file."""
    return {
        file.stem: [json.loads(line)["text"] for line in file.open(encoding="utf-8")]
        for file in sorted(folder.glob("*.jsonl"))
    }  # fmt: skip


def told(seed: int) -> list[str]:
    """The texts of one made story."""
    return [seen.text for seen in make_story(seed=seed).observations if seen.text]


def corpora(texts: dict[str, list[str]]) -> dict[str, list[str]]:
    """Short texts and long ones, about 98 and 465 characters on average where there are enough, and all."""
    everything = [text for each in texts.values() for text in each]
    short = [text for name in SHORT for text in texts.get(name, [])] or [text for text in everything if len(text) < 200]
    long = [text for text in everything if 350 <= len(text) <= 620]
    if len(long) < 1000:
        long = [" ".join(everything[start : start + 5]) for start in range(0, 20_000, 5)]
    rng = random.Random(1)
    return {
        "tweets": rng.sample(short, min(len(short), 10_000)),
        "comments": rng.sample(long, min(len(long), 3000)),
        "first pass": everything,
    }


def peers() -> dict[str, Scoring]:
    """vaderSentiment, and the others that are installed."""
    theirs = SentimentIntensityAnalyzer().polarity_scores
    found: dict[str, Scoring] = {"vaderSentiment 3.3.2": lambda texts: [theirs(text) for text in texts]}
    try:
        nltk = import_module("nltk.sentiment.vader").SentimentIntensityAnalyzer().polarity_scores
        found["nltk"] = lambda texts: [nltk(text) for text in texts]
    except (ImportError, LookupError):
        pass
    try:
        blob = import_module("textblob").TextBlob
        found["TextBlob"] = lambda texts: [blob(text).sentiment for text in texts]
    except ImportError:
        pass
    try:
        afinn = import_module("afinn").Afinn().score
        found["afinn"] = lambda texts: [afinn(text) for text in texts]
    except ImportError:
        pass
    return found


def seconds(scoring: Scoring, texts: Sequence[str]) -> float:
    """Processor time of one run."""
    begun = time.process_time()
    scoring(texts)
    return time.process_time() - begun


def compare_speed(texts: dict[str, list[str]], rounds: int) -> None:
    """A table of texts a second and ratios."""
    kept = Vader(plain())
    for corpus, those in corpora(texts).items():
        size = sum(map(len, those)) / len(those)
        tokens = sum(len(text.split()) for text in those) / len(those)
        print(f"\n{corpus}: {len(those):,} texts of {size:.0f} characters, {tokens:.0f} tokens")
        ours: dict[str, Scoring] = (
            {"ours": lambda texts: Vader(plain()).score(texts)}
            if corpus == "first pass"
            else {"ours": kept.score, "ours, explained": lambda texts: [kept.explain(text) for text in texts]}
        )
        kept.score(those)
        racing = ours | peers()
        best = dict.fromkeys(racing, float("inf"))
        for _ in range(rounds):
            for name, scoring in racing.items():
                best[name] = min(best[name], seconds(scoring, those))
        for name, taken in best.items():
            print(f"   {name:<22} {len(those) / taken:>10,.0f} texts/s   {best['vaderSentiment 3.3.2'] / taken:6.2f} x", flush=True)


def compare_numbers(name: str, texts: Iterable[str], ours: Vader) -> int:
    """How many texts have other numbers; prints the first three."""
    theirs = SentimentIntensityAnalyzer().polarity_scores
    wrong = count = 0
    texts = iter(texts)
    while page := list(islice(texts, 5000)):
        for text, score in zip(page, ours.score(page), strict=True):
            expected = theirs(text)
            if score != tuple(expected[field] for field in Score._fields):
                wrong += 1
                if wrong <= 3:
                    print(f"   {text[:200]!r}: {score}, vaderSentiment {expected}")
        count += len(page)
    print(f"   {name:<28} {count:>10,} texts   {wrong} different", flush=True)
    return wrong


def main() -> None:
    """Print the tables; exit 1 where a number differs."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--texts", type=Path, default=REPOSITORY.parent / "shared" / "data" / "sentiment")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument(
        "--generated", type=int, default=100_000, help="texts of each of three kinds: built, of phrases with rules, mutated"
    )
    arguments.add_argument("--story", type=int, default=70_000, help="texts of made stories, one seed after the other")
    arguments.add_argument("--fast", action="store_true", help="speed only")
    chosen = arguments.parse_args()
    texts = collected(chosen.texts)
    if not texts:
        print(f"no texts in {chosen.texts}: the made story's are used")
        texts = {"story": told(1)}

    compare_speed(texts, chosen.rounds)
    ours = Vader(plain())
    print("\n100,000 characters of")
    for name, text in WORST.items():
        print(f"   {name:<16} {min(seconds(ours.score, [text]) for _ in range(3)):.3f} s")
    if chosen.fast:
        return
    print("\nthe same four numbers as vaderSentiment 3.3.2")
    wrong = sum(compare_numbers(name, those, ours) for name, those in texts.items())
    stories = (text for seed in range(1, 1000) for text in told(seed))
    wrong += compare_numbers("made stories", islice(stories, chosen.story), ours)
    wrong += compare_numbers("built", built(seed=11, count=chosen.generated), ours)
    wrong += compare_numbers("phrases with rules", ruled(seed=11, count=chosen.generated), ours)
    everything = [text for each in texts.values() for text in each]
    wrong += compare_numbers("mutated", mutated(seed=11, count=chosen.generated, texts=everything), ours)
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
