"""Each source's search is modelled here anew, from its documentation, and asked with what we would send it."""

import html
import itertools
from dataclasses import dataclass, replace

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.collect.dialect import ARCTIC_SHIFT, BLUESKY, HACKERNEWS, MASTODON_TAGS, REDDIT, X_ARCHIVE, X_RECENT, YOUTUBE
from monitor.collect.search import searches, unsearchable
from monitor.errors import ConfigError
from monitor.mention import Kind
from monitor.rule import Subject, Term, parse_rule
from monitor.text import folded
from tests.builders import mention

UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Hangul}]"
LETTER = rf"[\p{{L}}\p{{Mn}}\p{{Mc}}\p{{N}}--{UNSPACED}]"


@dataclass(frozen=True)
class Model:
    """How a source reads a query; what it does not document is taken as narrow as it may be.

    word    a token: others split at every sign, some keep _ or 's inside
    either  the sign between alternatives, `both` that between things which must all occur, `no` that of an absence
    """

    word: str = rf"{LETTER}+"
    either: str = " OR "
    both: str = " "
    no: str = "-"
    tighter: str = "both"
    escaped: bool = False

    def tokens(self, text):
        return regex.findall(rf"{UNSPACED}|{self.word}|\p{{So}}", folded(text), regex.V1)

    def holds(self, query, post):
        return self._either(_Scanner(query), post) if self.tighter == "both" else self._clauses(query, post)

    def _either(self, at, post):
        found, is_positive = self._both(at, post)
        assert is_positive, "a query, and each alternative, needs something that must occur"
        while at.takes(self.either):
            more, is_positive = self._both(at, post)
            assert is_positive, "an absence is no alternative"
            found = found or more
        return found

    def _both(self, at, post):
        found, is_positive = True, False
        while True:
            absent = at.takes(self.no)
            if at.takes("("):
                assert not absent, "a group must not be negated"
                one = self._either(at, post)
                assert at.takes(")")
            else:
                one = self._leaf(at.leaf(), post)
            found = found and one != absent
            is_positive = is_positive or not absent
            if at.is_at((")", self.either)) or at.is_done or not at.takes(self.both):
                return found, is_positive

    def _clauses(self, query, post):
        """Without brackets, alternatives bind closer: a|b c is (a or b) and c."""
        clauses = regex.findall(r'(?:"[^"]*"|[^\s"])+', query)
        return all(
            any(self._leaf(leaf, post) for leaf in regex.findall(r'(?:"[^"]*"|[^|"])+', clause)) != clause.startswith("-")
            for clause in clauses
        )

    def _leaf(self, leaf, post):
        operator = regex.fullmatch(r'([a-z]+):"?([^"]+)"?', leaf)
        if operator:
            return self._operator(*operator.groups(), post)
        text = html.escape(post.whole_text).replace("/", "&#x2F;") if self.escaped else post.whole_text
        if self.no == "-" and leaf[0] in "#@":
            return leaf.casefold() in (found.casefold() for found in regex.findall(rf"(?<!{LETTER})[#@][\w]+", folded(text), regex.V1))
        return self.has(self.tokens(leaf), self.tokens(text))

    def _operator(self, name, value, post):
        match name:
            case "from" | "author":
                return value == post.author_name
            case "lang":
                return value == post.lang
            case "is":
                # a reply that quotes is both
                return {"retweet": "repost"}.get(value, value) == post.kind or (value == "quote" and post.quoted_id is not None)
            case "url" | "site" | "domain":
                return any(self.has(self.tokens(value), self.tokens(link)) for link in post.links)
        raise AssertionError(f"no operator {name}:{value}")

    @staticmethod
    def has(phrase, tokens):
        assert phrase, "nothing to look for"
        return any(tokens[start : start + len(phrase)] == phrase for start in range(len(tokens)))


class _Scanner:
    def __init__(self, text):
        self.text, self.position = text, 0

    @property
    def is_done(self):
        return self.position == len(self.text)

    def is_at(self, signs):
        return any(self.text.startswith(sign, self.position) for sign in signs)

    def takes(self, sign):
        if not self.text.startswith(sign, self.position):
            return False
        self.position += len(sign)
        return True

    def leaf(self):
        found = regex.compile(r'(?:[a-z]+:)?"[^"]*"|[^\s()"]+').match(self.text, self.position)
        assert found, self.text[self.position :]
        self.position = found.end()
        return found.group()


