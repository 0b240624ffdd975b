"""How well and how fast texts are scored, beside other scorers: the tables of docs/sentiment.md.

    python benchmarks/bench_sentiment.py [--rounds 5] [--part accuracy|days|towards|language|speed|columns]

Accuracy: macro-F1 over negative, neutral and positive on the development half of labelled sets, which lie beside the repository in
../shared/data; without them there is nothing to do. VADER, nltk's VADER and TextBlob are cut at ±0.05, afinn at its sign, vader-brand
at its own cuts. nltk's rules take vaderSentiment's lexicon file. RoBERTa: the predictions that the authors of TweetEval published.
nltk, TextBlob and afinn take part where they are installed: pip install '.[bench]'.

Speed: one thread, one process, processor time, the competitors in turn on the same few hundred texts, the best of the rounds for each of
these, summed; ratios to vaderSentiment. The first pass is a new process that has seen no text.
"""

import argparse
import random
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from statistics import fmean
from typing import Any

import pyarrow as pa
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY))

from benchmarks.bench_vader import collected, corpora  # noqa: E402  needs the line above
from monitor.config.models import Brand  # noqa: E402
from monitor.enrich.brand_sentiment.scorer import BrandScorer  # noqa: E402
from monitor.enrich.duplicates import fingerprint  # noqa: E402
from monitor.enrich.language import language, languages  # noqa: E402
from monitor.enrich.remarks import Remarks  # noqa: E402
from monitor.enrich.score import ASKED, score_table  # noqa: E402
from monitor.enrich.sentiment import Said, VaderScorer, plain_scores  # noqa: E402
from monitor.enrich.spam import spam_reason  # noqa: E402
from monitor.enrich.topics import tokens_of  # noqa: E402
from monitor.enrich.vader import Vader  # noqa: E402
from monitor.enrich.vader_lexicon import plain  # noqa: E402
from monitor.enrich.vocabulary import Words, read  # noqa: E402
from monitor.rule import Subject  # noqa: E402
from monitor.text import folded  # noqa: E402
from tests.enrich import measures  # noqa: E402

CHUNK = 300
CUT = 0.05
WORTH = 9_000
"""Texts of the mixed corpus that are timed warm; the first pass takes all."""

Labels = Sequence[int | None]


def cut(value: float, at: float = CUT) -> int:
    """-1, 0 or 1."""
    return (value >= at) - (value <= -at)


def peers() -> dict[str, Callable[[str], int]]:
    """A label by each of the other scorers that are installed."""
    found: dict[str, Callable[[str], int]] = {}
    try:
        module = import_module("nltk.sentiment.vader")
        nltk = module.SentimentIntensityAnalyzer.__new__(module.SentimentIntensityAnalyzer)
        # nltk reads no file outside its own folders
        nltk.lexicon_file = (files("vaderSentiment") / "vader_lexicon.txt").read_text(encoding="utf-8")
        nltk.lexicon, nltk.constants = nltk.make_lex_dict(), module.VaderConstants()
        found["nltk VADER"] = lambda text: cut(nltk.polarity_scores(text)["compound"])
    except ImportError:
        print("nltk is not installed: left out")
    try:
        blob = import_module("textblob").TextBlob
        found["TextBlob"] = lambda text: cut(blob(text).sentiment.polarity)
    except ImportError:
        print("TextBlob is not installed: left out")
    try:
        score = import_module("afinn").Afinn().score
        found["afinn"] = lambda text: cut(score(text), 1e-9)
    except ImportError:
        print("afinn is not installed: left out")
    return found


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table as the documentation has it."""
    for row in (head, ["---"] + ["---:"] * (len(head) - 1), *rows):
        print(f"| {' | '.join(row)} |")
    print(flush=True)


def compare_accuracy() -> None:
    """Macro-F1 of every scorer on seven sets, and what becomes of the airlines' negatives."""
    sets = {name: measures.rows_of(name) for name in measures.SETS}
    ours, plainly = BrandScorer(), VaderScorer()
    told: dict[str, dict[str, Labels]] = {
        "vader-brand": {name: [found.label for found in ours.score(measures.said_in(rows))] for name, rows in sets.items()},
        "VADER": {name: [found.label for found in plainly.score(measures.said_in(rows))] for name, rows in sets.items()},
    }
    for peer, label in peers().items():
        told[peer] = {name: [label(row["text"]) for row in rows] for name, rows in sets.items()}
    told["RoBERTa"] = {"tweeteval_test": [row.get("roberta") for row in sets["tweeteval_test"]]}
    truth = {name: [row["label"] for row in rows] for name, rows in sets.items()}

    print("Macro-F1 on the development half; the mean is that of the seven sets\n")
    rows = []
    for scorer, labels in told.items():
        f1 = {name: measures.macro_f1(labels[name], truth[name]) for name in labels}
        mean = f"{fmean(f1.values()):.3f}" if len(f1) == len(sets) else "-"
        rows.append([scorer, *(f"{f1[name]:.3f}" if name in f1 else "-" for name in sets), mean])
    table(["scorer", *(f"{name} ({len(rows):,})" for name, rows in sets.items()), "mean"], rows)

    print("Negatives of the airline texts\n")
    rows = []
    for scorer, labels in told.items():
        if "airline" in labels:
            negative = measures.of_label(-1, labels["airline"], truth["airline"])
            share = 100 * fmean(label == -1 for label in labels["airline"])
            rows.append([scorer, f"{negative.recall:.2f}", f"{negative.precision:.2f}", f"{share:.0f} %"])
    people = 100 * fmean(label == -1 for label in truth["airline"])
    table(["scorer", "recall", "precision", "called negative"], [*rows, ["people", "", "", f"{people:.0f} %"]])


