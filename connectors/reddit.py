"""Reddit, by one of three routes: its API with an approved key, its feeds, or an archive; the texts are the same by each."""

from collections.abc import Callable, Mapping

from connectors.reddit_api import RedditApi
from connectors.reddit_archive import RedditArchive
from connectors.reddit_feed import RedditFeed
from connectors.reddit_items import mentions_from_listing
from connectors.reddit_settings import RedditSettings
from connectors.reddit_tree import is_shared, thread_of
from monitor.collect.connector import Connector, Surroundings

__all__ = ["RedditSettings", "follows", "mentions_from_listing", "reddit"]

_ROUTES: Mapping[str, Callable[[RedditSettings, Surroundings], Connector]] = {
    "api": RedditApi,
    "feed": RedditFeed,
    "archive": RedditArchive,
}


def reddit(settings: RedditSettings, around: Surroundings) -> Connector:
    """The connector of the route that the settings name."""
    return _ROUTES[settings.route](settings, around)


def follows(settings: RedditSettings, url: str) -> bool:
    """Whether the comments at an address can be followed; where the app's share links lead, only the API tells."""
    return thread_of(url) is not None or (settings.route == "api" and is_shared(url))
