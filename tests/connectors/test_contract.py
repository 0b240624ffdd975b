"""What every connector must do, by the kit and through the core with a real store; the made-up sources are in stages/."""

import base64
import importlib
import json
import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

import monitor.gather.live
from connectors import CONNECTORS
from monitor.cli.app import app
from monitor.collect.conformance import CHECKS, Response, problems
from monitor.collect.conformance.trial import trial_of
from monitor.collect.connector import Source, SourceSettings
from monitor.config.models import Config
from monitor.enrich.table import naive
from monitor.gather.budget import Ledger
from monitor.gather.enricher import Enricher
from monitor.gather.replay import replay
from monitor.mention import GONE
from monitor.pipeline import Pipeline
from monitor.store.database import Store
from tests.builders import brand

STAGES = Path(__file__).parent / "stages"
# its texts lie on this computer: nobody refuses them, and a row that makes no sense is for its maker to mend
LOCAL = {"file"}
ASKING = [
    "a refused allowance is kept to",
    "all items odd are set aside",
    "a refused key is told",
    "a pause is kept to",
    "an empty account is told",
    "a source in trouble is asked later",
    "an answer that is none is told",
    "the source's own troubles are told",
    "after a trouble it goes on",
]
"""Checks of what only others can do to a connector."""


def stages_of(name):
    if not (STAGES / f"{name}.py").exists():
        return []
    module = importlib.import_module(f"tests.connectors.stages.{name}")
    return list(module.STAGES) if hasattr(module, "STAGES") else [module.STAGE]


EVERY = {stage.name: stage for name in CONNECTORS for stage in stages_of(name)}
every_stage = pytest.mark.parametrize("stage", [pytest.param(stage, id=name) for name, stage in EVERY.items()])
ASKED = {name: stage for name, stage in EVERY.items() if name not in LOCAL}
asked_stages = pytest.mark.parametrize("stage", [pytest.param(stage, id=name) for name, stage in ASKED.items()])
spoilt_stages = pytest.mark.parametrize("stage", [pytest.param(stage, id=name) for name, stage in ASKED.items() if stage.spoil])
secret_stages = pytest.mark.parametrize("stage", [pytest.param(stage, id=name) for name, stage in EVERY.items() if stage.environment])


def test_every_connector_has_a_stage():
    assert [name for name in CONNECTORS if not stages_of(name)] == []


def test_every_stage_says_how_its_items_break_grow_and_shrink():
    silent = {name: [key for key in ("spoil", "extend", "strip") if getattr(stage, key) is None] for name, stage in EVERY.items()}
    assert {name: keys for name, keys in silent.items() if keys} == {}


@pytest.mark.parametrize("check", CHECKS)
@every_stage
def test_the_contract_is_kept(stage, check):
    if stage.name in LOCAL and check in ASKING:
        return
    assert problems(stage, [check]) == []


# --- through the core ---

_TIMES = {"cursor": "updated_at", "coverage": "pulled_at", "mention": "first_seen_at"}


@pytest.fixture
def trial(stage):
    with trial_of(stage) as trial:
        # walked once beforehand, so that what is asked from here on is the test's own
        assert trial.healthy
        trial.server.log.clear()
        yield trial


class Subject:
    """The stage's connector, with everything that it brings about one brand: it is not matching that is tried here.

    lives  the process dies when it asks for one more page than so many
    """

    def __init__(self, trial, lives=None):
        self.inner, self.lives = trial.connector(), lives

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def queries(self):
        return [replace(query, about="Anything") for query in self.inner.queries()]

    def pull(self, *args, **changes):
        for page in self.inner.pull(*args, **changes):
            if self.lives is not None:
                self.lives -= 1
                if self.lives < 0:
                    raise Killed
            yield page


