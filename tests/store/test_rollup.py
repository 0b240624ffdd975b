import random
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from monitor.mention import Engagement
from monitor.store.database import sync_brands
from monitor.store.rollup import add, rebuild, recompute
from monitor.store.write import save
from tests.builders import NOON, batch, brand, mention
from tests.store.recount import new_store, recounted, rollups

ZONES = ["UTC", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati", "Pacific/Pago_Pago"]
# hours about which clocks change, days turn, or years end
MOMENTS = [
    datetime(2026, 11, 1, 6, tzinfo=UTC),
    datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),
    datetime(2026, 7, 14, 18, 15, tzinfo=UTC),
    datetime(2025, 12, 31, 23, 59, tzinfo=UTC),
    datetime(1999, 12, 31, 12, tzinfo=UTC),
]


def seeded(con, brands):
    """Two hundred mentions about moments that are hard to place, of every kind that is booked."""
    dice = random.Random(7)
    texts = []
    for number in range(200):
        created = dice.choice(MOMENTS) + timedelta(seconds=dice.randint(-7200, 7200), microseconds=dice.choice([0, 0, 1, 999_999]))
        named = " ".join(dice.sample([each.name for each in brands], dice.randint(1, 2)))
        text = f"{named} {dice.choice(['is great', 'is awful', 'is'])}"
        likes = Engagement(likes=dice.choice([None, 0, 4]), score=dice.choice([None, -2]))
        source, lang = dice.choice(["x", "reddit"]), dice.choice(["en", "es"])
        texts.append(mention(str(number), text, source=source, created_at=created, lang=lang, engagement=likes))
    save(con, [batch(*texts, brands=brands)], now=NOON)
    con.execute("update mention_brand set topics = ['price', 'price', 'app'], intents = ['cancel'] where source_id::integer % 5 = 0")
    con.execute("update mention_brand set intents = ['switch_to:Vuebox', 'praise'] where source_id::integer % 7 = 0")
    con.execute("update mention_brand set is_own = true, counted = false where source_id::integer % 11 = 0")
    con.execute("update mention_brand set is_muted = true, counted = false where source_id::integer % 13 = 0")
    con.execute("update mention set is_spam = true where source_id::integer % 17 = 0")
    con.execute("update mention_brand set counted = false where source_id::integer % 17 = 0 or source_id::integer % 19 = 0")


def test_counts_equal_a_recount_in_every_zone():
    brands = [brand(f"B{number}", timezone=zone) for number, zone in enumerate(ZONES)]
    with new_store(brands) as con:
        seeded(con, brands)
        rebuild(con)
        assert rollups(con) == recounted(con)
        booked = con.execute("select sum(counted), sum(muted), sum(own), sum(spam), sum(duplicates), sum(churn) from v_daily").fetchone()
        assert all(booked)
        assert con.execute("select sum(counted + muted + own + spam + duplicates - mentions) from v_daily").fetchone() == (0,)


def test_counting_only_what_was_touched_equals_counting_everything():
    brands = [brand(f"B{number}", timezone=zone) for number, zone in enumerate(ZONES)]
    with new_store(brands) as con:
        seeded(con, brands)
        rebuild(con)
        con.execute("delete from mention_brand where source_id::integer between 50 and 70")
        con.execute("update mention_brand set label = -1 where source_id::integer = 3")
        touched = con.execute("select created_at from mention where source_id::integer between 50 and 70 or source_id = '3'").fetchall()
        recompute(con, [at for (at,) in touched])
        assert rollups(con) == recounted(con)


@pytest.mark.parametrize("seed", range(4))
def test_adding_what_is_new_equals_counting_everything(seed):
    brands = [brand(f"B{number}", timezone=zone) for number, zone in enumerate(ZONES)]
    dice = random.Random(seed)
    with new_store(brands) as con:
        seeded(con, brands)
        whole = {table: con.execute(f"from {table}").to_arrow_table() for table in ("mention", "mention_brand")}
        for table in (*whole, "rollup_5m", "rollup_day"):
            con.execute(f"delete from {table}")
        numbers = list(range(200))
        dice.shuffle(numbers)
        for edge in range(0, 200, 50):
            page = pa.array([str(number) for number in numbers[edge : edge + 50]])
            parts = {name: table.filter(pc.is_in(table["source_id"], page)) for name, table in whole.items()}
            for name, part in parts.items():
                con.from_arrow(part).insert_into(name)
            add(con, parts["mention"], parts["mention_brand"])
            assert rollups(con) == recounted(con)
        added = rollups(con)
        rebuild(con)
        assert added == rollups(con)


def test_what_is_new_for_a_brand_that_is_gone_counts_nowhere_by_either_way(con):
    page = batch(mention(), brands=[brand("Streamly"), brand("Great")])
    con.execute("delete from brand where brand = 'Great'")
    save(con, [page], now=NOON)
    added = rollups(con)
    rebuild(con)
    assert added == rollups(con)
    assert {row[0] for row in added[0]} == {"Streamly"}


def test_touching_nothing_changes_nothing(con):
    save(con, [batch(mention())], now=NOON)
    before = rollups(con)
    recompute(con, [])
    assert rollups(con) == before


@pytest.mark.parametrize("zone", ZONES)
def test_a_brand_that_moves_to_another_zone_has_its_days_counted_again(con, zone):
    save(con, [batch(mention("1", created_at=NOON.replace(hour=23)), mention("2", created_at=NOON.replace(hour=1)))], now=NOON)
    moved = sync_brands(con, [brand(timezone=zone)])
    rebuild(con)
    assert (moved, rollups(con)) == (["Streamly"] if zone != "UTC" else [], recounted(con))
