"""Asks the real sources, with what keys there are, and writes down which of them answered: `make live`, never part of the tests.

One page a source and no more, of the last day: X costs at most $0.50. MONITOR_LIVE_WORD is the word that is looked for.
"""

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors import CONNECTORS
from monitor.collect.budget import NoMeter
from monitor.collect.connector import Surroundings, Window
from monitor.config.models import Brand
from monitor.errors import MonitorError
from monitor.tell.words import one_line

WRITTEN = Path(__file__).parents[2] / "docs" / "proven-live.json"
# what each source needs beside its defaults; where none is given the brand's rule is enough
SECTIONS = {
    "feed": {"feeds": [{"url": "https://hnrss.org/newcomments"}]},
    "wordpress": {"sites": [{"url": "https://wordpress.org/news"}]},
    "disqus": {"forums": [{"shortname": "disqus"}]},
    "appstore": {"apps": [{"id": 363590051, "about": "Live", "countries": ["us"]}]},
    "reddit": {"subreddits": [{"name": "technology"}]},
}


def proven(name: str, word: str, now: datetime) -> str:
    """What a source answered, in a few words.

    raises  MonitorError where it did not
    """
    source = CONNECTORS[name]
    settings = source.settings.model_validate(SECTIONS.get(name, {}))
    connector = source.make(settings, Surroundings(brands=[Brand(name="Live", rule=word)]))
    missing = connector.check()
    if missing:
        raise MonitorError(missing)
    query = next(iter(connector.queries()))
    page = next(iter(connector.pull(query, None, now=now, window=Window(now - timedelta(days=1), now), meter=NoMeter())))
    first = f", such as {one_line(page.mentions[0].whole_text, limit=60)!r}" if page.mentions else ""
    return f"{page.seen} items, {len(page.mentions)} mentions, {len(page.set_aside)} unreadable{first}"


def main() -> int:
    """Ask every source; 1 where none answered."""
    now = datetime.now(UTC)
    word = os.environ.get("MONITOR_LIVE_WORD", "netflix")
    known = json.loads(WRITTEN.read_text(encoding="utf-8")) if WRITTEN.exists() else {}
    answered = 0
    for name in CONNECTORS:
        if name == "file":
            continue
        try:
            said = proven(name, word, now)
        except MonitorError as error:
            print(f"{name:<12} no      {one_line(str(error))}")
            continue
        answered += 1
        print(f"{name:<12} yes     {said}")
        # counts only: what people wrote stays out of the file
        known[name] = {"date": f"{now:%Y-%m-%d}", "result": said.partition(", such as")[0]}
    WRITTEN.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{answered} of {len(CONNECTORS) - 1} sources answered; written to {WRITTEN}")
    return 0 if answered else 1


if __name__ == "__main__":
    sys.exit(main())
