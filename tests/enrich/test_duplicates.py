from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.enrich.duplicates import NOTHING, are_copies, fingerprint
from monitor.text import folded
from tests.builders import mention

TEXT = "they raised the price by sixty percent and told nobody before the bill arrived in the mail"


def marks(text, **changes):
    said = mention("1", text, **changes)
    return fingerprint(folded(said.whole_text), source=said.source, author=said.author)


def test_nearly_every_pair_of_near_copies_has_a_key_in_common():
    random = Random(7)
    words = [f"word{number}" for number in range(2_000)]
    met = 0
    for _ in range(300):
        said = random.choices(words, k=60)
        met += are_copies(marks(" ".join(said), author_name="ann"), marks(" ".join([*said, "and", "so"]), author_name="bob"))
    assert met / 300 > 0.95


@given(st.lists(st.sampled_from(TEXT.split()), min_size=1, max_size=40), st.lists(st.sampled_from(TEXT.split()), min_size=1, max_size=40))
def test_who_copies_whom_does_not_hang_on_the_order(one, other):
    prints = marks(" ".join(one), author_name="ann"), marks(" ".join(other), author_name="bob")
    assert are_copies(*prints) == are_copies(*reversed(prints))


@pytest.mark.parametrize(
    ("other", "is_copy"),
    [
        pytest.param(TEXT.upper() + " !!!", True, id="case and marks"),
        pytest.param(f"RT @ann: {TEXT} https://example.com/1", True, id="handle and address"),
        pytest.param(TEXT + " today", True, id="a word more"),
        pytest.param(TEXT.replace("sixty", "ten").replace("nobody", "everybody"), False, id="other words"),
        pytest.param(" ".join(reversed(TEXT.split())), False, id="another order"),
    ],
)
def test_copies_have_nearly_the_same_runs_of_words(other, is_copy):
    assert are_copies(marks(TEXT), marks(other)) == is_copy


def test_a_short_text_is_told_by_its_words_and_its_author():
    assert marks("Cancelled!", author_name="ann") == marks("cancelled", author_name="ann")
    assert marks("Cancelled!", author_name="ann") != marks("Cancelled!", author_name="bob")
    assert marks("Cancelled!", author_name=None) == marks("", author_name="ann") == NOTHING
    assert not are_copies(NOTHING, NOTHING)


def test_scripts_without_spaces_are_measured_by_their_characters():
    text = "スリームリーの料金がまた上がったので今日で解約することにしました"
    assert are_copies(marks(text, author_name="ann"), marks(text, author_name="bob"))
