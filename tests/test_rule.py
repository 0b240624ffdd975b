import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import ConfigError
from monitor.mention import Kind
from monitor.rule import Subject, parse_rule
from tests.builders import mention

ANY = st.text(st.characters(categories=("L", "M", "N", "P", "S", "Z", "C")), max_size=40)


def found(rule, text="", **changes):
    return parse_rule(rule).find(Subject.of(mention(text=text, **changes)))


@pytest.mark.parametrize(
    ("rule", "text", "matches"),
    [
        pytest.param("acme", "ACME!", True, id="case, punctuation"),
        pytest.param("ACME", "acme", True, id="rule in capitals"),
        pytest.param("acme", "acmeist", False, id="longer word"),
        pytest.param("acme", "neoacme", False, id="longer before"),
        pytest.param("acme", "acme2 acme_fan", False, id="digit and underscore go on"),
        pytest.param("acme", "Acme's app, Acme’s site", True, id="possessive"),
        pytest.param("acme", "acme-like", True, id="hyphen"),
        pytest.param("acme", "www.acme.example", True, id="in an address"),
        pytest.param("acme", "@acme", True, id="word finds handle"),
        pytest.param("acme", "#acme", True, id="word finds hashtag"),
        pytest.param("@acme", "acme #acme", False, id="handle alone"),
        pytest.param("@acme", "thanks @Acme.", True, id="handle"),
        pytest.param("@acme", "me@acme", False, id="mail address is no handle"),
        pytest.param("@acme", "@acmehelp", False, id="longer handle"),
        pytest.param("#acme", "#ACME", True, id="hashtag"),
        pytest.param("#acme", "c#acme @acme acme", False, id="no hashtag inside a word"),
        pytest.param("#acme", "＃acme", True, id="full-width sign"),
        pytest.param('"acme corp"', "the Acme  Corp", True, id="phrase over spaces"),
        pytest.param('"acme corp"', "acme\ncorp", True, id="phrase over a line end"),
        pytest.param('"acme corp"', "acme\u00a0corp", True, id="phrase over a fixed space"),
        pytest.param('"acme corp"', "acme, corp", False, id="phrase with something between"),
        pytest.param('"acme corp"', "acme corporation", False, id="phrase ends a word"),
        pytest.param('"@acme now"', "@acme now", True, id="phrase with a sign"),
        pytest.param('"c++"', "I like C++.", True, id="signs within"),
        pytest.param("a.c", "abc", False, id="no pattern"),
        pytest.param("café", "cafe\u0301 time", True, id="combining marks"),
        pytest.param("cafe", "cafe\u0301", False, id="accent makes another letter"),
        pytest.param("streamly", "str\u200beam\u200dly", True, id="zero width within"),
        pytest.param("streamly", "❤️streamly❤️", True, id="emoji beside"),
        pytest.param("streamly", "1️⃣streamly", True, id="keycap beside"),
        pytest.param("streamly", "👩🏽\u200d💻streamly", True, id="joined emoji beside"),
        pytest.param("streamly", "Streamly™ and Streamly®", True, id="trade mark"),
        pytest.param("streamly", "´streamly´", True, id="accents as quotes"),
        pytest.param("streamly", "Streamlyが好き", True, id="japanese around"),
        pytest.param("streamly", "我喜欢streamly很多", True, id="chinese around"),
        pytest.param("streamly", "Streamly는 좋다", True, id="korean particle"),
        pytest.param("東京", "東京都", True, id="no spaces between words"),
        pytest.param("스트림리", "스트림리가 좋다", True, id="korean name with particle"),
        pytest.param("стримли", "СТРИМЛИ!", True, id="cyrillic"),
        pytest.param("стрим", "стримли", False, id="cyrillic longer"),
        pytest.param("straße", "STRASSE", True, id="case fold"),
        pytest.param("🚀rocket", "go 🚀rocket", True, id="emoji in the rule"),
    ],
)
def test_a_term_finds_whole_names(rule, text, matches):
    assert (found(rule, text) is not None) == matches


