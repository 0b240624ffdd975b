"""The search syntax of each source, as data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

HANDLE = "[A-Za-z0-9_]{1,15}"
"""The account names of X."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a source writes one field of a rule.

    written  with {} where the value goes
    valid    which values it can hold; others cannot be asked for
    narrows  it finds everything that the field means, so it may stand beside words; otherwise it is used only
             where a part of the rule gives nothing else to ask for
    negates  it finds nothing more than the field means, so it may follow NOT
    anchors  it may be asked for alone
    """

    written: str
    valid: str = ".+"
    narrows: bool = True
    negates: bool = False
    anchors: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The search syntax of one source.

    longest   characters of a query, at most
    either    what stands between alternatives; None: each alternative is a query of its own
    both      what stands between things that must all occur
    no        what stands before a thing that must not occur; None: nothing can be excluded
    groups    whether brackets may be used; without them `either` binds closer than `both`
    one_term  a query is one word or phrase
    by_tag    a query is one hashtag: it misses texts that name the brand without the tag
    signs     #name and @name are looked up apart from words
    endings   what may be joined to a name so that the source takes both for one word
    breaks    characters that the source keeps in another spelling, so that no phrase can hold them
    fields    by name of the field ("author"), or name and value ("kind:reply")
    own_sites hosts on which all of its texts stand: a rule's `site:` of these says nothing
    most      queries of one rule that are worth asking, where each alternative is one; a rule of more
              alternatives than that is asked in as few as there are
    """

    longest: int
    either: str | None = None
    both: str = " "
    no: str | None = None
    groups: bool = True
    one_term: bool = False
    by_tag: bool = False
    signs: bool = False
    endings: Sequence[str] = ()
    breaks: str = ""
    fields: Mapping[str, Form] = field(default_factory=lambda: MappingProxyType({}))
    own_sites: Sequence[str] = ()
    most: int = 12


# hashtags and handles count as entities of their own; a group must not be negated, nor an alternative
# languages are those whose code X and ISO 639-1 share
X_RECENT = Dialect(
    longest=512,
    either=" OR ",
    no="-",
    signs=True,
    own_sites=("x.com",),
    fields=MappingProxyType(
        {
            "author": Form("from:{}", valid=HANDLE, negates=True),
            "site": Form('url:"{}"', valid=r"[^\s\"\\]+", narrows=False),
            "link": Form('url:"{}"', valid=r"[^\s\"\\]+", narrows=False),
            "lang": Form("lang:{}", valid="(?!in|iw|ji|id|he|yi|zh|no|nb)[a-z]{2}", negates=True, anchors=False),
            "kind:post": Form("-is:reply -is:quote -is:retweet", anchors=False),
            "kind:reply": Form("is:reply", negates=True, anchors=False),
            "kind:quote": Form("is:quote", anchors=False),
            "kind:repost": Form("is:retweet", negates=True, anchors=False),
        }
    ),
)
X_ARCHIVE = replace(X_RECENT, longest=1_024)
# submissions only; site: and url: see a submission's own link, not those within its text
REDDIT = Dialect(
    longest=512,
    either=" OR ",
    both=" AND ",
    no="NOT ",
    own_sites=("www.reddit.com", "old.reddit.com", "redd.it"),
    fields=MappingProxyType(
        {
            # t2_… is an id, which search does not know
            "author": Form("author:{}", valid=r"(?!t2_)[a-z0-9_-]{3,20}", negates=True),
            "site": Form('(site:{0} OR "{0}")', valid=r"[a-z0-9.-]+", narrows=False),
            "link": Form('(url:"{0}" OR "{0}")', valid=r"[^\s\"\\]+", narrows=False),
        }
    ),
)
# asked with advancedSyntax; texts are kept as HTML, in which "Macy's" is "Macy&#x27;s"
HACKERNEWS = Dialect(longest=500, breaks="'’`&<>/", own_sites=("news.ycombinator.com",))
# "'s" stays part of the word
BLUESKY = Dialect(
    longest=256,
    endings=("'s", "’s"),
    own_sites=("bsky.app",),
    fields=MappingProxyType(
        {
            "author": Form("from:{}", valid=r"[a-z0-9-]+(?:\.[a-z0-9-]+)+|did:[a-z0-9:.]+"),
            "site": Form("domain:{}", valid=r"[a-z0-9.-]+", narrows=False),
            "lang": Form("lang:{}", valid="[a-z]{2}", anchors=False),
        }
    ),
    most=24,
)
MASTODON_TAGS = Dialect(longest=100, by_tag=True, one_term=True)
# finds videos, not comments
YOUTUBE = Dialect(longest=500, either="|", no="-", groups=False, own_sites=("www.youtube.com", "youtu.be"))
ARCTIC_SHIFT = Dialect(longest=200, one_term=True, own_sites=REDDIT.own_sites)
