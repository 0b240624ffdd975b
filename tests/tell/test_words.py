"""The examples in the docstrings hold, and odd links are none."""

import doctest

import pytest

from monitor.tell import words


def test_the_examples_hold():
    assert doctest.testmod(words).failed == 0
    assert doctest.testmod(words).attempted > 10


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//example.org",
        "https://",
        "https://exa mple.org",
        "https://example.org/\x1b[2J",
        "https://example.org/\u202egpj",
        'https://example.org/"onclick="x',
        "http://[::1",
    ],
)
def test_such_a_link_is_not_shown(url):
    assert words.safe_link(url) is None