def compare_days() -> None:
    """How well the days of an airline agree with people."""
    rows = measures.rows_of("airline")
    print(f"Airline and day, those with at least {measures.FEWEST_A_DAY} mentions, beside the mean of human labels\n")
    told = []
    for name, scorer in (("vader-brand", BrandScorer()), ("VADER", VaderScorer())):
        found = scorer.score(measures.said_in(rows))
        days = measures.brand_days(rows, [each.brand_compound for each in found], [each.label for each in found])
        told.append([name, str(days.days), f"{days.r:.2f}", f"{days.share_error:.1f} points"])
    table(["scorer", "days", "r of the mean score", "mean error of the negative share"], told)


def compare_towards() -> None:
    """Whose feeling is it: our own texts with several brands, the half that nothing was tuned on."""
    rows = measures.towards_rows("kept")
    said, truth = [said for said, _ in rows], [label for _, label in rows]
    print(f"Texts with two or more brands: {len(rows)} labels towards one of them, on the half that was kept from tuning\n")
    told = []
    for name, scorer in (("vader-brand", BrandScorer()), ("VADER", VaderScorer())):
        labels = [found.label for found in scorer.score(said)]
        right = fmean(label == true for label, true in zip(labels, truth, strict=True))
        told.append([name, f"{right:.2f}", f"{measures.macro_f1(labels, truth):.2f}"])
    table(["scorer", "accuracy", "macro-F1"], told)


def compare_languages() -> None:
    """How many English texts are kept, and others flagged."""
    english, foreign = measures.english_texts(), measures.foreign_texts()
    kept = [language(text) for text in english]
    flagged = fmean(language(text) not in ("en", None) for text in foreign)
    print("Language, texts over 20 characters\n")
    rows = [
        [f"airline texts told as English ({len(english):,})", f"{100 * fmean(lang == 'en' for lang in kept):.1f} %"],
        ["airline texts scored: English, or nobody can tell", f"{100 * fmean(lang in ('en', None) for lang in kept):.1f} %"],
        [f"texts in other languages flagged ({len(foreign)})", f"{100 * flagged:.1f} %"],
    ]
    table(["", "share"], rows)


def compare_speed(rounds: int) -> None:
    """Texts a second and ratios, once everything is known; then the first pass."""
    theirs = SentimentIntensityAnalyzer().polarity_scores
    vader, brand = Vader(plain()), BrandScorer()
    racing: dict[str, Callable[[Sequence[Said]], Any]] = {
        "vaderSentiment": lambda some: [theirs(said.text) for said in some],
        "vader": lambda some: vader.score([said.text for said in some]),
        "vader-brand": brand.score,
        "vader-brand with why": lambda some: brand.score(some, explain=True),
    }
    all_texts = corpora(collected(measures.DATA / "sentiment"))
    all_texts["mixed"] = random.Random(1).sample(all_texts.pop("first pass"), WORTH)
    print("Speed, seen before; the ratio is to vaderSentiment\n")
    rows = []
    taken: dict[str, dict[str, float]] = {}
    for corpus, texts in all_texts.items():
        taken[corpus] = seconds(racing, [Said(text, "Netflix") for text in texts], rounds)
    for name in racing:
        rows.append([name, *(f"{times['vaderSentiment'] / times[name]:.1f}" for times in taken.values())])
    rows.append(["vader-brand to vader", *(f"**{times['vader'] / times['vader-brand']:.2f}**" for times in taken.values())])
    heads = [f"{corpus}, {fmean(map(len, texts)):.0f} characters" for corpus, texts in all_texts.items()]
    table(["scorer", *heads], rows)

    passes = [{name: in_new_process(name) for name in FIRST} for _ in range(rounds)]
    first = {name: min(each[name] for each in passes) for name in FIRST}
    print("First pass over all texts, each scorer in a new process; reading the lexicon is not counted\n")
    slowest = first["vaderSentiment"]
    rows = [[name, f"{slowest / each:.1f}"] for name, each in first.items()]
    table(["scorer", "ratio"], [*rows, ["vader-brand to vader", f"**{first['vader'] / first['vader-brand']:.2f}**"]])


def _made(name: str) -> Callable[[Sequence[Said]], Any]:
    """A scorer that has seen nothing."""
    if name == "vader-brand":
        return BrandScorer().score
    if name == "vader":
        vader = Vader(plain())
        return lambda some: vader.score([said.text for said in some])
    theirs = SentimentIntensityAnalyzer().polarity_scores
    return lambda some: [theirs(said.text) for said in some]