@pytest.mark.parametrize(
    ("rule", "text", "matches"),
    [
        pytest.param("a b", "b a", True, id="side by side, any order"),
        pytest.param("a AND b", "a", False, id="and"),
        pytest.param("a OR b", "b", True, id="or"),
        pytest.param("a b OR c", "c", True, id="side by side binds closer than or, right"),
        pytest.param("a OR b c", "a", True, id="side by side binds closer than or, left"),
        pytest.param("a (b OR c)", "a", False, id="brackets"),
        pytest.param("a NOT b", "a b", False, id="not"),
        pytest.param("a NOT b c", "a c", True, id="not binds closest"),
        pytest.param("a NOT b c", "a", False, id="and what follows not is asked for"),
        pytest.param("a -b", "a", True, id="minus"),
        pytest.param('a -"b c"', "a b c", False, id="minus phrase"),
        pytest.param("a -(b OR c)", "a c", False, id="minus brackets"),
        pytest.param("a NOT NOT b", "a b", True, id="twice not"),
        pytest.param("well-known", "wellknown", False, id="hyphen in a word is no minus"),
        pytest.param('a "OR" b', "a b or", True, id="or in quotation marks is a word"),
        pytest.param('a "or" b', "a b", False, id="or in quotation marks is asked for"),
        pytest.param("or", "this or that", True, id="or alone is a word"),
        pytest.param("oracle android nothing", "oracle nothing android", True, id="words that begin like operators"),
        pytest.param("e*trade", "E*TRADE", True, id="star within a name"),
        pytest.param('"streamly*"', "streamly*", True, id="star in quotation marks"),
        pytest.param("c++ +1", "c++ and +1", True, id="plus that is no operator"),
        pytest.param("(a)(b)", "a b", True, id="brackets side by side"),
    ],
)
def test_operators_bind_as_written(rule, text, matches):
    assert (found(rule, text) is not None) == matches


@pytest.mark.parametrize(
    ("rule", "changes", "matches"),
    [
        pytest.param("author:@Bot", {"author_name": "bot"}, True, id="author by name"),
        pytest.param("author:77", {"author_id": "77"}, True, id="author by id"),
        pytest.param('author:"Ann Lee"', {"author_name": "ann lee"}, True, id="author of two words"),
        pytest.param("author:bot", {"author_name": "robot"}, False, id="whole author"),
        pytest.param("site:acme.example", {"url": "https://shop.ACME.example/x"}, True, id="subdomain"),
        pytest.param("site:acme.example", {"url": "https://notacme.example/"}, False, id="other site"),
        pytest.param("site:acme.example", {"links": ["http://acme.example"]}, True, id="site of a link"),
        pytest.param("site:acme.example", {"url": "http://[broken", "links": ["x"]}, False, id="broken address"),
        pytest.param("link:acme.example/Sale", {"links": ["https://acme.example/sale?x=1"]}, True, id="part of a link"),
        pytest.param("link:acme", {"url": "https://acme.example"}, False, id="own address is no link"),
        pytest.param("a lang:EN", {"text": "a", "lang": "en"}, True, id="language"),
        pytest.param("a lang:en", {"text": "a"}, False, id="unknown language"),
        pytest.param("a -lang:de", {"text": "a"}, True, id="unknown language is not German"),
        pytest.param("a kind:Review", {"text": "a", "kind": Kind.REVIEW}, True, id="kind"),
        pytest.param("a kind:post", {"text": "a", "kind": Kind.REVIEW}, False, id="other kind"),
        pytest.param("AUTHOR:bot", {"author_name": "bot"}, True, id="field in capitals"),
        pytest.param("acme", {"text": None, "title": "Acme"}, True, id="title"),
        pytest.param("acme", {"text": None}, False, id="nothing there"),
    ],
)
def test_fields_look_beside_the_text(rule, changes, matches):
    assert (found(rule, **changes) is not None) == matches


