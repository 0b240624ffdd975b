import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.enrich.near_miss import near_misses
from monitor.rule import Subject, parse_rule
from tests.builders import mention


def said(rule, text, exclude=None):
    return near_misses(parse_rule(rule), Subject.of(mention(text=text)), exclude=parse_rule(exclude) if exclude else None)


@pytest.mark.parametrize(
    ("rule", "text", "reasons"),
    [
        pytest.param("acme", "Acme is great", (), id="counts"),
        pytest.param("acme", "nothing here", (), id="far from it"),
        pytest.param("acme", "the acmeist poets", ("acme inside acmeist",), id="longer word"),
        pytest.param("acme", "#AcmeFail", ("acme inside acmefail",), id="longer hashtag"),
        pytest.param("streamly", "Streemly froze", ("streemly, one letter from streamly",), id="letter wrong"),
        pytest.param("streamly", "streamy froze", ("streamy, one letter from streamly",), id="letter missing"),
        pytest.param("streamly", "streammly froze", ("streammly, one letter from streamly",), id="letter too many"),
        pytest.param("streamly", "steamy", (), id="two letters missing"),
        pytest.param("acme", "acne", (), id="too short to guess"),
        pytest.param('"acme corp"', "Corp. of Acme", ('the words of "acme corp", but not side by side',), id="phrase apart"),
        pytest.param('"acme corp"', "acme-corp", ('the words of "acme corp", but not side by side',), id="phrase with a hyphen"),
        pytest.param('"acme corp"', "acme", (), id="half a phrase"),
        pytest.param("@acme", "I like acme", ("acme without @",), id="no handle"),
        pytest.param("streamly OR globex", "streamlys globbex", ("streamly inside streamlys", "globbex, one letter from globex"), id="two"),
        pytest.param("acme -stables", "acme stables", ("acme is there, but so is stables after NOT",), id="not"),
        pytest.param("acme -(hay OR horse)", "acme hay, horse", ("acme is there, but so is hay, horse after NOT",), id="not, two"),
        pytest.param("acme NOT globexes", "globex", (), id="what is not wanted is not near"),
    ],
)
def test_what_nearly_counts_says_why(rule, text, reasons):
    assert said(rule, text) == reasons


def test_an_excluded_match_says_by_what():
    assert said("acme", "Acme Stables: hay", '"acme stables" OR hay') == ('acme is there, but exclude finds "acme stables", hay',)
    assert said("acme", "Acme app", '"acme stables"') == ()


RULE = parse_rule('streamly OR "stream ly" OR @acme NOT (globex OR author:x)')


@given(st.text())
def test_any_text_can_be_asked_about(text):
    near_misses(RULE, Subject.of(mention(text=text)), exclude=RULE)
