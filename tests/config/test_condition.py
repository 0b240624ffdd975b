import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.condition import COLUMNS, asks_engagement, columns_of, parse_condition
from monitor.errors import ConfigError
from monitor.store.upgrade import upgrade

UNKNOWN = dict.fromkeys(COLUMNS)
SPOKEN = UNKNOWN | {
    "source": "x",
    "lang": "en",
    "title": None,
    "text": "My lawyer says: class-action LAWSUIT, it isn't over",
    "url": "https://x.example/ann/1",
    "likes": 12,
    "label": -1,
    "compound": -0.5,
    "is_churn": True,
    "scored": True,
    "text_truncated": False,
    "topics": ["Pricing", "App crash"],
    "intents": ["cancel"],
    "links": ["https://news.example/acme-sued"],
}


def judged(text, **row):
    return parse_condition(text).judge(SPOKEN | row)


def complaint(text):
    with pytest.raises(ConfigError) as error:
        parse_condition(text)
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        pytest.param("label = 1 and likes = 0 or label = -1", True, id="and before or"),
        pytest.param("label = -1 or likes = 0 and label = 1", True, id="and before or, the other way round"),
        pytest.param("(label = -1 or likes = 0) and label = 1", False, id="brackets go first"),
        pytest.param("not label = 1 and likes = 0", False, id="not binds closest"),
        pytest.param("not (label = 1 and likes = 0)", True, id="not of brackets"),
        pytest.param("not not is_churn", True, id="not twice"),
        pytest.param("NOT Is_Churn OR Label = -1", True, id="case of words and columns"),
        pytest.param("label=-1and likes>=12", True, id="without spaces"),
    ],
)
def test_not_binds_closest_then_and_then_or(text, held):
    assert judged(text) is held


@pytest.mark.parametrize(
    ("text", "held"),
    [
        pytest.param("likes >= 12", True, id="at least"),
        pytest.param("likes > 12", False, id="more"),
        pytest.param("likes <= 11.5", False, id="at most, a fraction"),
        pytest.param("likes < 13", True, id="less"),
        pytest.param("likes != 12", False, id="unlike"),
        pytest.param("likes <> 13", True, id="unlike, the other sign"),
        pytest.param("compound = -0.5", True, id="below zero"),
        pytest.param("source = 'X'", True, id="texts without case"),
        pytest.param("source != 'reddit'", True, id="another text"),
        pytest.param("is_churn", True, id="a flag alone"),
        pytest.param("text_truncated = false", True, id="a flag that is not so"),
        pytest.param("is_churn = TRUE", True, id="a flag that is so"),
        pytest.param("source in ('reddit', 'X')", True, id="one of several texts"),
        pytest.param("likes in (1, 2)", False, id="none of several numbers"),
        pytest.param("not source in ('reddit')", True, id="not one of one"),
        pytest.param("title is null", True, id="null"),
        pytest.param("title is not null", False, id="not null"),
        pytest.param("likes is not null", True, id="known"),
    ],
)
def test_columns_are_compared(text, held):
    assert judged(text) is held


@pytest.mark.parametrize(
    ("text", "held"),
    [
        pytest.param("text contains 'lawsuit'", True, id="a word, without case"),
        pytest.param("text contains 'suit'", False, id="no part of a word"),
        pytest.param("text contains 'class-action lawsuit'", True, id="several words"),
        pytest.param("text contains 'isn''t over'", True, id="a quote within"),
        pytest.param("topics contains 'app crash'", True, id="an entry"),
        pytest.param("topics contains 'app'", False, id="no part of an entry"),
        pytest.param("links contains 'news.example'", True, id="part of a link"),
        pytest.param("url contains 'x.example/'", True, id="part of an address"),
        pytest.param("not text contains 'refund'", True, id="not there"),
    ],
)
def test_contains_means_words_of_a_text_entries_of_a_list_and_parts_of_links(text, held):
    assert judged(text) is held


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("views > 10", None),
        ("not views > 10", None),
        ("views in (1, 2)", None),
        ("title contains 'x'", None),
        ("views > 10 or label = -1", True),
        ("views > 10 or label = 1", None),
        ("views > 10 and label = 1", False),
        ("views > 10 and label = -1", None),
        ("not (views > 10 and label = 1)", True),
        ("views is null and title is null", True),
    ],
)
def test_what_is_unknown_is_neither_true_nor_false(text, held):
    assert judged(text) is held


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "``, column 1: it is empty; write a condition such as label = -1", id="empty"),
        pytest.param("   ", "`   `, column 1: it is empty; write a condition such as label = -1", id="blank"),
        pytest.param("likes =", "`likes =`, column 8: a value is expected", id="no value"),
        pytest.param("likes", "column 6: = != < <= > >=, in, is or contains is expected after likes", id="no sign"),
        pytest.param("likes = 'many'", "column 9: likes is compared with a number", id="a text for a number"),
        pytest.param("source = 3", "column 10: source is compared with a 'text' in single quotes", id="a number for a text"),
        pytest.param("source = x", "column 10: source is compared with a 'text' in single quotes", id="no quotes"),
        pytest.param('source = "x"', "column 10: a column, a value or one of = != < <= > >= ( ) , is expected", id="double quotes"),
        pytest.param("source > 'x'", "column 8: source is no number; compare it by = or !=", id="order of texts"),
        pytest.param("is_churn = 1", "column 12: is_churn is compared with true or false", id="a number for a flag"),
        pytest.param("topics = 'a'", "column 8: topics is a list; write topics contains '…'", id="a list"),
        pytest.param("text contains ''", "column 15: contains needs a 'text' in single quotes", id="contains nothing"),
        pytest.param("text contains law", "column 15: contains needs a 'text' in single quotes", id="contains a bare word"),
        pytest.param("likes contains '1'", "column 16: likes holds no text; compare it by =", id="a number contains"),
        pytest.param("(label = -1", "column 12: `)` is expected", id="open bracket"),
        pytest.param("label = -1)", "column 11: `and`, `or` or the end is expected", id="bracket too many"),
        pytest.param("label = -1 likes = 2", "column 12: `and`, `or` or the end is expected", id="two conditions"),
        pytest.param("label = -1 and", "column 15: a column is expected", id="half a condition"),
        pytest.param("source in ()", "column 12: source is compared with a 'text' in single quotes", id="one of none"),
        pytest.param("title is empty", "column 10: `null` is expected", id="is what"),
        pytest.param("text contains 'don", "column 15: a column, a value or one of", id="a quote without end"),
        pytest.param("'x' = source", "column 1: 'x' is no column that rules can use; there are author_followers, ", id="turned round"),
        pytest.param("likes ; drop", "column 7: a column, a value or one of", id="a semicolon"),
    ],
)
def test_a_mistake_is_told_with_its_column_and_what_could_stand_there(text, said):
    assert said in complaint(text)
    assert "\n" not in complaint(text)