X = Model()
MODELS = {
    "x": (X_RECENT, X),
    "x archive": (X_ARCHIVE, X),
    "reddit": (REDDIT, Model(word=rf"(?:{LETTER}|_)+", both=" AND ", no="NOT ")),
    # texts are kept as HTML: "Macy&#x27;s"
    "hackernews": (HACKERNEWS, Model(escaped=True)),
    # "Macy's" is one word, and so is "streamly's"
    "bluesky": (BLUESKY, Model(word=rf"(?:{LETTER}|_)+(?:['’]s(?!{LETTER}))?")),
    "youtube": (YOUTUBE, Model(either="|", tighter="either")),
    "arctic shift": (ARCTIC_SHIFT, Model()),
}
DIALECTS = pytest.mark.parametrize(("dialect", "model"), MODELS.values(), ids=MODELS.keys())
TIGHT = pytest.mark.parametrize(("dialect", "model"), [(replace(each, longest=40), model) for each, model in MODELS.values()], ids=MODELS)

TERMS = (
    "acme",
    "globex",
    '"acme corp"',
    "@acme",
    "#acme",
    "AT&T",
    '"c++"',
    "7-eleven",
    "東京",
    "#東京",
    "café",
    "straße",
    "🚀rocket",
    "macy's",
)
TERMS += ("acme_help", '"or"', '"acme 🚀 corp"', "ＦＵＬＬ", "스트림리", '"globex of macy’s"')
FIELDS = ("author:ann", "author:bob", "lang:de", "lang:en", "kind:reply", "kind:post", "kind:repost", "site:news.example")
RULES = st.recursive(
    st.one_of(st.sampled_from(TERMS), st.sampled_from(TERMS), st.sampled_from(FIELDS)),
    lambda part: st.one_of(
        part.map(lambda inner: f"NOT ({inner})"),
        st.lists(part, min_size=2, max_size=4).map(lambda parts: f"({' '.join(parts)})"),
        st.lists(part, min_size=2, max_size=4).map(lambda parts: f"({' OR '.join(parts)})"),
    ),
    max_leaves=12,
)
PIECES = ("acme", "Acme Corp", "corp", "GLOBEX", "globex of Macy's", "at&t", "C++", "7-Eleven", "東京都", "Café", "STRASSE", "🚀rocket")
PIECES += ("macy’s", "acme_help", "or", "acme 🚀 corp", "full", "스트림리가", "acme's", "Acme’s", "why")
TEXTS = st.lists(
    st.tuples(st.sampled_from(PIECES), st.sampled_from((" ", " ", ", ", "\n", "-", " #", " @", "! ", "😀", " (", ") "))), max_size=6
)
POSTS = st.builds(
    lambda pieces, **changes: mention(text="".join(word + between for word, between in pieces), **changes),
    TEXTS,
    author_name=st.sampled_from((None, "ann", "bob")),
    lang=st.sampled_from((None, "de", "en")),
    kind=st.sampled_from((Kind.POST, Kind.REPLY, Kind.QUOTE, Kind.REPOST)),
    quoted_id=st.sampled_from((None, "7")),
    links=st.sampled_from(((), ("https://news.example/a",), ("https://www.news.example/b",))),
)


def parsed(rule):
    """A random rule, made to name something."""
    try:
        return parse_rule(rule)
    except ConfigError:
        return parse_rule(f"acme ({rule})")


def counts(rule, post):
    return rule.find(Subject.of(post)) is not None


@DIALECTS
@pytest.mark.parametrize("around", ["{}", "why, {}!", "#{}", "@{}", "({})", "the😀{}😀", "{}’s", "{}\nnow", "{}が"])
def test_every_name_is_brought_wherever_it_stands(dialect, model, around):
    seen = 0
    for rule, piece in itertools.product(map(parse_rule, TERMS), PIECES):
        post = mention(text=around.format(piece))
        # X takes #acmeが for one hashtag
        if counts(rule, post) and not (around == "{}が" and isinstance(rule, Term) and rule.written[0] in "#@"):
            seen += 1
            assert any(model.holds(query, post) for query in searches(rule, dialect)), (rule, piece)
    assert seen > 10


