import json
import re
from datetime import UTC

import pytest
from typer.testing import CliRunner

from monitor.cli.app import app
from monitor.config.models import Rule
from monitor.store.database import Store
from monitor.store.publish import publish
from tests.cli.conftest import Here
from tests.detect.world import DAY, HOUR, World, at, chatter, said

NOW = 5 * DAY
CONFIG = """
brands: [{name: Streamly, rule: streamly}]
sources: {file: {}}
detect: {sensitivity: %s}
rules: %s
"""
SUED = "[{name: sued, when: \"text contains 'lawsuit'\"}]"
WHILE = ("--since", f"{at(NOW - HOUR):%Y-%m-%dT%H:%M}", "--until", f"{at(NOW + DAY):%Y-%m-%dT%H:%M}")


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """A folder with a published store: ten days of talk, a backlash and a lawsuit, watched live for six hours."""
    folder = tmp_path_factory.mktemp("lived")
    rage = chatter(NOW + 20, NOW + 32, level=20, negative=0.8, seed=5, text="awful price hike")
    with pytest.MonkeyPatch.context() as patched, Store(folder / "data", command="test") as store:
        for module in ("desk", "instruments"):
            patched.setattr(f"monitor.detect.{module}.MEMORY", at(7 * DAY) - at(0))
        with store.opened() as con:
            heard = (chatter(0, NOW + DAY), rage, said([NOW + 40], labels=-1, text="a lawsuit"))
            made = World(*heard, con=con, rules=[Rule(name="sued", when="text contains 'lawsuit'")])
            made.live(NOW - 6, NOW + 6 * HOUR, every=6)
            told = [(one.line, one.severity, one.noticed_at) for one in made.incidents()]
        publish(store, folder / "published", now=at(NOW + DAY).replace(tzinfo=UTC))
    return folder, told


@pytest.fixture
def here(lived, monkeypatch):
    monkeypatch.chdir(lived[0])
    monkeypatch.delenv("MONITOR_CONFIG", raising=False)
    monkeypatch.setattr("monitor.detect.desk.MEMORY", at(7 * DAY) - at(0))
    monkeypatch.setattr("monitor.detect.instruments.MEMORY", at(7 * DAY) - at(0))
    made = Here(lived[0])
    (lived[0] / "config.yaml").write_text(CONFIG % ("balanced", SUED))
    return made


def test_the_present_settings_tell_what_live_told(here, lived):
    told = json.loads(here.run("replay", *WHILE, "--json").stdout)
    assert (told["gained"], told["lost"]) == ([], [])
    kept = [pair["present"] for pair in told["kept"]]
    assert sorted((one["line"], one["severity"], one["alerted_at"]) for one in kept) == sorted(
        (line, severity, noticed_at.isoformat()) for line, severity, noticed_at in lived[1]
    )
    assert {one["line"] for one in kept} == {"main", "rule:sued"}


def test_other_rules_show_what_is_lost_and_gained(here):
    (here.folder / "tried.yaml").write_text(CONFIG % ("calm", "[{name: price, when: \"text contains 'price hike'\", at_least: 5}]"))
    told = here.run("replay", *WHILE, "--rules", "tried.yaml").stdout.splitlines()
    assert told[0].startswith("present  balanced  0 info, ")
    assert told[1].startswith("tried    balanced  ")
    assert told[2] == "over 25 h of 1 brand"
    assert told[told.index("gained 1") + 1].endswith("negative")
    assert "Streamly: rule:price" in told[told.index("gained 1") + 1]
    assert "Streamly: rule:sued, 1 mention, 1 negative" in told[told.index("lost 1") + 1]
    assert told[-1].startswith("kept ")


def test_hindsight_needs_no_rounds(here):
    told = here.run("replay", *WHILE, "--hindsight", "--sensitivity", "eager").stdout
    assert re.search(r"^present  balanced  ", told)
    assert re.search(r"^tried    eager ", told, re.MULTILINE)
    assert re.search(r"^kept [1-9]", told, re.MULTILINE)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        pytest.param(["--since", "2026-05-01", "--until", "2026-05-02"], "no live rounds in this time", id="no rounds"),
        pytest.param(["--since", "2026-06-02", "--until", "2026-06-01"], "--since must lie before --until", id="turned round"),
        pytest.param(["--since", "yesterday"], "'yesterday' is no time", id="no time"),
        pytest.param(["--since", "2026-06-02", "--sensitivity", "louder"], "'louder'", id="no sensitivity"),
    ],
)
def test_wrong_usage_is_told(here, args, said):
    done = CliRunner().invoke(app, ["replay", *args])
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())
