from collections.abc import Sequence
from pathlib import Path

import pytest

from monitor.collect.connector import SourceSettings
from monitor.config.load import find_config, load_config
from monitor.errors import ConfigError


class RedditSettings(SourceSettings):
    subreddits: Sequence[str] = ()


SETTINGS = {"reddit": RedditSettings, "x": SourceSettings}
BRANDS = "brands:\n  - {name: Acme, rule: acme}\n"


@pytest.fixture
def load(tmp_path):
    def load(text):
        path = tmp_path / "config.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_config(path, SETTINGS)

    return load


@pytest.fixture
def complaint(load, tmp_path):
    """What is said of a configuration, without the folder."""

    def complaint(text):
        with pytest.raises(ConfigError) as error:
            load(text)
        return str(error.value).replace(f"{tmp_path}/", "")

    return complaint


def test_a_configuration_is_read_whole(load):
    config = load(
        "data_dir: store\n"
        "brands:\n"
        "  - {name: Acme, rule: 'acme', timezone: Asia/Kathmandu, own_handles: ['x:acmehelp']}\n"
        "sources:\n"
        "  reddit: {subreddits: [acme], every: 1h30m, places: [{channel: acme, about: ACME}]}\n"
        "  x:\n"
        "publish: {every: 600}\n"
    )
    assert config.brand("acme").timezone == "Asia/Kathmandu"
    assert (config.sources["reddit"].every, config.sources["x"].every, config.publish.every) == (5400, 300, 600)
    assert config.store_folder == config.folder / "store"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            BRANDS + "sources:\n  x: {}\n  redit: {}\n",
            "config.yaml:5: sources.redit: no such source; did you mean reddit? (reddit, x)",
            id="unknown source",
        ),
        pytest.param(
            BRANDS + "sources:\n  reddit:\n    subredits: [a]\n",
            "config.yaml:5: sources.reddit.subredits: no such key; did you mean subreddits?",
            id="unknown key of a source",
        ),
        pytest.param(
            "brands:\n  - name: Acme\n    rule: acme\n    exlude: x\n",
            "config.yaml:4: brands[0].exlude: no such key; did you mean exclude?",
            id="unknown key",
        ),
        pytest.param(
            "brands:\n  - name: Acme\n    rule: acme\n    mute: {author: [x]}\n",
            "config.yaml:4: brands[0].mute.author: no such key; did you mean authors?",
            id="unknown key deep",
        ),
        pytest.param(BRANDS + "colour: red\n", "config.yaml:3: colour: no such key", id="unknown key unlike any"),
        pytest.param(BRANDS + "folder: x\n", "config.yaml:3: folder: no such key", id="a name used inside"),
        pytest.param("brands:\n  - {name: Acme}\n", "config.yaml:2: brands[0].rule is missing", id="missing"),
        pytest.param("data_dir: x\n", "config.yaml: brands is missing", id="missing, nowhere in the file"),
        pytest.param("brands: []\n", "config.yaml:1: brands is empty; give at least one", id="no brand"),
        pytest.param(
            "brands:\n  - {name: '', rule: a}\n", "config.yaml:2: brands[0].name is empty; give at least one letter", id="no name"
        ),
        pytest.param(
            "brands:\n  - name: Acme\n    rule: ''\n",
            'config.yaml:3: brands[0].rule is empty; give at least one name, such as "Acme Corp"',
            id="empty rule",
        ),
        pytest.param(
            "brands:\n  - name: Acme\n    rule: 'streamly OR ('\n",
            "config.yaml:3: brands[0].rule: `streamly OR (` misses a closing bracket after column 13",
            id="broken rule",
        ),
        pytest.param(
            "brands:\n  - {name: Acme, rule: a, exclude: '\"b'}\n",
            'config.yaml:2: brands[0].exclude: `"b` has a quotation mark that is never closed after column 0',
            id="broken exclude",
        ),
        pytest.param(
            "brands:\n  - {name: Acme, rule: a, timezone: Berlin}\n",
            "config.yaml:2: brands[0].timezone: 'Berlin' is no time zone; use a name such as Europe/Berlin or UTC",
            id="time zone",
        ),
        pytest.param(
            "brands:\n  - {name: Acme, rule: a, timezone: localtime}\n",
            "config.yaml:2: brands[0].timezone: 'localtime' is no time zone; use a name such as Europe/Berlin or UTC",
            id="a zone that only Python knows",
        ),
        pytest.param(
            "brands:\n  - {name: Acme, rule: a, own_handles: [acmehelp]}\n",
            "config.yaml:2: brands[0].own_handles[0]: 'acmehelp' names no source; write it as source:name, such as x:acmehelp",
            id="handle without a source",
        ),
        pytest.param(
            "brands:\n  - {name: Acme, rule: a}\n  - {name: ACME, rule: b}\n",
            "config.yaml: two brands have the same name, 'acme'; rename one",
            id="equal brands",
        ),
        pytest.param(
            "brands:\n  - {name: 'Acme!', rule: a}\n  - {name: 'Acme?', rule: b}\n",
            "config.yaml: two brands have the same short id, 'acme'; rename one",
            id="equal short ids",
        ),
        pytest.param(
            BRANDS + "sources:\n  reddit:\n    places:\n      - {channel: a, about: Acne}\n",
            "config.yaml:6: sources.reddit.places[0].about: no brand 'Acne'; did you mean Acme?",
            id="place about nobody",
        ),
        pytest.param(
            BRANDS + "sources: []\n",
            "config.yaml:3: sources holds no keys; write {key: value} or a line `key: value` for each",
            id="sources as list",
        ),
        pytest.param(
            BRANDS + "sources: {x: false}\n",
            "config.yaml:3: sources.x holds no keys; write {key: value} or a line `key: value` for each",
            id="source switched off the wrong way",
        ),
        pytest.param("brands: Acme\n", "config.yaml:1: brands is no list; write [one, two] or a line with `- one` for each", id="no list"),
        pytest.param(
            BRANDS + "detect: {sensitivity: calmer}\n",
            "config.yaml:3: detect.sensitivity: Input should be 'calm', 'balanced' or 'eager'; got 'calmer'",
            id="choice",
        ),
        pytest.param(
            BRANDS + "publish:\n  every: 1x\n",
            "config.yaml:4: publish.every: '1x' is no duration; write it like 30s, 5m, 1h30m or 7d",
            id="duration",
        ),
        pytest.param(
            BRANDS + "publish: {every: 1m}\ndetect: {}\npublish: {every: 5m}\n",
            "config.yaml:5: publish stands here and on line 3; keep one",
            id="duplicate key",
        ),
        pytest.param(
            "brands:\n  - name: Acme\n    rule: a\n    rule: b\n",
            "config.yaml:4: brands[0].rule stands here and on line 3; keep one",
            id="duplicate deep",
        ),
        pytest.param(
            "brands:\n  - name: Acme\n   rule: a\n",
            "config.yaml:3: not YAML (expected <block end>, but found '<block mapping start>'); check indentation, colons and quotes",
            id="indentation",
        ),
        pytest.param(
            "a: b: c\n", "config.yaml:1: not YAML (mapping values are not allowed here); check indentation, colons and quotes", id="colon"
        ),
        pytest.param(
            BRANDS + "x: 2026-02-30\n",
            "config.yaml: not YAML (day is out of range for month); check indentation, colons and quotes",
            id="no date",
        ),
        pytest.param(b"brands: [\xff]\n", "config.yaml: byte 9 is not UTF-8; save the file as UTF-8", id="not UTF-8"),
        pytest.param("", "config.yaml: holds no keys; start with `brands:` or run `monitor init`", id="empty"),
        pytest.param("- a\n", "config.yaml: holds no keys; start with `brands:` or run `monitor init`", id="a list"),
    ],
)
def test_a_mistake_is_told_with_file_line_key_and_way_out(complaint, text, said):
    assert complaint(text) == said