def check(rule, exclude, post, dialect, model):
    queries = searches(rule, dialect, exclude=exclude)
    assert max(map(len, queries), default=0) <= dialect.longest
    brought = [model.holds(query, post) for query in queries]
    is_lost = any(counts(parse_rule(part), post) for part in unsearchable(rule, dialect))
    if counts(rule, post) and not (exclude and counts(exclude, post)) and not is_lost:
        assert any(brought), queries


@DIALECTS
@given(rule=RULES.map(parsed), exclude=st.none() | RULES.map(parsed), post=POSTS)
@settings(max_examples=150)
def test_whatever_the_rule_counts_the_source_brings(dialect, model, rule, exclude, post):
    check(rule, exclude, post, dialect, model)


@TIGHT
@given(rule=RULES.map(parsed), exclude=st.none() | RULES.map(parsed), post=POSTS)
@settings(max_examples=150)
def test_queries_cut_short_bring_it_still(dialect, model, rule, exclude, post):
    check(rule, exclude, post, dialect, model)


@TIGHT
def test_a_long_rule_is_asked_in_parts_that_miss_none_of_its_names(dialect, model):
    names = [f"name{number}" for number in range(120)]
    rule = parse_rule(" OR ".join(names))
    queries = searches(rule, dialect)
    assert max(map(len, queries)) <= dialect.longest
    assert all(any(model.holds(query, mention(text=name)) for query in queries) for name in names)


def test_x_is_asked_as_little_as_its_limit_allows():
    rule = parse_rule(" OR ".join(f"name{number}" for number in range(120)))
    # a name is asked for as word, hashtag and handle: about 34 characters
    assert len(searches(rule, X_RECENT)) == 8
    assert len(searches(rule, X_ARCHIVE)) == 4


@DIALECTS
def test_alternatives_that_meet_alternatives_do_not_multiply(dialect, model):
    groups = [" OR ".join(f"{letter}{number}" for number in range(20)) for letter in "abcd"]
    queries = searches(parse_rule(" ".join(f"({group})" for group in groups)), dialect)
    assert len(queries) <= 60
    assert any(model.holds(query, mention(text="a3 b4 c5 d6")) for query in queries)