FIRST = ("vaderSentiment", "vader", "vader-brand")


def in_new_process(name: str) -> float:
    """Processor time of a scorer's first pass."""
    done = subprocess.run([sys.executable, __file__, "--first", name], capture_output=True, text=True, check=True)
    return float(done.stdout)


def first_pass(name: str) -> float:
    """The same here; the lexicons are read before."""
    said = [Said(text, "Netflix") for each in collected(measures.DATA / "sentiment").values() for text in each]
    _made(name)([Said("good", "Netflix")])
    scoring = _made(name)
    begun = time.process_time()
    scoring(said)
    return time.process_time() - begun


def seconds(racing: Mapping[str, Callable[[Any], Any]], items: Sequence[Any], rounds: int) -> dict[str, float]:
    """Processor time of each: the best of the rounds for every few hundred items, summed."""
    total = dict.fromkeys(racing, 0.0)
    for each in racing.values():
        each(items)
    for start in range(0, len(items), CHUNK):
        some = items[start : start + CHUNK]
        best = dict.fromkeys(racing, float("inf"))
        for _ in range(rounds):
            for name, each in racing.items():
                begun = time.process_time()
                each(some)
                best[name] = min(best[name], time.process_time() - begun)
        for name, taken in best.items():
            total[name] += taken
    return total


def compare_columns(rounds: int) -> None:
    """What each column costs, and all of them as `score_table` gives them; then what is made beside them for storing."""
    topics = measures.starter("streaming")
    brand = Brand(name="Netflix", rule="netflix OR @netflix", own_handles=["x:netflix"], rivals=["Hulu", "Disney+"], topics=topics)
    scorer, remarks = BrandScorer([brand]), Remarks([brand])
    theirs = SentimentIntensityAnalyzer().polarity_scores

    def asked(texts: Sequence[str]) -> pa.Table:
        unknown = [None] * len(texts)
        return pa.table([texts, ["Netflix"] * len(texts), unknown, unknown], schema=ASKED)

    def words_of(texts: Sequence[str]) -> Words:
        return read([text.split() for text in texts])

    columns: dict[str, Callable[[Sequence[str]], Any]] = {
        "vaderSentiment alone": lambda some: [theirs(text) for text in some],
        "compound, pos, neu, neg": plain_scores,
        "brand_compound, label": lambda some: scorer.score([Said(text, "Netflix") for text in some]),
        "the same with why": lambda some: scorer.score([Said(text, "Netflix") for text in some], explain=True),
        "lang": lambda some: languages(some, words_of(some)),
        "intents": lambda some: remarks.intents(some, ["Netflix"] * len(some), words_of(some)),
        "topics": lambda some: remarks.topics_in(some, [None] * len(some), ["Netflix"] * len(some), words_of(some)),
        "all of these, as a table": lambda some: score_table(asked(some), scorer=scorer, remarks=remarks, explain=True, topics=True),
    }
    beside: dict[str, Callable[[Sequence[str]], Any]] = {
        "vaderSentiment alone": columns["vaderSentiment alone"],
        "is_spam": lambda some: [spam_reason(text, tokens_of(Subject.of_text(text))) for text in some],
        "marks of copies": lambda some: [fingerprint(folded(text), source="x", author="ann") for text in some],
    }
    corpus = corpora(collected(measures.DATA / "sentiment"))
    corpus["mixed"] = random.Random(1).sample(corpus.pop("first pass"), WORTH)
    for title, racing in (("Cost of each column", columns), ("Cost of what is stored beside them", beside)):
        taken = {name: seconds(racing, texts, rounds) for name, texts in corpus.items()}
        print(f"{title} as a share of vaderSentiment alone\n")
        rows = [[name, *(f"{100 * times[name] / times['vaderSentiment alone']:.0f} %" for times in taken.values())] for name in racing]
        if racing is columns:
            ratios = (times["vaderSentiment alone"] / times["all of these, as a table"] for times in taken.values())
            rows.append(["vaderSentiment to all of these", *(f"**{ratio:.2f}**" for ratio in ratios)])
        table(["column", *taken], rows)


def main() -> None:
    """Print the tables."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    parts: dict[str, Callable[[int], None]] = {
        "accuracy": lambda _: compare_accuracy(),
        "days": lambda _: compare_days(),
        "towards": lambda _: compare_towards(),
        "language": lambda _: compare_languages(),
        "speed": compare_speed,
        "columns": compare_columns,
    }
    arguments.add_argument("--part", choices=parts, help="this table alone")
    arguments.add_argument("--first", choices=FIRST, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if not measures.DATA.exists():
        print(f"nothing measured: {measures.MISSING}")
        return
    if chosen.first:
        print(first_pass(chosen.first))
        return
    for name, part in parts.items():
        if chosen.part in (None, name):
            part(chosen.rounds)


if __name__ == "__main__":
    main()
