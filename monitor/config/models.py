"""Everything that config.yaml may say, key by key, with its default and its unit."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from monitor.config.condition import parse_condition
from monitor.config.duration import Duration
from monitor.config.tables import Table
from monitor.errors import ConfigError
from monitor.rule import parse_rule

Sensitivity = Literal["calm", "balanced", "eager"]


def _rule(text: str) -> str:
    try:
        parse_rule(text)
    except ConfigError as error:
        raise ValueError(str(error)) from None
    return text


def _condition(text: str) -> str:
    try:
        parse_condition(text)
    except ConfigError as error:
        raise ValueError(str(error)) from None
    return text


def _zone(name: str) -> str:
    # "localtime" is this machine's zone, which DuckDB does not know
    if name not in available_timezones() - {"localtime"}:
        raise ValueError(f"{name!r} is no time zone; use a name such as Europe/Berlin or UTC")
    return name


def _handle(text: str) -> str:
    source, _, name = text.partition(":")
    if not source or not name.removeprefix("@"):
        raise ValueError(f"{text!r} names no source; write it as source:name, such as x:acmehelp")
    return text


RuleText = Annotated[str, AfterValidator(_rule)]
ConditionText = Annotated[str, AfterValidator(_condition)]
ZoneName = Annotated[str, AfterValidator(_zone)]
Handle = Annotated[str, AfterValidator(_handle)]


def _web(url: str) -> str:
    if not re.match(r"https?://[^/\s]+", url):
        raise ValueError(f"{url!r} is no address; write it as in the browser, such as https://example.org/story")
    return url


WebAddress = Annotated[str, AfterValidator(_web)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Mute(_Strict):
    """What is collected but left out of the figures."""

    authors: Sequence[str] = Field(default=(), description="author names or ids, without @")
    sites: Sequence[str] = Field(default=(), description="host names, such as spam.example; their subdomains too")


class Saying(_Strict):
    """What a word or a phrase means when customers of a brand say it."""

    say: str = Field(min_length=1, description="a word, or several side by side; without case; a/b for either, * for any one word")
    means: float = Field(ge=-4, le=4, description="from -4, as bad as it gets, to 4; 0 makes it silent")


class Brand(_Strict):
    """One watched name."""

    name: str = Field(min_length=1, description="as it is shown; compared without case")
    rule: RuleText = Field(description='which texts are about it: words, "phrases", OR, NOT, brackets, fields')
    exclude: RuleText | None = Field(default=None, description="texts that never count, whatever the rule and the place say")
    mute: Mute = Field(default=Mute(), description="collected, shown apart, never counted")
    own_handles: Sequence[Handle] = Field(default=(), description="the company's own accounts, as source:name")
    rivals: Sequence[str] = Field(default=(), description="names of competitors, looked for among those who complain")
    titles: Sequence[str] = Field(
        default=(), description='its shows, products or plans, such as "Breaking Bad": said to be neither good nor bad'
    )
    lexicon: Sequence[Saying] = Field(default=(), description="what words and phrases mean among its customers, before what is shipped")
    topics: Mapping[str, RuleText] = Field(
        default_factory=dict, description="what its mentions speak of: name to rule, such as pricing: 'price OR \"price hike\"'"
    )
    timezone: ZoneName = Field(default="UTC", description="the zone of its days")

    @property
    def slug(self) -> str:
        """The name as part of an incident's id: lower case letters, digits and single hyphens."""
        plain = unicodedata.normalize("NFKD", self.name).encode("ascii", "ignore").decode().lower()
        return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or f"brand-{self.name.casefold().encode().hex()[:12]}"

    @property
    def zone(self) -> ZoneInfo:
        """The zone as Python knows it."""
        return ZoneInfo(self.timezone)


class Thread(_Strict):
    """One page whose comments are followed: a company's announcement, a news story, a launch video."""

    url: WebAddress = Field(description="the page's address, as in the browser")
    about: str = Field(description="the brand that what is said there is about, named or not")
    until_quiet: Duration = Field(default=172_800, description="followed until nobody has said anything for so long")


class Detect(_Strict):
    """How soon and how surely an unusual moment is called one."""

    sensitivity: Sensitivity = Field(default="balanced", description="calm, balanced or eager")
    lateness: Duration = Field(default=600, description="how long a five-minute bin waits for slow sources")