@pytest.mark.parametrize(
    ("dialect", "rule", "exclude", "queries"),
    [
        pytest.param(X_RECENT, "acme", None, ["acme OR #acme OR @acme"], id="x: word, hashtag, handle"),
        pytest.param(X_RECENT, '@acme OR #acme OR "acme corp"', None, ['@acme OR #acme OR "acme corp"'], id="x: as written"),
        pytest.param(X_RECENT, "#acme author:bot lang:de", None, ["#acme from:bot lang:de"], id="x: fields"),
        pytest.param(X_RECENT, "#acme -author:bot -lang:de -@ann", None, ["#acme -from:bot -lang:de -@ann"], id="x: exact absences"),
        pytest.param(X_RECENT, "#acme kind:post", None, ["#acme -is:reply -is:quote -is:retweet"], id="x: posts"),
        pytest.param(X_RECENT, "#acme -(@ann OR author:bot)", None, ["#acme -@ann -from:bot"], id="x: no group is negated"),
        pytest.param(X_RECENT, "#acme -(@ann author:bot)", None, ["#acme"], id="x: an absence is no alternative"),
        pytest.param(X_RECENT, "#acme -kind:quote", None, ["#acme"], id="x: a reply may quote too"),
        pytest.param(X_RECENT, "#acme -stables", None, ["#acme"], id="x: a word is found too widely to leave it out"),
        pytest.param(X_RECENT, "#acme", "@stables OR author:bot", ["#acme -@stables -from:bot"], id="x: exclude"),
        pytest.param(X_RECENT, "#acme site:x.com", None, ["#acme"], id="x: all stand there"),
        pytest.param(X_RECENT, "#acme site:news.example", None, ["#acme"], id="x: short links hide where they lead"),
        pytest.param(X_RECENT, "site:news.example lang:en", None, ['url:"news.example" lang:en'], id="x: site, nothing else to ask"),
        pytest.param(X_RECENT, "#acme (lang:de OR kind:reply)", None, ["#acme (lang:de OR is:reply)"], id="x: alternatives beside"),
        pytest.param(X_RECENT, "#acme lang:he", None, ["#acme"], id="x: another code for Hebrew"),
        pytest.param(X_RECENT, "#a OR (#a #b)", None, ["#a"], id="what is contained is not asked twice"),
        pytest.param(X_RECENT, '"OR" author:ann', None, ['("or" OR #or OR @or) from:ann'], id="x: or as a word"),
        pytest.param(REDDIT, '(acme OR "acme corp") app', None, ['(acme OR "acme corp") AND app'], id="reddit: brackets"),
        pytest.param(REDDIT, "acme", "author:bot OR horse", ["acme AND NOT author:bot"], id="reddit: exclude"),
        pytest.param(REDDIT, "site:a.example OR acme", None, ['(site:a.example OR "a.example") OR acme'], id="reddit: site"),
        pytest.param(REDDIT, "acme author:t2_abc", None, ["acme"], id="reddit: an id"),
        pytest.param(HACKERNEWS, "(acme OR globex) app", None, ["app acme", "app globex"], id="hackernews: a query each"),
        pytest.param(HACKERNEWS, '"acme corp" OR Macy\'s', None, ['"acme corp"', "macy s"], id="hackernews: signs kept as HTML"),
        pytest.param(BLUESKY, "acme lang:de", None, ["acme lang:de", '"acme\'s" lang:de', '"acme’s" lang:de'], id="bluesky: possessive"),
        pytest.param(MASTODON_TAGS, '"Acme Corp" OR AT&T', None, ["acmecorp", "att"], id="mastodon: tags"),
        pytest.param(MASTODON_TAGS, "acme (globex OR app)", None, ["acme"], id="mastodon: the rarer part"),
        pytest.param(YOUTUBE, "(acme OR globex) (app OR shop)", None, ["acme|globex app|shop"], id="youtube: no brackets"),
        pytest.param(YOUTUBE, "acme OR (globex app)", None, ["acme", "globex app"], id="youtube: what needs brackets goes apart"),
        pytest.param(ARCTIC_SHIFT, 'acme "corp of globex"', None, ['"corp of globex"'], id="arctic shift: the longer"),
    ],
)
def test_a_rule_in_the_words_of_a_source(dialect, rule, exclude, queries):
    assert searches(parse_rule(rule), dialect, exclude=parse_rule(exclude) if exclude else None) == queries


def test_where_reading_costs_words_are_left_out_too():
    rule, exclude = parse_rule("#acme"), parse_rule('"acme stables" OR hay')
    assert searches(rule, X_RECENT, exclude=exclude, thrifty=True) == ['#acme -"acme stables" -hay -#hay -@hay']


@pytest.mark.parametrize(
    ("dialect", "rule", "lost"),
    [
        pytest.param(X_RECENT, "acme OR author:ann OR site:a.example", [], id="x finds all"),
        pytest.param(X_RECENT, 'acme OR author:"Ann Lee"', ['author:"ann lee"'], id="x: no account has such a name"),
        pytest.param(X_RECENT, "acme OR site:x.com", ["site:x.com"], id="x: all of X"),
        pytest.param(HACKERNEWS, "acme OR (author:ann lang:de)", ["author:ann lang:de"], id="hackernews has no authors"),
        pytest.param(HACKERNEWS, "(acme OR site:a.example) kind:post", ["site:a.example kind:post"], id="one of two alternatives"),
        pytest.param(HACKERNEWS, "(acme OR site:a.example) globex", [], id="the rest can be asked for"),
        pytest.param(MASTODON_TAGS, 'acme OR "c++"', ["c++"], id="no tag"),
        pytest.param(ARCTIC_SHIFT, "w" * 300, ["w" * 300], id="too long a word"),
    ],
)
def test_what_a_source_cannot_find_is_named(dialect, rule, lost):
    assert unsearchable(parse_rule(rule), dialect) == lost


def test_a_source_that_can_find_nothing_is_asked_nothing():
    assert searches(parse_rule("author:ann"), HACKERNEWS) == []


@DIALECTS
@given(st.text(st.characters(categories=("L", "M", "N", "P", "S", "Z", "C")), max_size=40))
def test_any_rule_can_be_compiled(dialect, model, text):
    try:
        rule = parse_rule(text)
    except ConfigError:
        return
    for query in searches(rule, replace(dialect, longest=30)):
        assert 0 < len(query) <= 30
        assert query.count('"') % 2 == 0
