"""The page about writing a connector: its code runs as it stands, and is as short as it says."""

import importlib
import re
import sys

import pytest
import yaml

import connectors
from monitor.collect.conformance import Stage, problems
from monitor.collect.conformance.trial import trial_of
from monitor.config.models import Config
from monitor.pipeline import Pipeline
from monitor.store.database import Store
from tests.test_docs import read, section

PAGE = read("connectors.md")
FILES = dict(re.findall(r"^```(?:python|toml) ([\w.]+)\n(.*?)^```$", PAGE, re.M | re.S))


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The page's files, installed as pip leaves them."""
    folder = tmp_path / "site"
    info = folder / "brand_monitor_guestbook-0.1.dist-info"
    info.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    points = re.search(r'entry-points\."([\w.]+)"\]\n(.*)', FILES["pyproject.toml"], re.S)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: brand-monitor-guestbook\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text(f"[{points[1]}]\n{points[2].replace(chr(34), '')}")
    monkeypatch.syspath_prepend(str(folder))
    connectors.sources.cache_clear()
    yield folder
    connectors.sources.cache_clear()
    for name in ("guestbook", "test_guestbook"):
        sys.modules.pop(name, None)


@pytest.fixture
def stage(package):
    importlib.invalidate_caches()
    return importlib.import_module("test_guestbook").STAGE


def test_the_page_holds_a_connector_its_test_and_its_package():
    assert set(FILES) == {"guestbook.py", "test_guestbook.py", "pyproject.toml"}


def test_the_connector_is_less_than_a_hundred_lines():
    assert len([line for line in FILES["guestbook.py"].splitlines() if line.strip()]) < 100


def test_the_connector_of_the_page_keeps_the_contract(stage):
    assert problems(stage) == []


def test_the_test_of_the_page_passes(stage):
    sys.modules["test_guestbook"].test_the_connector_keeps_the_contract()


def test_the_sentence_of_the_page_is_the_kits(stage, monkeypatch):
    """A connector that forgets where it was: the shown sentence is what is said of it."""
    pull = sys.modules["guestbook"].GuestbookConnector.pull

    def forgets(self, query, cursor, **given):
        return pull(self, query, {**(cursor or {}), "walk": None} if cursor else None, **given)

    monkeypatch.setattr(sys.modules["guestbook"].GuestbookConnector, "pull", forgets)
    shown = re.search(r"^guestbook: a walk cut short.*$", PAGE, re.M)[0]
    assert any(said.startswith(shown) for said in problems(stage))


def test_an_entry_point_makes_it_a_source(package, stage, tmp_path, monkeypatch):
    monkeypatch.setenv("GUESTBOOK_KEY", "a-marker-to-look-for")
    assert connectors.sources()["guestbook"] is sys.modules["guestbook"].SOURCE
    written = yaml.safe_load(re.search(r"^```yaml\n(.*?)^```$", PAGE, re.M | re.S)[1])
    made = connectors.sources()["guestbook"]
    config = Config(
        brands=written["brands"], sources={"guestbook": made.settings.model_validate(written["sources"]["guestbook"])}, folder=tmp_path
    )
    assert config.sources["guestbook"].every == 600
    with trial_of(stage) as trial, Store(config.store_folder, command="test") as store:
        did = Pipeline(config, store, [trial.connector()], now=stage.now).round(now=stage.now)
    assert (did.new, list(did.failed)) == (len(stage.ids), [])


def test_every_field_of_a_stage_is_explained():
    shown = set(
        re.findall(r"`(\w+)`", " ".join(row.split("|")[1] for row in section(PAGE, "## 2. The test").splitlines() if row.startswith("| `")))
    )
    assert shown == set(Stage.__dataclass_fields__)


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        pytest.param("x", "SOURCE = None", "is a source of our own", id="a name of ours"),
        pytest.param("broken", "import no_such_module", "cannot be loaded (ModuleNotFoundError", id="cannot be imported"),
        pytest.param("odd", "SOURCE = 7", "is no monitor.collect.connector.Source", id="something else"),
    ],
)
def test_a_package_that_does_not_fit_is_left_out_with_a_warning(tmp_path, monkeypatch, caplog, name, code, said):
    info = tmp_path / "elsewhere-1.dist-info"
    info.mkdir()
    (tmp_path / f"elsewhere_{name}.py").write_text(code)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: elsewhere\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[{connectors.ENTRY_POINTS}]\n{name} = elsewhere_{name}:SOURCE\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    connectors.sources.cache_clear()
    try:
        known = connectors.sources()
    finally:
        connectors.sources.cache_clear()
    assert {key: known[key] for key in connectors.CONNECTORS} == dict(connectors.CONNECTORS)
    assert set(known) == set(connectors.CONNECTORS)
    assert said in caplog.text
