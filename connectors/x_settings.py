"""X: what its section of the configuration may say."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from monitor.collect.connector import SourceSettings
from monitor.config.duration import Duration

Usd = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class XSettings(SourceSettings):
    """The keys of `sources: x:`."""

    base_url: str = Field(default="https://api.x.com", pattern=r"^https?://", description="where the API is")
    token_env: str = Field(default="X_BEARER_TOKEN", description="the environment variable that holds the app's bearer token")
    first_reach: Duration = Field(default=86_400, description="how far back the first pull goes; each post costs money")
    archive: bool = Field(default=True, description="whether the full archive may be asked for what is older than seven days")
    skip_excluded: bool = Field(
        default=True,
        description="whether posts with words that a rule excludes are not bought; X reads such words a little wider than the rule does",
    )
    expand_authors: bool = Field(
        default=False, description="whether names and followers of authors are bought too, at twice the price of a post"
    )
    refresh: Sequence[Duration] = Field(default=(), description="ages at which posts are looked at again, such as [1h]; each look costs")
    monthly_budget_usd: Usd = Field(default=10.0, description="US dollars a month (UTC) in all; then the source stops")
    monthly_budget_usd_by_brand: Mapping[str, Usd] = Field(
        default_factory=dict, description="US dollars a month of single brands, as {Acme: 50}; they count towards the whole too"
    )
    monthly_post_cap: int = Field(default=3_000_000, ge=1, description="posts a month that X allows the account")
    usd_per_post: Usd = Field(default=0.005, description="X's price of a post read")
    usd_per_user: Usd = Field(default=0.01, description="X's price of an account read")
    usd_per_recent_count: Usd = Field(default=0.005, description="X's price of a request for counts of the last seven days")
    usd_per_archive_count: Usd = Field(default=0.01, description="X's price of a request for counts from the full archive")
