from datetime import datetime

import pytest
import yaml

from monitor.config.models import Brand
from monitor.detect.beside import beside
from monitor.detect.said import Said
from monitor.rule import Subject, parse_rule
from monitor.text import folded

USUAL = ["streamly is fine #couch", "what to watch on streamly #couch", "streamly with @friend #couch"] * 30
BRAND = Brand(name="Streamly", rule='streamly OR "stream ly"', own_handles=["x:streamlyhelp"], rivals=["Vuebox"], titles=["Copper Sky"])


def said(text, *, links=()):
    at = datetime.fromisoformat("2026-06-01T12:00")
    return Said("x", "1", at, None, None, text, None, 0, 0.0, None, None, (), links, "1", False, folded(text))


def found(texts, brand=BRAND, **more):
    return beside(brand, [said(text, **more) for text in texts], [said(text) for text in USUAL], scale=1.0)


def test_a_tag_that_rises_and_is_not_in_the_rule_is_told_with_the_line_to_paste():
    rising, line = found(["so angry at streamly #CancelStreamly", "#cancelstreamly it's over"] * 10)
    assert [(one.kind, one.name, one.count, one.usual) for one in rising] == [("hashtag", "#cancelstreamly", 20, 0.0)]
    assert line == "rule: 'streamly OR \"stream ly\" OR #cancelstreamly'"
    rule = parse_rule(yaml.safe_load(line)["rule"])
    assert rule.find(Subject.of_text("over now #CancelStreamly"))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("streamly is fine #couch", id="always said"),
        pytest.param("#streamly @streamly Streamly", id="in the rule"),
        pytest.param("streamly, ask @StreamlyHelp", id="our own account"),
        pytest.param("streamly or Vuebox, says @vuebox", id="a rival"),
        pytest.param("streamly lost Copper Sky", id="a title"),
        pytest.param("streamly is down in New Jersey on my Roku", id="a place and a device"),
        pytest.param("mail me at a@b.example, streamly", id="an address"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_known_or_no_name_is_not_told(text):
    assert found([text] * 20) == ([], None)


def test_names_are_told_and_those_of_two_words_can_be_searched_for():
    rising, line = found(["they fired Mara Quillen, streamly", "streamly without Quillen is nothing"] * 10)
    assert {one.name for one in rising} == {'"mara quillen"', '"quillen"'}
    assert line == 'rule: \'streamly OR "stream ly" OR "mara quillen"\''


def test_links_are_told_by_host_and_path():
    rising, line = found(["streamly, read this"] * 10, links=("https://www.news.example/streamly-breach?id=4",))
    assert [(one.kind, one.name) for one in rising] == [("link", "link:news.example/streamly-breach")]
    assert line is not None
    assert line.endswith("OR link:news.example/streamly-breach'")


def test_a_rule_of_words_side_by_side_stays_one_and_quotes_survive_yaml():
    brand = Brand(name="O'Neil", rule="o'neil NOT surf")
    _, line = found(["o'neil #OffTheShelf"] * 10, brand)
    assert yaml.safe_load(line)["rule"] == "(o'neil NOT surf) OR #offtheshelf"
