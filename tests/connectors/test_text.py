import time

import pytest

from monitor.text import canonical_link, plain_from_html, plain_from_markdown, text_and_links_from_html, text_and_links_from_markdown


@pytest.mark.parametrize(
    ("html", "read"),
    [
        pytest.param("<p>a</p><p>b<br>c</p>", "a\nb\nc", id="blocks"),
        pytest.param("a <b>bold</b> word\n  on", "a bold word on", id="inline"),
        pytest.param("&lt;b&gt; &amp;amp; &#39;", "<b> &amp; '", id="entities once"),
        pytest.param("a<SCRIPT>if (1<2) x()</Script>b<style>c", "ab", id="script, open style"),
        pytest.param("a<!-- <p>no</p> -->b<!doctype x><?y?>", "ab", id="comments"),
        pytest.param("I <3 tea, 1 < 2 and <", "I <3 tea, 1 < 2 and <", id="no tags"),
        pytest.param('<a title="a>b" href=x>c</a>', "c", id="bracket in quotes"),
        pytest.param("a <b never closed", "a <b never closed", id="unclosed"),
        pytest.param("<td>1</td><td>2</td>", "1 2", id="cells"),
        pytest.param("<![foo[x]]>a", "a", id="marked section"),
        pytest.param("", "", id="empty"),
    ],
)
def test_html_is_read_as_people_see_it(html, read):
    assert plain_from_html(html) == read


@pytest.mark.parametrize(
    ("markdown", "read"),
    [
        pytest.param("**a** _b_ ~~c~~ `d<e>`", "a b c d<e>", id="marks"),
        pytest.param("[tea](https://a.example) ![cup](x.png)", "tea cup", id="link, picture"),
        pytest.param("> said\n> this\n\nno", "> said\n> this\nno", id="quotation"),
        pytest.param("- a\n- b\n\n1. c", "a\nb\nc", id="lists"),
        pytest.param(">!it dies!<", "it dies", id="spoiler"),
        pytest.param("a &amp; <b>", "a & <b>", id="entities, no html"),
        pytest.param("|a|b|\n|-|-|\n|1|2|", "a b\n1 2", id="table"),
        pytest.param("\tcode", "code", id="code"),
    ],
)
def test_markdown_is_read_as_people_see_it(markdown, read):
    assert plain_from_markdown(markdown) == read


def test_links_are_canonical_and_each_once():
    assert text_and_links_from_html('<a href="https://A.example?x=1&amp;y=2">a</a><a href="javascript:x">b</a>')[1] == (
        "https://a.example/?x=1&y=2",
    )
    found = text_and_links_from_markdown("[a](https://a.example/b_(c)) see https://a.example/b_(c), (https://d.example).")[1]
    assert found == ("https://a.example/b_(c)", "https://d.example/")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "http://[::1", "https://a:99999/", "//a.example", "mailto:a@b.example", "", "https://"]
)
def test_what_is_no_address_is_none(url):
    assert canonical_link(url) is None


@pytest.mark.parametrize(
    "piece", ["<", "<!", "<!--", "<a ", '<a b="', "<a b='\">", "</", "<script>", "&", "[", "![", "`", "*a_", ">", "https://a("]
)
@pytest.mark.parametrize("end", ["", ">", '">'])
def test_hostile_text_is_read_in_time(piece, end):
    started = time.monotonic()
    plain_from_html(piece * 40_000 + end)
    plain_from_markdown((piece * 40_000)[:40_000] + end)
    assert time.monotonic() - started < 5
