import json
import re

import pytest

from monitor.errors import StoreError


def test_a_text_says_what_it_nearly_is(here):
    told = here.run("config", "test", "acmeist poetry").stdout.splitlines()
    assert told[0] == "Acme                 does not count; nearly: acme inside acmeist"
    assert told[1] == "Globex               does not count"
    told = json.loads(here.run("config", "test", "acmeist love globex", "--json").stdout)
    assert (told["near"], told["compound"]) == ({"Acme": ["acme inside acmeist"]}, 0.6369)
    (match,) = told["matches"]
    assert (match["brand"], match["by"], match["terms"]) == ("Globex", "text", ["globex"])
    assert (match["label"], match["why"], match["intents"]) == (1, "love +3.2 · cut +0.35", ["praise"])


def test_a_text_says_how_it_is_scored_and_by_which_words(here):
    assert here.run("config", "test", "acme is awful, so I cancelled").stdout.splitlines()[1:4] == [
        "                     label -1, -0.6985: awful -2 · cancelled -1.78 · cut -0.25",
        "                     intents: cancel",
        "Globex               does not count",
    ]
    assert "not scored: its language is de" in here.run("config", "test", "bei acme geht seit heute Morgen gar nichts mehr").stdout


def test_a_stored_mention_says_why_it_counts(here):
    here.run("backfill", "rows.jsonl")
    assert re.sub(r"\+\w{12}", "+…", here.run("config", "test", "x:1").stdout) == (
        "x:1, 2026-07-10 10:00 UTC, live\n"
        "  acme raised prices, terrible\n"
        "Acme                 counts, by its text: acme\n"
        "                     stored: counted, by its text; "
        "label -1, -0.7269 by vader-brand/1+…: terrible -2.1 · raised prices -2 · cut -0.25\n"
        "Globex               does not count\n"
        "                     stored: does not belong to it\n"
    )


def test_a_stored_mention_is_found_in_the_private_store_before_it_is_published(here):
    here.run("backfill", "rows.jsonl")
    for copy in (here.folder / "published").iterdir():
        copy.unlink()
    assert "counts, by its text: globex" in here.run("config", "test", "reddit:t1_3").stdout


def test_an_answer_from_before_the_rule_changed_is_told_as_such(here):
    here.run("backfill", "rows.jsonl")
    here.configure("acme NOT great")
    told = here.run("config", "test", "x:2").stdout
    assert "does not count; nearly: acme is there, but so is great after NOT" in told
    assert "stored: counted, by its text; label 1" in told
    assert "stored under another rule: `monitor rematch --dry-run`" in told
    (acme, globex) = json.loads(here.run("config", "test", "x:2", "--json").stdout)["brands"]
    assert (acme["by"], acme["stored"]["booked"], globex["stored"]) == (None, "counted", None)


def test_why_a_stored_mention_is_not_counted_is_told(here):
    (here.folder / "config.yaml").write_text("brands: [{name: Acme, rule: acme, mute: {authors: [ann]}}]\nsources: {file: {}}\n")
    here.run("backfill", "rows.jsonl")
    told = here.run("config", "test", "x:2").stdout
    assert "belongs to it, by its text: acme; its author or site is muted" in told
    assert "stored: not counted, muted, by its text" in told


def test_strangers_words_cannot_move_the_cursor(here):
    here.run("backfill", "rows.jsonl")
    told = here.run("config", "test", "x:4").stdout
    assert "  acme [31m poetry\n" in told
    assert not {"\x1b", "\u202e"} & set(told)


def test_an_id_that_is_not_stored_is_told_and_other_words_are_a_text(here):
    with pytest.raises(StoreError, match="x:77 is not stored"):
        here.run("config", "test", "x:77")
    here.run("backfill", "rows.jsonl")
    with pytest.raises(StoreError, match="x:77 is not stored"):
        here.run("config", "test", "x:77")
    assert "does not count" in here.run("config", "test", "see:this").stdout
    assert "does not count" in here.run("config", "test", "x: 1").stdout