def test_all_mistakes_are_told_at_once(complaint):
    said = complaint("brands:\n  - {name: Acme, rule: '('}\nsources: {y: {}, x: {every: 0}}\ncolour: red\n")
    assert [line.split(" ")[1].rstrip(":") for line in said.split("\n")] == ["sources.y", "sources.x.every", "brands[0].rule", "colour"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "a: &a [1,1,1,1,1,1,1,1,1]\n"
            + "".join(f"b{n}: &b{n} [{', '.join(['*a' if not n else f'*b{n - 1}'] * 9)}]\n" for n in range(9)),
            id="anchors of anchors",
        ),
        pytest.param(BRANDS + "x: &x [*x]\n", id="an anchor in itself"),
        pytest.param(BRANDS + "x: " + "[" * 1500, id="brackets without an end"),
        pytest.param("!!python/object/apply:os.system ['true']\n", id="code"),
        pytest.param("\x00\x01", id="control characters"),
    ],
)
def test_hostile_yaml_is_refused_in_one_line(complaint, text):
    assert complaint(text).startswith("config.yaml")
    assert "\n" not in complaint(text)


def test_a_byte_order_mark_does_no_harm(load):
    assert load(b"\xef\xbb\xbf" + BRANDS.encode()).brands[0].name == "Acme"


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"config\.yaml: cannot be read \(No such file"):
        load_config(tmp_path / "config.yaml", {})


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty working directory, and no $MONITOR_CONFIG."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MONITOR_CONFIG", raising=False)
    return tmp_path


def put(path):
    path.parent.mkdir(exist_ok=True)
    path.write_text(BRANDS)
    return path


def test_the_file_that_is_named_goes_before_the_environment_and_the_folder(here, monkeypatch):
    given, named = put(here / "given.yaml"), put(here / "named.yaml")
    demo = put(here / "demo" / "config.yaml")
    assert find_config(None) == demo.relative_to(here)
    put(here / "config.yaml")
    assert find_config(None) == Path("config.yaml")
    monkeypatch.setenv("MONITOR_CONFIG", str(named))
    assert find_config(None) == named
    assert find_config(given) == given


def test_a_named_file_that_is_missing_is_not_replaced_by_another(here, monkeypatch):
    put(here / "config.yaml")
    with pytest.raises(ConfigError, match=r"no configuration at given\.yaml;"):
        find_config(Path("given.yaml"))
    monkeypatch.setenv("MONITOR_CONFIG", "named.yaml")
    with pytest.raises(ConfigError, match=r"no configuration at named\.yaml;"):
        find_config(None)


@pytest.mark.skipif(Path("/etc/brand-monitor/config.yaml").exists(), reason="this machine has a configuration in /etc")
def test_where_nothing_is_found_the_places_are_told(here, monkeypatch):
    monkeypatch.setenv("MONITOR_CONFIG", "")
    with pytest.raises(
        ConfigError,
        match=r"no configuration at config\.yaml, /etc/brand-monitor/config\.yaml, demo/config\.yaml; `monitor init` writes one",
    ):
        find_config(None)
