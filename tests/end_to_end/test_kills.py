"""Killed at any moment and run again, the store is the one of an undisturbed run."""

import random
import time

KILLS = 20


def test_twenty_kills_leave_the_same_store(airlines, tweets):
    undisturbed = airlines("undisturbed")
    undisturbed.run("backfill", str(tweets), "--map", "airline", small_pages=250)
    killed = airlines("killed")
    chance = random.Random(20)
    deaths = 0
    while deaths < KILLS:
        process = killed.start("backfill", str(tweets), "--map", "airline", small_pages=250)
        begun = time.monotonic()
        # early ones hit the opening, late ones the pages and the detection at the end
        while process.poll() is None and time.monotonic() - begun < 0.8 + chance.random() * 1.2:
            time.sleep(0.01)
        process.kill()
        process.wait()
        deaths += 1
    killed.run("backfill", str(tweets), "--map", "airline", small_pages=250)
    assert killed.contents() == undisturbed.contents()
    assert killed.rows("select count(*) from v_mentions") == undisturbed.rows("select count(*) from v_mentions")
