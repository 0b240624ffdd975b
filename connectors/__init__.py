"""The sources that come with the program, by name: what their section of the configuration may say, and how they are made."""

import logging
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points

from connectors.appstore import AppstoreConnector, AppstoreSettings
from connectors.bluesky import BlueskyConnector, BlueskySettings
from connectors.bluesky import follows as bluesky_follows
from connectors.disqus import DisqusConnector, DisqusSettings
from connectors.feed import FeedConnector, FeedSettings
from connectors.feed import follows as feed_follows
from connectors.file import FileConnector, FileSettings
from connectors.hackernews import HackerNewsConnector, HackerNewsSettings
from connectors.hackernews import follows as hackernews_follows
from connectors.mastodon import MastodonConnector, MastodonSettings
from connectors.mastodon import follows as mastodon_follows
from connectors.reddit import RedditSettings, reddit
from connectors.reddit import follows as reddit_follows
from connectors.wordpress import WordPressConnector, WordPressSettings
from connectors.wordpress import follows as wordpress_follows
from connectors.x import XConnector
from connectors.x import follows as x_follows
from connectors.x_settings import XSettings
from connectors.youtube import YoutubeConnector, YoutubeSettings
from connectors.youtube import follows as youtube_follows
from monitor.collect.connector import Source

log = logging.getLogger(__name__)

ENTRY_POINTS = "brand_monitor.connectors"


CONNECTORS: Mapping[str, Source] = {
    "file": Source(FileSettings, lambda settings, around: FileConnector(settings, folder=around.folder)),
    "reddit": Source(RedditSettings, reddit, reddit_follows),
    "x": Source(XSettings, XConnector, x_follows),
    "youtube": Source(YoutubeSettings, YoutubeConnector, youtube_follows),
    "hackernews": Source(HackerNewsSettings, HackerNewsConnector, hackernews_follows),
    "mastodon": Source(MastodonSettings, MastodonConnector, mastodon_follows),
    "wordpress": Source(WordPressSettings, WordPressConnector, wordpress_follows),
    "bluesky": Source(BlueskySettings, BlueskyConnector, bluesky_follows),
    "appstore": Source(AppstoreSettings, AppstoreConnector),
    "disqus": Source(DisqusSettings, DisqusConnector),
    # any page may have a comment feed: it is asked last whether it can follow one
    "feed": Source(FeedSettings, FeedConnector, feed_follows),
}


@cache
def sources() -> Mapping[str, Source]:
    """Every known source: those that come with the program, and those that other packages bring by entry point.

    A package that cannot be loaded, or that takes a name of ours, is left out with a warning.
    """
    known = dict(CONNECTORS)
    for point in entry_points(group=ENTRY_POINTS):
        if point.name in CONNECTORS:
            log.warning("%s: %s is a source of our own; that package's is left out", point.value, point.name)
            continue
        try:
            source = point.load()
        except Exception as error:
            log.warning("%s: cannot be loaded (%s: %s); its source %s is left out", point.value, type(error).__name__, error, point.name)
            continue
        if isinstance(source, Source):
            known[point.name] = source
        else:
            log.warning("%s: is no monitor.collect.connector.Source; its source %s is left out", point.value, point.name)
    return known
