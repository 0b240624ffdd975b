"""How well incidents are explained: the tables of docs/detection.md.

    python benchmarks/bench_explain.py [--stories 50] [--part stories|moods]

Stories: made ones with causes of twelve kinds, told by crowds in many words (tests/detect/made_stories.py). The cause counts as found
where one of the words that were planted for it, never the brand's name, stands in the first two lines of `monitor incidents show`;
a story of which no incident is found counts as missed.

Moods: of each brand and local day of the airline set (in ../shared/data beside the repository; without it there is nothing to do), the five
mentions that the digest would call kind, and the five unkind, against the label that people gave. Fewer where fewer are sure. Beside it
all mentions that the scorer labels so.
"""

import argparse
import json
import sys
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY))

from monitor.config.models import Brand  # noqa: E402  needs the line above
from monitor.tell.alerts import incident_lines  # noqa: E402
from tests.detect.airlines import AIRLINES, airline_days, airline_store  # noqa: E402
from tests.detect.made_stories import incident_of_story, made_story, names_cause  # noqa: E402


def stories(number: int) -> None:
    """A line for each kind of cause."""
    found: dict[str, list[tuple[bool, bool, bool]]] = defaultdict(list)
    for seed in range(number):
        story = made_story(seed)
        incident = incident_of_story(story)
        if incident is None:
            found[story.cause.name].append((False, False, False))
            continue
        lines = incident_lines(incident, with_query=True)
        is_told = names_cause(story, "\n".join(lines[:2]))
        found[story.cause.name].append((is_told, names_cause(story, incident.summary), incident.direction in story.cause.directions))
    print(f"made stories, seeds 0 to {number - 1}, {datetime.now(UTC):%Y-%m-%d}\n")
    print(f"   {'cause':<28} {'stories':>7} {'in two lines':>13} {'in the summary':>15} {'direction':>10}")
    for name, told in [*found.items(), ("all", [each for one in found.values() for each in one])]:
        print(f"   {name:<28} {len(told):>7} {_part(told, 0):>13} {_part(told, 1):>15} {_part(told, 2):>10}")


def _part(told: list[tuple[bool, bool, bool]], place: int) -> str:
    return f"{sum(each[place] for each in told)} of {len(told)}"


def moods() -> None:
    """How often kind and unkind examples are what people called them, over brands and days."""
    if not AIRLINES.exists():
        print(f"moods: {AIRLINES} is not there")
        return
    human = {row["id"].removeprefix("airline:"): row["label"] for row in map(json.loads, AIRLINES.read_text(encoding="utf-8").splitlines())}
    raw = yaml.safe_load((REPOSITORY / "docs" / "examples" / "airlines" / "config.yaml").read_text(encoding="utf-8"))
    brands = [Brand.model_validate(brand) for brand in raw["brands"]]
    print(f"airline set, at most five a brand and local day, {datetime.now(UTC):%Y-%m-%d}\n")
    print(f"   {'called':<8} {'shown':>6} {'brand-days':>11} {'as people say':>14} {'mean of brand-days':>19} {'all so labelled':>16}")
    with airline_store(brands) as con:
        for name, label in (("kind", 1), ("unkind", -1)):
            days = [[human[one] == label for one in shown] for shown in airline_days(con, brands, label)]
            right, shown = sum(map(sum, days)), sum(map(len, days))
            told = [sum(day) / len(day) for day in days if day]
            labelled = con.execute("select source_id from v_mentions where scored and label = ?", [label]).fetchall()
            all_right = sum(human[one] == label for (one,) in labelled) / len(labelled)
            print(f"   {name:<8} {shown:>6} {len(told):>11} {right / shown:>14.1%} {sum(told) / len(told):>19.1%} {all_right:>16.1%}")


def main() -> None:
    """Print what was asked for."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--stories", type=int, default=50)
    arguments.add_argument("--part", choices=("stories", "moods"))
    asked = arguments.parse_args()
    if asked.part != "moods":
        stories(asked.stories)
        print()
    if asked.part != "stories":
        moods()


if __name__ == "__main__":
    main()