class Rule(_Strict):
    """Something to be told of whenever it is said, however little is said."""

    name: str = Field(min_length=1, max_length=40, description="as alerts call it")
    when: ConditionText = Field(description="a condition over the columns of v_mentions, such as author_followers >= 100000 and label = -1")
    at_least: int = Field(default=1, ge=1, description="how many such mentions open an incident")
    within: Duration = Field(default=3600, description="and within which time")
    severity: Literal["info", "warning", "critical"] = Field(default="warning", description="of the incident")
    brands: Sequence[str] = Field(default=(), description="whom it is for; all brands if left out")


class Publish(_Strict):
    """The read-only copy for analysts."""

    every: Duration = Field(default=300, description="seconds between copies")
    folder: Path = Field(default=Path("published"), description="where the copies go; relative to this file")
    lake: bool = Field(default=False, description="texts as Parquet files, one a UTC day: only days that changed are written anew")
    tables: Sequence[Table] = Field(default=(), description="answers written as files with each copy, for people without SQL")
    tables_folder: Path = Field(default=Path("tables"), description="where these files go, such as a share; relative to this file")


class Scoring(_Strict):
    """Who gives a text its label."""

    scorer: str = Field(
        default="vader-brand",
        description="vader-brand: towards the brand, by complaint language; linear: by a model of your own labels; "
        "vader: plain vaderSentiment; or one of a package",
    )
    model: Path | None = Field(default=None, description="the file that such a scorer reads; relative to this file")


class Config(_Strict):
    """The whole file.

    sources  by name; each section's keys are those of its connector's settings
    folder   where the file lies: relative paths start there
    """

    data_dir: Path = Field(default=Path("data"), description="the private store; relative to this file")
    brands: Sequence[Brand] = Field(min_length=1)
    sources: Mapping[str, Any] = Field(default_factory=dict)
    threads: Sequence[Thread] = Field(default=(), description="pages whose comments are followed")
    detect: Detect = Detect()
    rules: Sequence[Rule] = Field(default=(), description="what to be told of whenever it is said")
    publish: Publish = Publish()
    scoring: Scoring = Scoring()
    queries: Path | None = Field(default=None, description="folder of your own questions, .sql files; relative to this file")
    folder: Path = Field(default=Path(), exclude=True)

    @model_validator(mode="after")
    def _names_are_unique(self) -> "Config":
        for kind, names in (
            ("name", [brand.name.casefold() for brand in self.brands]),
            ("short id", [brand.slug for brand in self.brands]),
        ):
            twice = {name for name in names if names.count(name) > 1}
            if twice:
                raise ValueError(f"two brands have the same {kind}, {sorted(twice)[0]!r}; rename one")
        files = [table.file.casefold() for table in self.publish.tables]
        if twice := {name for name in files if files.count(name) > 1}:
            raise ValueError(f"publish.tables: two of them are written to {sorted(twice)[0]!r}; give one another `file`")
        return self

    @model_validator(mode="after")
    def _rules_are_unique_and_of_known_brands(self) -> "Config":
        names = [rule.name.casefold() for rule in self.rules]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"two rules have the same name, {sorted(twice)[0]!r}; rename one")
        known = {brand.name.casefold() for brand in self.brands}
        for rule in self.rules:
            unknown = [name for name in rule.brands if name.casefold() not in known]
            if unknown:
                raise ValueError(f"rule {rule.name!r}: no brand {unknown[0]!r} in the configuration")
        return self

    @property
    def store_folder(self) -> Path:
        """The private folder, absolute."""
        return (self.folder / self.data_dir).absolute()

    @property
    def published_folder(self) -> Path:
        """The analysts' folder, absolute."""
        return (self.folder / self.publish.folder).absolute()

    @property
    def tables_folder(self) -> Path:
        """Where the tables go, absolute."""
        return (self.folder / self.publish.tables_folder).absolute()

    @property
    def queries_folder(self) -> Path | None:
        """The folder of the user's own questions, absolute; None where there is none."""
        return None if self.queries is None else (self.folder / self.queries).absolute()

    def brand(self, name: str) -> Brand:
        """The brand of that name, without case.

        raises  ConfigError where there is none
        """
        for brand in self.brands:
            if brand.name.casefold() == name.casefold():
                return brand
        raise ConfigError(f"no brand {name!r} in the configuration; there are {', '.join(brand.name for brand in self.brands)}")
