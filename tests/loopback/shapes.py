"""How each source writes a page of a `Living`: made up after the recorded answers and the providers' documentation.

    Living(now, name=shapes.comment_name)   Reddit's ids; X, Mastodon, Hacker News and WordPress take the number as it is

An item's `fields` (`living.add("text", author="ann", link_id="t3_s1")`) are laid over what is written here.
"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from tests.loopback.living import Item, Page, snowflake
from tests.loopback.server import Answer, json_answer

REDDIT_TOKEN = {"access_token": "t0ken", "token_type": "bearer", "expires_in": 86400, "scope": "*"}
"""What praw asks for first: server.on("POST", "/api/v1/access_token", shapes.REDDIT_TOKEN)."""
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(number: int) -> str:
    """Reddit's way to write a number."""
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
    return digits or "0"


def comment_name(number: int) -> str:
    """The fullname of a Reddit comment."""
    return f"t1_{base36(number)}"


def submission_name(number: int) -> str:
    """The fullname of a Reddit submission."""
    return f"t3_{base36(number)}"


def reddit_thing(item: Item) -> dict[str, Any]:
    """One comment or submission, by its name; a tombstone without author and text."""
    gone = item.text is None
    author = None if gone else "ann"
    data = {
        "id": item.id[3:], "name": item.id, "author": author, "author_fullname": None if gone else "t2_a", "subreddit": "tea",
        "created_utc": item.created_at.timestamp(), "edited": item.edited_at.timestamp() if item.edited_at else False, "score": 1,
    }  # fmt: skip
    text = "[deleted]" if gone else item.text
    if item.id.startswith("t1_"):
        own = {"body": text, "link_id": "t3_s1", "parent_id": "t3_s1", "permalink": f"/r/tea/comments/s1/_/{item.id[3:]}/", "replies": ""}
    else:
        own = {
            "title": "Tea", "selftext": text, "is_self": True, "permalink": f"/r/tea/comments/{item.id[3:]}/_/", "num_comments": 0,
            "removed_by_category": "deleted" if gone else None, "url": f"https://www.reddit.com/r/tea/comments/{item.id[3:]}/_/",
        }  # fmt: skip
    fields = {key: value for key, value in item.fields.items() if not (gone and key.startswith("author"))}
    return {"kind": item.id[:2], "data": {**data, **own, **fields}}


def reddit_listing(page: Page) -> dict[str, Any]:
    """A listing: `after` names the last item, or is null on the last page."""
    children = [reddit_thing(item) for item in page.items]
    return {"kind": "Listing", "data": {"after": page.token, "before": None, "dist": len(children), "children": children}}


def x_post(item: Item) -> dict[str, Any]:
    """One post: every edit has an id of its own, made of its time, and the newest is the post's."""
    history = [item.id, *(str(snowflake(at, 0)) for at in item.edits)]
    created_at = item.edited_at or item.created_at
    return {
        "id": history[-1], "edit_history_tweet_ids": history, "text": item.text, "created_at": iso(created_at), "author_id": "7",
        "conversation_id": item.id, "lang": "en", **item.fields,
    }  # fmt: skip


def x_search(page: Page) -> dict[str, Any]:
    """A search or, with `missing`, a lookup: no `data` where there is none, and errors for ids not to be had."""
    body: dict[str, Any] = {}
    if page.items:
        posts = body["data"] = [x_post(item) for item in page.items]
        ids = sorted((post["id"] for post in posts), key=int)
        body["meta"] = {"result_count": len(posts), "newest_id": ids[-1], "oldest_id": ids[0]}
    else:
        body["meta"] = {"result_count": 0}
    if page.token:
        body["meta"]["next_token"] = page.token
    if page.missing:
        kind = "https://api.twitter.com/2/problems/resource-not-found"
        body["errors"] = [
            {"value": id, "resource_id": id, "resource_type": "tweet", "parameter": "ids", "title": "Not Found Error", "type": kind}
            for id in page.missing
        ]
    return body


def hacker_news(page: Page) -> dict[str, Any]:
    """A search of Algolia's; `nbHits` counts those that cannot be reached, too."""
    hits = [
        {
            "objectID": item.id, "created_at_i": int(item.created_at.timestamp()), "created_at": iso(item.created_at), "author": "ann",
            "comment_text": item.text, "story_id": 1, "parent_id": 1, "points": None, "_tags": ["comment", "author_ann", "story_1"],
            **item.fields,
        }
        for item in page.items
    ]  # fmt: skip
    number = int(page.request.one("page") or 0)
    return {"hits": hits, "nbHits": page.total, "page": number, "nbPages": -(-min(page.total, 1000) // page.size), "hitsPerPage": page.size}


def arctic_shift(page: Page) -> dict[str, Any]:
    """A search of Reddit's archive."""
    return {"data": [reddit_thing(item)["data"] for item in page.items]}


def mastodon(page: Page) -> Answer:
    """A timeline; the next page is a link."""
    statuses = [
        {
            "id": item.id, "uri": f"https://social.example/statuses/{item.id}", "url": f"https://social.example/@ann/{item.id}",
            "created_at": iso(item.created_at), "edited_at": iso(item.edited_at) if item.edited_at else None,
            "content": f"<p>{item.text}</p>", "language": "en", "in_reply_to_id": None, "visibility": "public", "reblog": None,
            "account": {"id": "7", "acct": "ann", "username": "ann"}, "favourites_count": 0, "reblogs_count": 0, "replies_count": 0,
            **item.fields,
        }
        for item in page.items
    ]  # fmt: skip
    if not page.items:
        return json_answer(statuses)
    here = page.request.base + page.request.path
    older = f'<{here}?{urlencode({"max_id": page.items[-1].id})}>; rel="next"'
    newer = f'<{here}?{urlencode({"min_id": page.items[0].id})}>; rel="prev"'
    return json_answer(statuses, headers={"link": f"{older}, {newer}" if page.token else newer})


def wordpress(page: Page) -> Answer:
    """A page of comments; one past the end is refused."""
    pages = -(-page.total // page.size)
    if int(page.request.one("page") or 1) > max(1, pages):
        message = "The page number requested is larger than the number of pages available."
        return json_answer({"code": "rest_comment_invalid_page_number", "message": message, "data": {"status": 400}}, 400)
    comments = [
        {
            "id": item.number, "post": 1, "parent": 0, "author": 0, "author_name": "ann",
            "date_gmt": f"{item.created_at:%Y-%m-%dT%H:%M:%S}",
            "date": f"{item.created_at:%Y-%m-%dT%H:%M:%S}", "content": {"rendered": f"<p>{item.text}</p>\n"}, "status": "approved",
            "link": f"https://blog.example/?p=1#comment-{item.number}", "type": "comment", **item.fields,
        }
        for item in page.items
    ]  # fmt: skip
    return json_answer(comments, headers={"x-wp-total": str(page.total), "x-wp-totalpages": str(pages)})


def plain(page: Page) -> dict[str, Any]:
    """A source that never was, with everything in it."""
    items = [
        {"id": item.id, "at": iso(item.created_at), "text": item.text, "edited": iso(item.edited_at) if item.edited_at else None}
        for item in page.items
    ]
    return {"items": items, "next": page.token, "total": page.total, "missing": list(page.missing)}


def iso(at: datetime) -> str:
    """As X and Mastodon write a time: UTC, milliseconds, Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