class Core:
    """A folder with a store, of which each `round` is a process of its own."""

    def __init__(self, folder, trial):
        self.trial = trial
        self.now = trial.stage.now
        self.processes = 0
        self.config = Config(brands=[brand("Anything")], folder=folder)

    def store(self):
        return Store(self.config.store_folder, command="test", priority="live")

    def round(self, *, connector=None, earlier=timedelta(0), by_hand=False):
        now = self.now - earlier
        with self.store() as store:
            pipeline = Pipeline(self.config, store, [connector or Subject(self.trial)], now=now)
            # an hour lies between two processes, for sources that allow few requests a minute
            self.processes += 1
            pipeline._meter = Ledger(store, is_backfill=False, clock=lambda: now + self.processes * timedelta(hours=1))
            did = pipeline.round(now=now, by_hand=by_hand)
            pipeline.flush(now=now)
        return did

    def rows(self, sql, *values):
        with duckdb.connect(str(self.config.store_folder / "monitor.duckdb")) as con:
            con.execute("set timezone = 'UTC'")
            return con.execute(sql, values).fetchall()

    def contents(self):
        tables = ("mention", "mention_brand", "mention_run", "engagement_history", "rollup_5m", "rollup_day", "cursor", "coverage")
        return {
            table: self.rows(f"select * {f'exclude ({_TIMES[table]})' if table in _TIMES else ''} from {table} order by all")
            for table in tables
        }

    def ids(self):
        return {id_ for (id_,) in self.rows("select source_id from mention")}


@pytest.fixture
def core(tmp_path, trial):
    return Core(tmp_path, trial)


class Killed(BaseException):
    """The process is gone."""


def shown(trial):
    return {one.source_id for walked in trial.healthy for one in walked.mentions if one.state not in GONE}


def all_odd(trial):
    def act(_request, proceed):
        whole = proceed()
        body = trial.stage.spoil(whole.body, None)
        return whole if body is None else Response(body, whole.status, whole.headers)

    return trial.acting(act)


def refusing(trial, response):
    return trial.acting(lambda request, proceed: response if trial.stage.is_trouble_path(request) else proceed())


@every_stage
def test_a_round_stores_what_the_source_shows_and_another_one_adds_nothing(core, trial):
    assert not core.round().failed
    assert core.ids() == shown(trial)
    before = core.contents()
    assert core.round().new == 0
    assert {table: rows for table, rows in core.contents().items() if table not in ("cursor", "coverage")} == {
        table: rows for table, rows in before.items() if table not in ("cursor", "coverage")
    }


@every_stage
def test_killed_between_any_two_pages_the_store_is_the_same_in_the_end(tmp_path, trial):
    undisturbed = Core(tmp_path / "undisturbed", trial)
    undisturbed.round()
    pages = sum(len(walked.pages) for walked in trial.healthy)
    killed = Core(tmp_path / "killed", trial)
    deaths = 0
    # each process stores one page at least, then dies
    for after_pages in range(1, pages + 1):
        try:
            killed.round(connector=Subject(trial, lives=1 + after_pages % 2))
        except Killed:
            deaths += 1
    killed.round()
    assert deaths or pages == len(trial.healthy)
    assert killed.ids() == undisturbed.ids()
    assert without_looks(killed.contents()) == without_looks(undisturbed.contents())


@every_stage
def test_killed_inside_a_transaction_nothing_of_it_is_left(core, trial, monkeypatch):
    keep, calls = monitor.gather.live.keep, []

    def dies(*args, **changes):
        calls.append(args)
        if len(calls) == 2:
            raise Killed
        return keep(*args, **changes)

    monkeypatch.setattr(monitor.gather.live, "keep", dies)
    if sum(len(walked.pages) for walked in trial.healthy) >= 2:
        with pytest.raises(Killed):
            core.round()
    else:
        core.round()
    core.round()
    assert core.ids() == shown(trial)


def without_looks(contents):
    """Without coverage: a run that was interrupted may say in two pieces, or of a shorter stretch again, what it looked at."""
    return {table: rows for table, rows in contents.items() if table not in ("coverage", "cursor")}


@pytest.mark.parametrize("stage", [EVERY["file"]], ids=["file"])
def test_a_file_of_nothing_but_odd_rows_is_refused_until_it_is_mended(core, trial):
    with all_odd(trial):
        (refused,) = core.round(earlier=timedelta(minutes=10)).failed
    assert "mentions.jsonl: none of the first 40 records gives a mention" in str(refused.error)
    assert core.ids() == set()
    assert not core.round().failed
    assert core.ids() == shown(trial)


