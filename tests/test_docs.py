"""The documentation names all there is, and nothing that leads nowhere."""

import importlib.util
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
import yaml
from pydantic import BaseModel, create_model
from pydantic.fields import FieldInfo

from connectors import CONNECTORS
from monitor.cli.app import app
from monitor.collect.connector import SourceSettings
from monitor.config.load import load_config
from monitor.config.models import Config
from monitor.tell.questions import questions

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
_SPEC = importlib.util.spec_from_file_location("data_model", DOCS / "data_model.py")
_DATA_MODEL = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_DATA_MODEL)
views, written = _DATA_MODEL.views, _DATA_MODEL.written
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("**/*.md"))]
# what belongs to the place where this was written, and to nobody else's
FORBIDDEN = ("/work/", "/tmp/", "/home/", "localhost", "index-url", "pypi.org")


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def section(page: str, heading: str) -> str:
    """A page from a heading on, up to the next one of its depth or above."""
    depth = heading.index(" ")
    lines = page.splitlines()
    start = next((number for number, line in enumerate(lines) if line == heading or line.startswith(f"{heading} ")), None)
    assert start is not None, f"no heading {heading!r}"
    rest = lines[start + 1 :]
    end = next((number for number, line in enumerate(rest) if re.match(rf"#{{1,{depth}}} ", line)), len(rest))
    return "\n".join(rest[:end])


def commands(command, name: str = "monitor") -> Iterator[tuple[str, object]]:
    if not hasattr(command, "commands"):
        yield name, command
        return
    for each, inner in command.commands.items():
        yield from commands(inner, f"{name} {each}")


COMMANDS = dict(commands(typer.main.get_command(app)))
COMMON = ("--config", "--json", "--verbose", "-v", "--help")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_section_with_every_option(name):
    page = read("commands.md")
    # a heading may go on with arguments, in the same backticks
    heading = next((line for line in page.splitlines() if re.match(rf"### `{re.escape(name)}[ `]", line)), None)
    assert heading, f"docs/commands.md has no section for `{name}`"
    told = section(page, heading)
    for parameter in COMMANDS[name].params:
        written = [*parameter.opts, *parameter.secondary_opts]
        if parameter.param_type_name != "option" or set(written) & set(COMMON):
            continue
        assert all(f"`{option}" in told for option in written), f"`{name}`: {written}"


def test_the_common_options_and_exit_codes_are_told():
    page = read("commands.md")
    assert all(f"`{option}" in page for option in (*COMMON, "--version"))
    assert all(f"**{code}**" in page for code in (0, 1, 2, 130))


def test_every_command_told_of_exists():
    told = re.findall(r"^### `(monitor[a-z ]*[a-z])", read("commands.md"), re.M)
    assert set(told) == set(COMMANDS)


def models_in(annotation) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models_in(field.annotation)
        return
    for part in getattr(annotation, "__args__", ()):
        yield from models_in(part)


# where docs/config.md speaks of the keys of each part of the configuration
HEADINGS = {
    "Config": "## Keys",
    "Brand": "### `brands`",
    "Mute": "### `brands`",
    "Saying": "### `brands`",
    "Thread": "### `threads`",
    "Detect": "### `detect`",
    "Rule": "### `rules`",
    "Publish": "### `publish`",
    "Table": "### `publish`",
    "Scoring": "### `scoring`",
    "SourceSettings": "### Keys of every source",
    "Place": "### Keys of every source",
    "FileSettings": "### `sources.file`",
    "ColumnMap": "## Column maps",
    "Columns": "## Column maps",
    "Constants": "## Column maps",
    "RedditSettings": "### `sources.reddit`",
    "Subreddit": "### `sources.reddit`",
    "XSettings": "### `sources.x`",
    "YoutubeSettings": "### `sources.youtube`",
    "Channel": "### `sources.youtube`",
    "HackerNewsSettings": "### `sources.hackernews`",
    "MastodonSettings": "### `sources.mastodon`",
    "BlueskySettings": "### `sources.bluesky`",
    "WordPressSettings": "### `sources.wordpress`",
    "Site": "### `sources.wordpress`",
    "DisqusSettings": "### `sources.disqus`",
    "Forum": "### `sources.disqus`",
    "AppstoreSettings": "### `sources.appstore`",
    "App": "### `sources.appstore`",
    "FeedSettings": "### `sources.feed`",
    "FeedAt": "### `sources.feed`",
}
ROOTS = (Config, SourceSettings, *(source.settings for source in CONNECTORS.values()))
MODELS = {model.__name__: model for root in ROOTS for model in models_in(root)}


def fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The keys of its own; those of every source are told once, except where a source changes their default."""
    shared = SourceSettings.model_fields if issubclass(model, SourceSettings) and model is not SourceSettings else {}
    return {
        key: field
        for key, field in model.model_fields.items()
        if not field.exclude and not (key in shared and shared[key].default == field.default)
    }


@pytest.mark.parametrize("name", MODELS)
def test_every_key_of_the_configuration_is_told(name):
    told = section(read("config.md"), HEADINGS[name])
    # alone, or as a part of a dotted key
    assert [key for key in fields_of(MODELS[name]) if not re.search(rf"`(?:\w+\.)*{key}(?:\.\w+)*`", told)] == []


# their defaults are models, told key by key, or stand in words
WITHOUT_TABLE = {"Mute", "Saying", "Columns", "Constants", "Subreddit", "Channel", "Site", "Forum", "App", "FeedAt"}


@pytest.mark.parametrize("name", [name for name in MODELS if name not in WITHOUT_TABLE])
def test_every_default_told_is_the_real_one(name):
    own = section(read("config.md"), HEADINGS[name]).split("\n### ")[0]
    table = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", own, re.M))
    for key, field in fields_of(MODELS[name]).items():
        told = table.get(key, "").strip()
        if field.is_required():
            assert "required" in told, key
        elif written := re.fullmatch("`(.+)`", told):
            only = create_model("Only", **{key: (field.annotation, field)})
            told_of, real = only(**{key: yaml.safe_load(written[1])}), only(**{key: field.get_default(call_default_factory=True)})
            assert told_of.model_dump_json() == real.model_dump_json(), key
        elif told in ("none", "empty"):
            assert not field.get_default(call_default_factory=True), key


def test_the_sources_are_listed_with_the_day_on_which_each_last_answered():
    proven = json.loads(read("proven-live.json"))
    table = [line.strip("| ").split(" | ") for line in read("sources.md").split("\n\n")[2].splitlines()[2:]]
    linked = {found[1]: row[-1] for row in table if (found := re.match(r"\[`(\w+)`\]", row[0]))}
    assert linked == {name: "works offline" if name == "file" else proven.get(name, {"date": "never"})["date"] for name in CONNECTORS}
    # the other ways to one source: `make live` asks by the first one only
    assert {row[-1] for row in table if not row[0].startswith("[")} == {"never"}


def yaml_blocks(page: str) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", read(page), re.M | re.S)


@pytest.mark.parametrize("block", [block for page in ("sources.md", "config.md", "operations.md") for block in yaml_blocks(page)])
def test_every_configuration_shown_can_be_loaded(block, tmp_path):
    names = ("Acme", "Streamly", "Vuebox")
    brands = "" if block.startswith("brands:") else "brands:\n" + "".join(f"  - {{name: {name}, rule: {name}}}\n" for name in names)
    (tmp_path / "config.yaml").write_text(brands + block, encoding="utf-8")
    load_config(tmp_path / "config.yaml", {name: source.settings for name, source in CONNECTORS.items()})


@pytest.mark.parametrize("question", questions(), ids=lambda question: question.name)
def test_every_query_is_told_with_its_parameters_and_columns(question):
    told = section(read("queries.md"), f"## `{question.name}`")
    assert question.asks in told
    for parameter in question.parameters:
        assert f"| `{parameter.name}` | {parameter.type} | {parameter.meaning} |" in told
    for name, meaning in question.columns.items():
        assert f"| `{name}` | {meaning} |" in told


def test_every_query_told_of_exists():
    told = re.findall(r"^## `(\w+)`", read("queries.md"), re.M)
    assert set(told) == {question.name for question in questions()}


def test_the_data_model_is_what_the_comments_of_the_schema_say():
    page = read("data-model.md")
    assert page == written(page), "run `python docs/data_model.py`"
    assert set(re.findall(r"^<!-- table of (v_\w+) -->$", page, re.M)) == set(views())


@pytest.mark.parametrize(("view", "table"), views().items(), ids=lambda value: value if value.startswith("v_") else "")
def test_every_column_of_every_view_has_its_meaning(view, table):
    assert "| None |" not in table, view


def test_the_picture_shows_views_and_columns_that_exist():
    picture = re.search(r"```mermaid\n(.*?)```", read("data-model.md"), re.S)[1]
    known = views()
    assert set(re.findall(r"\bv_\w+", picture)) | {"v_published"} == set(known)
    for view, columns in re.findall(r"(v_\w+) \{\n(.*?)\}", picture, re.S):
        assert all(f"| `{line.split()[1]}` |" in known[view] for line in columns.strip().splitlines()), view
    for left, right, names in re.findall(r'(v_\w+) \S+ (v_\w+) : "?(\w[\w, ]*)', picture):
        joined = [name for name in names.split(", ") if names not in ("added up", "brand, event is name")]
        assert all(f"| `{name}` |" in known[view] for view in (left, right) for name in joined), names


def test_every_view_told_of_exists():
    told = {view for page in PAGES for view in re.findall(r"\b(v_\w+)", page.read_text(encoding="utf-8"))}
    assert told - set(views()) == set()


def test_every_runtime_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.match(r"[\w.-]+", line)[0] for line in project["dependencies"]}
    table = section((ROOT / "README.md").read_text(encoding="utf-8"), "## Dependencies")
    told = {name: reason for name, reason in re.findall(r"^\| ([\w.-]+) \| (.+) \|$", table, re.M) if name != "package"}
    assert set(told) == names


def test_every_room_of_the_map_exists():
    table = section((ROOT / "README.md").read_text(encoding="utf-8"), "## A map of the rooms")
    for row in re.findall(r"^\| (`.+`) \|", table, re.M):
        first, *others = re.findall(r"`([^`]+)`", row)
        assert (ROOT / first).exists(), first
        for other in others:
            assert (ROOT / other).exists() or ((ROOT / first).parent / other).exists(), other


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        where = page.parent / file if file else page
        assert where.exists(), f"{page.name}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", where.read_text(encoding="utf-8"), re.M)
            assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}, f"{page.name}: {target}"


@pytest.mark.parametrize("page", [*PAGES, *sorted(DOCS.glob("examples/**/*.yaml"))], ids=lambda page: page.name)
def test_no_page_speaks_of_the_place_where_it_was_written(page):
    text = page.read_text(encoding="utf-8")
    assert [word for word in FORBIDDEN if word in text] == []


def test_the_readme_keeps_a_place_for_the_demo():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(r"<!-- demo output -->\n```\n.+?\n```\n<!-- end of demo output -->", readme, re.S)