@pytest.mark.parametrize("text", ["brand = 'Acme'", "run_id = 1", "password = 'x'", "followers > 3"])
def test_a_column_that_rules_cannot_use_is_told_with_those_that_they_can(text):
    assert f"{text.split()[0]} is no column that rules can use; there are " in complaint(text)
    assert "author_followers" in complaint(text)


@pytest.mark.parametrize(
    "text",
    [
        "label = -1; drop table mention",
        "label = -1 -- and more",
        "label = (select 1)",
        "1 = 1",
        "length(text) > 3",
        "text like '%a%'",
        "label = -1 union select 1",
        "read_csv('/etc/passwd') is null",
        "label + 1 = 0",
    ],
)
def test_sql_is_refused(text):
    assert "column " in complaint(text)


def test_quotes_in_a_text_end_nothing():
    assert judged("author_name = 'ann'' or 1=1 --'", author_name="ann' or 1=1 --") is True


@pytest.mark.parametrize(
    "text", ["(" * 10_000 + "label = 1" + ")" * 10_000, "not " * 10_000 + "is_churn", "(not " * 60 + "is_churn" + ")" * 60]
)
def test_a_condition_nested_too_deeply_is_refused(text):
    assert "it is nested too deeply" in complaint(text)


def test_a_thousand_parts_side_by_side_are_no_trouble():
    assert judged(" or ".join(["label = 1"] * 1_000 + ["label = -1"])) is True


def test_a_complaint_about_a_long_condition_shows_the_place_and_not_the_whole():
    said = complaint("label = 1 and " * 5_000 + "nonsense")
    assert "label = 1 and nonsense`, column 70001: nonsense is no column" in said
    assert len(said) < 1_000


def test_a_complaint_about_a_condition_of_several_lines_is_one_line():
    assert complaint("label = -1\nand\nlikes") == (
        "`label = -1 and likes`, column 21: = != < <= > >=, in, is or contains is expected after likes"
    )


@given(st.text(alphabet=st.sampled_from("()=<>!,'-.;\n\u00a0é1a "), max_size=30) | st.text(max_size=30))
def test_what_is_no_condition_is_refused_and_nothing_else_happens(text):
    with pytest.raises(ConfigError, match=r"column \d+: "):
        parse_condition(text)


WORDS = ["label = -1", "views > 1", "is_churn", "and", "or", "not", "(", ")", "text contains 'lawsuit'", "source in ('x')", "title is null"]


@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
def test_what_is_made_of_known_words_is_judged_or_refused(text):
    try:
        condition = parse_condition(text)
    except ConfigError:
        return
    assert condition.judge(SPOKEN) in (True, False, None)
    assert condition.judge(UNKNOWN | {"source": "x"}) in (True, False, None)
    assert columns_of(condition) <= set(COLUMNS)


@pytest.mark.parametrize(("text", "columns"), [("not (likes > 3 or text contains 'a') and is_churn", {"likes", "text", "is_churn"})])
def test_a_condition_names_its_columns(text, columns):
    assert columns_of(parse_condition(text)) == columns


@pytest.mark.parametrize(("text", "asks"), [("likes > 3", True), ("label = -1 and engagement > 3", True), ("author_followers > 3", False)])
def test_only_reactions_can_change_an_answer_later(text, asks):
    assert asks_engagement(parse_condition(text)) is asks


def test_every_column_is_one_of_the_view():
    con = duckdb.connect()
    upgrade(con)
    assert set(COLUMNS) <= {name for name, *_ in con.execute("select * from v_mentions limit 0").description}
