import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.enrich.duplicates import MOST, are_copies, keys_of, marks_of
from monitor.text import folded
from tests.builders import mention

HASHES = st.integers(0, 2**32 - 1)
TEXT = "they raised the price by sixty percent and told nobody before the bill arrived in the mail"


def marks(text, **changes):
    said = mention("1", text, **changes)
    return marks_of(said, folded(said.whole_text))


@st.composite
def two_texts(draw):
    """The marks of two texts that have most of their shingles in common."""
    common = draw(st.sets(HASHES, min_size=1, max_size=30))
    own, other = draw(st.sets(HASHES, max_size=4)), draw(st.sets(HASHES, max_size=4))
    return sorted(common | own)[:MOST], sorted(common | other)[:MOST]


@given(two_texts())
def test_any_two_copies_have_a_key_in_common(texts):
    one, other = texts
    assert are_copies(one, other) == are_copies(other, one)
    if are_copies(one, other):
        assert ({*keys_of(one)} & {*keys_of(other)}) - {None}


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
    assert marks("Cancelled!", author_name=None) == marks("", author_name="ann") == ()
    assert not are_copies((), ())


def test_scripts_without_spaces_are_measured_by_their_characters():
    text = "スリームリーの料金がまた上がったので今日で解約することにしました"
    assert are_copies(marks(text, author_name="ann"), marks(text, author_name="bob"))