@spoilt_stages
def test_a_changed_source_is_left_alone_until_its_items_can_be_read(core, trial, monkeypatch):
    with all_odd(trial):
        did = core.round(earlier=timedelta(minutes=10))
        assert [type(one.error).__name__ for one in did.failed].count("SourceChanged") == len(did.failed) > 0
        odd = core.rows("select count(*) from quarantine")[0][0]
        assert odd >= 2
        asked = len(trial.asked())
        stopped = {one.query.name for one in did.failed}
        again = core.round(earlier=timedelta(minutes=5))
        assert {one.query.name for one in again.pulled if one.waiting} >= stopped
        if stopped == {walked.query.name for walked in trial.healthy}:
            assert len(trial.asked()) == asked
    assert core.rows("select count(*) from quarantine") == [(odd,)]
    # a new version can read them: the first is a text of today, the others are none that concern anybody
    connector = Subject(trial)
    stored = core.ids()
    found = iter([next(one for walked in trial.healthy for one in walked.mentions if one.source_id not in stored)])
    monkeypatch.setattr(connector, "read", lambda _raw, _query, *, now: list(found))
    with core.store() as store:
        did = replay(store, {connector.source: connector}, Enricher.of(core.config), run_id=None, now=core.now, dry_run=False)
    assert (did.read, did.new, list(did.still_odd)) == (odd, 1, [])
    assert not core.round().failed
    assert core.ids() == shown(trial)


@asked_stages
def test_a_pause_is_kept_to_by_later_rounds_and_later_processes(core, trial):
    with refusing(trial, Response(b"{}", 429, {"content-type": "application/json", "retry-after": "90"})):
        did = core.round(earlier=timedelta(seconds=100))
    troubled = {one.query.name for one in did.failed}
    assert troubled
    found = dict(core.rows("select query, not_before from source_state where not_before is not null"))
    assert set(found) == troubled
    assert all(abs((at - naive(core.now)).total_seconds() + 10) <= 5 for at in found.values())
    trial.server.log.clear()
    again = core.round(earlier=timedelta(seconds=40))
    assert {one.query.name for one in again.pulled if one.waiting} == troubled
    if troubled == {walked.query.name for walked in trial.healthy}:
        assert trial.asked() == []
    assert not core.round().failed
    assert core.ids() == shown(trial)
    assert core.rows("select * from source_state where last_error is not null") == []


@asked_stages
def test_what_was_not_seen_is_said(core, trial):
    with refusing(trial, Response(b"down", 503, {"content-type": "text/plain"})):
        did = core.round(earlier=timedelta(minutes=10))
        core.round(by_hand=True)
    failed = {one.query.name for one in did.failed if one.query.covers}
    assert failed == {walked.query.name for walked in trial.healthy if walked.query.covers}
    gaps = core.rows("select query, reason from coverage where not complete")
    assert {query for query, _ in gaps} == failed
    assert all(core.trial.connector().source in reason for _, reason in gaps)


@secret_stages
def test_no_secret_is_left_behind_by_a_round(tmp_path, trial, monkeypatch, caplog):
    section = trial.stage.name.replace(" ", "-")
    made = Source(SourceSettings, lambda _settings, _around: Subject(trial))
    monkeypatch.setattr("monitor.cli.options.sources", lambda: {section: made})
    (tmp_path / "config.yaml").write_text(f"brands:\n  - {{name: Anything, rule: anything}}\nsources:\n  {section}: {{}}\n")
    monkeypatch.setattr("monitor.cli.collect.now", lambda: trial.stage.now)
    caplog.set_level(logging.DEBUG)
    printed = []
    refusals = [None, Response(b"no", 401), Response(b"no", 500)]
    for response in refusals:
        act = None if response is None else (lambda request, proceed, r=response: r if trial.stage.is_trouble_path(request) else proceed())
        trial.server.act = act
        for arguments in (
            ["pull", section, "--json"],
            ["pull", section],
            ["quarantine", "list", "--json"],
            ["status", "--json"],
            ["doctor"],
        ):
            done = CliRunner().invoke(app, [*arguments, "-vv", "--config", str(tmp_path / "config.yaml")])
            printed.append(done.output + done.stderr)
    assert any(json.loads(one)["new"] for one in printed if one.startswith('{"new"'))
    left = {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert any(name.startswith("published/") for name in left)
    left |= {"output": "\n".join(printed).encode(), "log": caplog.text.encode()}
    for name, value in trial.stage.environment.items():
        for form in (value.encode(), base64.b64encode(value.encode())[:-2]):
            assert [where for where, content in left.items() if form in content] == [], name