def test_what_was_found_is_named():
    assert found('acme OR "acme corp" OR globex', "Acme Corp") == ("acme", "acme corp")
    assert found("acme -globex author:ann", "acme") == ("acme", "author:ann")


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        pytest.param("", 'is empty; give at least one name, such as "Acme Corp"', id="empty"),
        pytest.param("   ", "is empty;", id="blank"),
        pytest.param("streamly OR (", "`streamly OR (` misses a closing bracket after column 13", id="bracket opens at the end"),
        pytest.param("(a b", "misses a closing bracket after column 4", id="bracket left open"),
        pytest.param("a)", "has a closing bracket too many after column 1", id="bracket too many"),
        pytest.param("a ()", "misses a word before ) after column 3", id="nothing in brackets"),
        pytest.param("a OR", "misses a word or bracket after column 4", id="or at the end"),
        pytest.param("OR a", "misses a word before OR after column 0", id="or at the start"),
        pytest.param("a NOT", "misses a word or bracket after column 5", id="not at the end"),
        pytest.param("a OR OR b", "misses a word before OR after column 4", id="two operators"),
        pytest.param('a "b', "has a quotation mark that is never closed after column 1", id="open quotation mark"),
        pytest.param('a "..."', "has '...', which holds no letter or digit after column 1", id="no letter"),
        pytest.param("a - b", "has '-', which holds no letter or digit after column 1", id="lonely minus"),
        pytest.param(
            "a colour:red", "has no field colour: (there are author, site, link, lang, kind); put the term in quotation marks", id="field"
        ),
        pytest.param("author: bob", "has nothing after author:; write its value without a space after column 7", id="space after a field"),
        pytest.param('a link:""', "has nothing after link: after column 9", id="empty field"),
        pytest.param("a kind:posts", "has no kind:posts (there are post, comment, reply, quote, repost, review) after column 1", id="kind"),
        pytest.param("site:https://a.example", "which is no host name such as news.example after column 0", id="site with a scheme"),
        pytest.param(
            "a or b", "`a or b` has 'or'; write OR in capitals, or put it in quotation marks to mean the word; after column 1", id="or"
        ),
        pytest.param("a And b", "has 'And'; write AND in capitals", id="and"),
        pytest.param("a not b", "has 'not'; write NOT in capitals", id="not"),
        pytest.param("streamly*", "`streamly*` has 'streamly*'; there are no wildcards: write each form of the name with OR", id="star"),
        pytest.param("a OR *ly", "has '*ly'; there are no wildcards", id="star first"),
        pytest.param("a|b", "has 'a|b'; write OR, or a space where both must occur; after column 0", id="bar"),
        pytest.param("a || b", "has '||'; write OR", id="two bars"),
        pytest.param("a && b", "has '&&'; write OR, or a space", id="two ampersands"),
        pytest.param("+acme", "has '+acme'; leave out the +", id="plus"),
        pytest.param("“acme corp”", "has '“acme'; write straight quotation marks", id="curly quotation marks"),
        pytest.param("acme, globex", "has 'acme,'; write OR between names, without ,; after column 0", id="comma"),
        pytest.param("a lang:english", "has lang:english, which is no code such as en after column 1", id="language"),
        pytest.param("(" * 51 + "a" + ")" * 51, "is nested more than 50 deep after column 50", id="deep"),
        pytest.param("NOT " * 5000 + "a", "is nested more than 50 deep", id="very deep"),
        pytest.param("NOT a", "`NOT a` would match nearly every text", id="only not"),
        pytest.param("a OR lang:en", "would match nearly every text", id="language alone"),
        pytest.param("a OR (NOT b)", "would match nearly every text", id="one alternative"),
    ],
)
def test_a_mistake_is_named_with_its_column(rule, said):
    with pytest.raises(ConfigError, match=re.escape(said)):
        parse_rule(rule)


@given(ANY)
def test_any_rule_is_a_tree_or_a_mistake_that_is_told(rule):
    said = ""
    try:
        parse_rule(rule)
    except ConfigError as error:
        said = str(error)
    assert not said or rule in said or said.startswith("is empty")


RULE = parse_rule('streamly OR @acme OR #東京 OR "the café" author:x OR site:a.example OR link:b -lang:de kind:post')


@given(ANY, ANY, ANY, ANY)
def test_matching_survives_any_text(text, title, author, url):
    RULE.find(Subject.of(mention(text=text, title=title, author_name=author, url=f"https://{url}", links=[url], lang=author)))


@given(before=ANY.filter(lambda text: not text[-1:].isalnum()), after=ANY)
def test_a_name_is_found_whatever_stands_around_it(before, after):
    assert found("streamly", f"{before} Streamly! {after}") == ("streamly",)


WORDS = ("ape", "bee", "cat", "dog")
# ("word", text), ("not", tree), ("and" | "or", trees)
TREES = st.recursive(
    st.sampled_from(WORDS).map(lambda word: ("word", word)),
    lambda tree: st.one_of(
        tree.map(lambda part: ("not", part)),
        st.tuples(st.sampled_from(["and", "or"]), st.lists(tree, min_size=2, max_size=3)),
    ),
    max_leaves=8,
)


def written(tree, minus):
    kind, parts = tree
    if kind == "word":
        return parts
    if kind == "not":
        return f"{'-' if minus else 'NOT '}({written(parts, minus)})"
    return f"({(' OR ' if kind == 'or' else ' ' if minus else ' AND ').join(written(part, minus) for part in parts)})"


def holds(tree, words):
    kind, parts = tree
    if kind == "word":
        return parts in words
    if kind == "not":
        return not holds(parts, words)
    return (any if kind == "or" else all)([holds(part, words) for part in parts])


@given(TREES, st.sets(st.sampled_from(WORDS)), st.booleans())
def test_rules_judge_as_their_tree_does(tree, words, minus):
    # a word of its own keeps the rule from matching everything
    assert (found(f"zebra ({written(tree, minus)})", " ".join(["zebra", *words])) is not None) == holds(tree, words)
