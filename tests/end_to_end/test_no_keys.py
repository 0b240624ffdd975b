"""A newcomer with no keys and no network: every source says in one line what it lacks, and the gap is kept."""

import json
import os
import subprocess
import sys

import pytest

CONFIG = """
brands: [{name: Acme, rule: acme}]
sources:
  reddit: {subreddits: [{name: acme, about: Acme}], base_url: 'http://127.0.0.1:1'}
  x: {base_url: 'http://127.0.0.1:1'}
  youtube: {base_url: 'http://127.0.0.1:1'}
  hackernews: {base_url: 'http://127.0.0.1:1', firebase_url: 'http://127.0.0.1:1'}
  mastodon: {base_url: 'http://127.0.0.1:1'}
  bluesky: {base_url: 'http://127.0.0.1:1'}
  appstore: {base_url: 'http://127.0.0.1:1', apps: [{id: 1, about: Acme}]}
  wordpress: {sites: [{url: 'http://127.0.0.1:1', about: Acme}]}
  feed: {feeds: [{url: 'http://127.0.0.1:1/feed'}]}
  disqus: {base_url: 'http://127.0.0.1:1', feed_url: 'http://127.0.0.1:1/{forum}', forums: [{shortname: acme}]}
"""
WITH_KEYS = ("reddit", "x", "youtube", "bluesky")
WITHOUT = ("hackernews", "mastodon", "appstore", "wordpress", "feed", "disqus")


@pytest.fixture
def monitor(tmp_path):
    (tmp_path / "config.yaml").write_text(CONFIG)
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "SYSTEMROOT")}

    def run(*words, **secrets):
        command = [sys.executable, "-m", "monitor", *words]
        return subprocess.run(
            command, cwd=tmp_path, env={**kept, **secrets}, capture_output=True, text=True, check=False, timeout=120, encoding="utf-8"
        )

    return run


def test_each_source_says_in_one_line_what_it_lacks_and_the_gap_is_kept(monitor):
    did = monitor("run", "--once")
    assert did.returncode == 1
    assert "Traceback" not in did.stderr
    for source in WITH_KEYS:
        (line,) = [line for line in did.stdout.splitlines() if line.startswith(f"{source} ")]
        assert "failed" in line
        assert f"{source}: needs " in line
        assert "docs/sources.md" in line
    for source in WITHOUT:
        (line,) = [line for line in did.stdout.splitlines() if line.startswith(f"{source} ")]
        assert f"{source}: cannot reach 127.0.0.1:1" in line
    gaps = monitor("query", "--sql", "select distinct source from v_coverage where not complete order by all", "--json")
    assert [row["source"] for row in json.loads(gaps.stdout)] == sorted([*WITH_KEYS, *WITHOUT])


def test_doctor_names_what_is_missing(monitor):
    did = monitor("doctor")
    assert did.returncode == 1
    assert "X_BEARER_TOKEN" in did.stdout
    assert "REDDIT_CLIENT_ID" in did.stdout


SECRETS = {
    "X_BEARER_TOKEN": "mark-x-token",
    "REDDIT_CLIENT_ID": "mark-reddit-id",
    "REDDIT_CLIENT_SECRET": "mark-reddit-secret",
    "YOUTUBE_API_KEY": "mark-youtube-key",
    "BLUESKY_HANDLE": "mark-bluesky-handle.example",
    "BLUESKY_APP_PASSWORD": "mark-bluesky-password",
    "DISQUS_API_KEY": "mark-disqus-key",
}


def test_no_secret_shows_in_output_logs_store_or_copy(monitor, tmp_path):
    said = [
        monitor(*words, **SECRETS)
        for words in (("run", "--once", "-vv"), ("run", "--once", "--json", "-vv"), ("doctor",), ("doctor", "--json"))
    ]
    for did in said:
        for marker in SECRETS.values():
            assert marker not in did.stdout + did.stderr
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert [marker for marker in SECRETS.values() if marker.encode() in path.read_bytes()] == [], path
