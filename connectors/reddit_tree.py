"""A thread's tree of comments: what an answer leaves out of it, and what is still to be asked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from connectors.reddit_items import things_of
from monitor.text import host_of

CHILDREN = 100
"""Comments that one `api/morechildren` request may name."""
_ID = r"[a-z0-9]{1,13}"
_IN_PATH = re.compile(rf"(?:^|/)comments/({_ID})(?:/|$)|^/(?:gallery|tb)/({_ID})/?$", re.IGNORECASE)
_SHORT = re.compile(rf"^/({_ID})/?$", re.IGNORECASE)
_SHARED = re.compile(r"^/(?:r|u|user)/[\w-]+/s/\w+/?$")


@dataclass(frozen=True, slots=True)
class Missing:
    """What a tree still lacks.

    comments  ids of comments that Reddit left out, to be asked for by `api/morechildren`
    branches  ids of comments whose replies go on on a page of their own ("continue this thread")
    """

    comments: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.comments or self.branches)

    @property
    def batch(self) -> tuple[str, ...]:
        """The comments to ask for next; empty where only branches are left."""
        return self.comments[:CHILDREN]

    def after_batch(self, found: "Missing", *, brought: bool) -> "Missing":
        """What is missing once the batch was asked for.

        found    what its answer leaves out in turn
        brought  whether it brought any comment; if not, what it only names again is not asked for again
        """
        asked = frozenset(self.batch)
        again = tuple(one for one in found.comments if brought or one not in asked)
        return _merged(self.comments[CHILDREN:], again, self.branches, found.branches)

    def after_branch(self, found: "Missing") -> "Missing":
        """What is missing once the first branch was asked for; it cannot lead back to itself."""
        first = self.branches[:1]
        return _merged(self.comments, found.comments, self.branches[1:], tuple(one for one in found.branches if one not in first))

    def as_json(self) -> Mapping[str, Any]:
        """For a cursor."""
        return {"comments": " ".join(self.comments), "branches": " ".join(self.branches)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Missing":
        """From a cursor."""
        return cls(tuple(kept["comments"].split()), tuple(kept["branches"].split()))


def missing_in(body: Any) -> Missing:
    """What an answer (a submission with its tree, a branch, or what `api/morechildren` brings) leaves out.

    raises  SourceChanged where the answer is none of these
    """
    comments: list[str] = []
    branches: list[str] = []
    for thing in things_of(body):
        more = thing.get("data") if thing.get("kind") == "more" else None
        if not isinstance(more, Mapping):
            continue
        children = [child for child in more.get("children") or () if isinstance(child, str) and re.fullmatch(_ID, child)]
        parent = more.get("parent_id")
        comments += children
        if not children and isinstance(parent, str) and parent.startswith("t1_"):
            branches.append(parent[3:])
    return _merged((), tuple(comments), (), tuple(branches))


def comment_count(body: Any) -> int | None:
    """How many comments the submission of a tree says it has; None where it does not say."""
    for thing in things_of(body):
        if thing.get("kind") == "t3" and isinstance(thing.get("data"), Mapping):
            count = thing["data"].get("num_comments")
            return count if isinstance(count, int) else None
    return None


def thread_of(url: str) -> str | None:
    """The id of the thread that an address of Reddit shows; None where it names none.

    >>> thread_of("https://old.reddit.com/r/tea/comments/3hahrw/on_tea/cu5u1vm/")
    '3hahrw'
    """
    path = urlsplit(url).path
    if host_of(url) in ("redd.it", "www.redd.it"):
        found = _SHORT.match(path)
        return found[1].lower() if found else None
    found = _IN_PATH.search(path) if _is_reddit(url) else None
    return (found[1] or found[2]).lower() if found else None


def is_shared(url: str) -> bool:
    """Whether an address is one of the app's share links, which lead to a thread without naming it."""
    return _is_reddit(url) and _SHARED.match(urlsplit(url).path) is not None


def _is_reddit(url: str) -> bool:
    host = host_of(url)
    return host == "reddit.com" or host.endswith(".reddit.com")


def _merged(
    comments: tuple[str, ...], more_comments: tuple[str, ...], branches: tuple[str, ...], more_branches: tuple[str, ...]
) -> Missing:
    return Missing(tuple(dict.fromkeys(comments + more_comments)), tuple(dict.fromkeys(branches + more_branches)))
