"""Bad input gives one clear line, or a row in quarantine with its reason; the rest goes on."""

import pytest

CONFIG = "brands: [{name: Acme, rule: acme}]\nsources: {file: {}}\n"
GOOD = b'{"source": "x", "source_id": "1", "created_at": "2026-02-10T10:00:00Z", "kind": "post", "text": "acme is fine"}\n'


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param(b'{"source": "x", "source_id": "2", "created_at": "soon", "text": "acme"}\n', "soon", id="broken date"),
        pytest.param(b'{"source": "x", "source_id": "2", "created_at": "2026-02-10T10:00:00", "text": "acme"}\n', "zone", id="no zone"),
        pytest.param(
            b'{"source": "x", "source_id": "2", "created_at": "2026-02-10T10:00:00Z", "text": "acme \xff"}\n', "UTF-8", id="bad byte"
        ),
        pytest.param(
            b'{"source": "x", "source_id": "2", "text": "' + b"acme " * 1_000_000 + b'"}\n', "longer than 1,000,000 bytes", id="5 MB line"
        ),
        pytest.param(b'{"source": "x", "source_id": "2", "created_at": "2026-02-10T10:00:00Z"}\n', "text", id="no text"),
        pytest.param(b"{not json\n", "JSON", id="no JSON"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_reason_and_the_rest_goes_on(place, bad, reason):
    here = place(CONFIG)
    path = here.folder / "some.jsonl"
    path.write_bytes(GOOD + bad + GOOD.replace(b'"1"', b'"3"'))
    done = here.run("backfill", str(path))
    assert "2 new mentions" in done.stdout
    assert "1 of 3 rows set aside" in done.stdout
    assert reason in here.run("quarantine", "list", "--run", "1").stdout
    assert here.run("backfill", str(path), "--redo", "all").stdout.count("0 new mentions") == 1
    assert "1 in quarantine" in here.run("quarantine", "list").stdout


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        pytest.param("a.jsonl", b"", "a.jsonl: is empty", id="empty file"),
        pytest.param("a.csv", b"source,source_id,text\nx,1,acme\n", "created_at", id="missing column"),
        pytest.param(
            "a.jsonl", b'{"source": "x", "source_id": "2", "created_at": "2026-02-10", "text": "acme"}\n' * 3, "zone", id="no zone anywhere"
        ),
    ],
)
def test_a_bad_file_gives_one_line_and_the_next_file_is_read(place, name, content, said):
    here = place(CONFIG)
    (here.folder / name).write_bytes(content)
    (here.folder / "good.jsonl").write_bytes(GOOD)
    done = here.run("backfill", name, "good.jsonl", check=False)
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "1 new mention," in done.stdout


@pytest.mark.parametrize(
    ("config", "said"),
    [
        pytest.param(
            "brands: [{name: Acme, rule: ''}]\n", "config.yaml:1: brands[0].rule is empty; give at least one name", id="empty rule"
        ),
        pytest.param(
            "brands:\n  - {name: Acme, rule: acme, timezome: UTC}\n",
            "config.yaml:2: brands[0].timezome: no such key; did you mean timezone?",
            id="wrong key",
        ),
        pytest.param(
            "brands: [{name: Acme, rule: acme}]\nsources: {fil: {}}\n",
            "config.yaml:2: sources.fil: no such source; did you mean file?",
            id="wrong source",
        ),
    ],
)
def test_a_bad_configuration_is_one_line_with_its_place(place, config, said):
    done = place(config).run("config", "check", check=False)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
