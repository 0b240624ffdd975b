"""The `reddit:` section of the configuration: by which route, which subreddits, and which keys."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from monitor.collect.connector import SourceSettings
from monitor.collect.places import add_places, told_apart
from monitor.config.duration import Duration


def _bare(name: object) -> object:
    """A subreddit's name as people write it: acme, r/acme, /r/acme/."""
    return name.strip().strip("/").removeprefix("r/") if isinstance(name, str) else name


class Subreddit(BaseModel):
    """One subreddit that is read whole: every submission and comment of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, BeforeValidator(_bare)] = Field(pattern=r"^[A-Za-z0-9_]{2,24}$", description="with or without r/")
    about: str | None = Field(default=None, description="the brand that what is said there is about, named or not")


class RedditSettings(SourceSettings):
    """The `reddit:` section. What is said in a subreddit with `about:` counts for that brand."""

    route: Literal["api", "feed", "archive"] = Field(
        default="api",
        description="api: Reddit's own, needs an approved key; feed: Atom, no key, slow, no scores; archive: Arctic Shift, no key, late",
    )
    subreddits: Sequence[Subreddit] = Field(default=(), description="read whole, each as {name: acme, about: Acme}")
    search: bool = Field(default=True, description="also search all of Reddit for the brands; submissions only (api and feed)")
    first_reach: Duration = Field(default=604_800, description="how far back the first pull goes; written 7d")
    client_id_env: str = Field(default="REDDIT_CLIENT_ID", description="environment variable with the app's id (api)")
    client_secret_env: str = Field(default="REDDIT_CLIENT_SECRET", description="environment variable with the app's secret (api)")
    user_agent: str = Field(
        default="linux:brand-monitor:0.1 (self-hosted)",
        pattern=r"^[!-~][ -~]{5,198}[!-~]$",
        description="who asks; Reddit wants platform:app:version (by /u/yourname)",
    )
    feeds_a_minute: int = Field(default=6, ge=1, le=100, description="requests a minute at most (feed); Reddit allows one to ten")
    base_url: str | None = Field(
        default=None, pattern=r"^https?://[^/]+/?$", description="another host to ask instead of the route's own, such as a proxy; no path"
    )

    @model_validator(mode="after")
    def _subreddits_are_places(self) -> "RedditSettings":
        told_apart("subreddits", [subreddit.name.casefold() for subreddit in self.subreddits])
        if self.route == "archive" and not self.subreddits:
            raise ValueError("the archive can be asked for named subreddits only; add subreddits: [{name: acme, about: Acme}]")
        add_places(self, ((subreddit.name, subreddit.about) for subreddit in self.subreddits))
        return self

    def host(self, own: str) -> str:
        """The address to ask, without a closing slash; `own` where no other is set."""
        return (self.base_url or own).rstrip("/")
