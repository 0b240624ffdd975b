import gc
from dataclasses import dataclass

import pyarrow as pa
import pytest

from monitor.enrich.remarks import Remarks
from monitor.enrich.score import ASKED, score_table
from monitor.enrich.sentiment import UNSCORED, VaderScorer


@dataclass
class Heard:
    name: str = "heard/1"
    searches: bool | None = None

    def score(self, said, *, explain=False):
        self.searches = gc.isenabled()
        if said[0].text == "broken":
            raise ValueError("broken")
        return [UNSCORED for _ in said]


def asked(*texts):
    return pa.table([texts, ["Acme"] * len(texts), ["en"] * len(texts), [None] * len(texts)], schema=ASKED)


@pytest.mark.parametrize("text", ["good", "broken"])
def test_python_searches_for_cycles_only_before_and_after(text):
    scorer = Heard()
    if text == "broken":
        with pytest.raises(ValueError, match="broken"):
            score_table(asked(text), scorer=scorer, remarks=Remarks([]))
    else:
        score_table(asked(text), scorer=scorer, remarks=Remarks([]))
    assert (scorer.searches, gc.isenabled()) == (False, True)


def test_who_has_turned_the_search_for_cycles_off_finds_it_off():
    gc.disable()
    try:
        score_table(asked("good"), scorer=Heard(), remarks=Remarks([]))
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize("other", ["", None, "bad", "good"])
def test_a_text_that_comes_again_has_the_same_score(other):
    texts = ["good", other, "good", "really bad", None, other]
    together = score_table(asked(*texts), scorer=VaderScorer(), remarks=Remarks([])).to_pylist()
    alone = [score_table(asked(text), scorer=VaderScorer(), remarks=Remarks([])).to_pylist()[0] for text in texts]
    assert together == alone
