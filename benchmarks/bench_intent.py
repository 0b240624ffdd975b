"""How well it is found who leaves, and what texts speak of: the tables of docs/sentiment.md.

    python benchmarks/bench_intent.py

The labelled texts lie beside the repository in ../shared/data; without them there is nothing to do.
"""

import sys
from pathlib import Path
from statistics import fmean

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY))

from tests.enrich import measures  # noqa: E402  needs the line above


def compare_churn() -> None:
    """Cancel or switch_to against what people say."""
    print("Who leaves: cancel, or switch_to another\n\n| texts | number | precision | recall | F1 |\n| --- | ---: | ---: | ---: | ---: |")
    for name, shown in (("dev", "written for it"), ("chatbot", "Swisscom's chatbot")):
        rows = measures.churn_rows(name)
        found = measures.agreement([measures.churns(text, brand) for text, brand, _ in rows], [truth for _, _, truth in rows])
        print(f"| {shown} | {len(rows)} | {found.precision:.2f} | {found.recall:.2f} | {found.f1:.2f} |")
    judged = measures.judged_hits()
    still = [truth for text, truth in judged if measures.churns(text, "Netflix")]
    print(f"| Netflix reviews, hits read by a person | {len(still)} | {fmean(still):.2f} | - | - |")
    print(f"\n{len(judged)} hits were drawn at random and read; {len(still)} of them are still hits.\n")


def compare_topics() -> None:
    """The starter sets for streaming and telecom against the topics a person gave."""
    found = measures.topic_agreement()
    print("Topics, starter sets for streaming and telecom, texts written for it\n")
    print("| topic | precision | recall | F1 |\n| --- | ---: | ---: | ---: |")
    for name, each in found.items():
        print(f"| {name} | {each.precision:.2f} | {each.recall:.2f} | {each.f1:.2f} |")
    print(f"| mean | | | {fmean(each.f1 for each in found.values()):.2f} |\n")


def main() -> None:
    """Print the tables."""
    if not measures.DATA.exists():
        print(f"nothing measured: {measures.MISSING}")
        return
    compare_churn()
    compare_topics()


if __name__ == "__main__":
    main()
