import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text import canonical_link, folded, host_of, plain, plain_from_entities, plain_from_html, plain_from_markdown

ANY = st.text(st.characters(categories=("L", "M", "N", "P", "S", "Z", "C")), max_size=60)
MARKED = st.text(st.sampled_from("ab<>/&;\"'= !-[]()*_`#\n\\|~:.3p\u200b\ufe0f"), max_size=60)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        pytest.param("  as it is ", "as it is", id="ascii"),
        pytest.param("cafe\u0301", "café", id="composed"),
        pytest.param("caf\u200be\u200b\u0301", "café", id="composed across what is invisible"),
        pytest.param("a\r\nb\rc\u2028d\x85e\x0cf", "a\nb\nc\nd\ne\nf", id="line ends"),
        pytest.param("\ufeffa\u202eb\u00ad\x1b[0m\x00", "ab[0m", id="control, direction, soft hyphen, byte order mark"),
        pytest.param("\ud800 broken", "broken", id="half a surrogate pair"),
        pytest.param("👩\u200d💻", "👩\u200d💻", id="joined emoji"),
        pytest.param("a\tb\n\n c", "a\tb\n\n c", id="tabs and lines stay"),
    ],
)
def test_plain_text_keeps_what_people_see(text, read):
    assert plain(text) == read


@given(ANY)
def test_plain_text_is_in_nfc_and_stays_as_it_is(text):
    once = plain(text)
    assert (plain(once), unicodedata.is_normalized("NFC", once)) == (once, True)
    once.encode()


def test_entities_are_resolved_once():
    assert plain_from_entities("fish &amp; chips &lt;3 &#39;now&#39; &amp;amp;") == "fish & chips <3 'now' &amp;"


@given(st.one_of(ANY, MARKED))
def test_any_markup_is_read_without_an_error(text):
    for read in (plain_from_html(text), plain_from_markdown(text), plain_from_entities(text)):
        assert plain(read) == read


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("STREAMLY", "streamly", id="case"),
        pytest.param("Straße", "STRASSE", id="case fold"),
        pytest.param("ＳＴＲＥＡＭＬＹ", "streamly", id="full width"),
        pytest.param("Streamly’s", "streamly's", id="curly apostrophe"),
        pytest.param("Streamlyʼs", "streamly´s", id="other apostrophes"),
        pytest.param("cafe\u0301", "CAFÉ", id="combining"),
        pytest.param("str\u200beam\u200dly\u2060", "streamly", id="zero width"),
        pytest.param("❤\ufe0f", "❤", id="emoji shape"),
        pytest.param("ﬁne", "fine", id="ligature"),
        pytest.param("Acme™", "acme ", id="trade mark"),
    ],
)
def test_texts_that_read_alike_compare_alike(one, other):
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        pytest.param(
            "HTTPS://News.Example:443/A?id=7&utm_source=x&fbclid=1#top", "https://news.example/A?id=7", id="tracking, port, fragment"
        ),
        pytest.param("http://a.example:8080", "http://a.example:8080/", id="port, no path"),
        pytest.param("https://me:secret@a.example/", "https://a.example/", id="password"),
        pytest.param("https://[2001:db8::1]/x", "https://[2001:db8::1]/x", id="ipv6"),
        pytest.param("https://a.example./x", "https://a.example/x", id="dot at the end"),
        pytest.param("javascript:alert(1)", None, id="script"),
        pytest.param("https://[broken", None, id="broken"),
        pytest.param("https://a.example:99999/", None, id="no port"),
        pytest.param("/relative", None, id="relative"),
        pytest.param("", None, id="empty"),
    ],
)
def test_one_address_has_one_spelling(url, canonical):
    assert canonical_link(url) == canonical


@given(st.one_of(ANY, ANY.map("https://{}".format)))
def test_a_canonical_link_stays_as_it_is(url):
    link = canonical_link(url)
    assert link is None or canonical_link(link) == link


@pytest.mark.parametrize(
    ("url", "host"),
    [
        pytest.param("https://Sub.Spam.Example/x", "sub.spam.example", id="lower case"),
        pytest.param("http://[abc", "", id="broken"),
        pytest.param("mailto:a@b.example", "", id="no host"),
    ],
)
def test_the_host_of_an_address(url, host):
    assert host_of(url) == host
