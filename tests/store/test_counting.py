"""The narrow view that the rollups count says the same as the wide one that analysts read."""

import duckdb

from monitor.store.upgrade import upgrade

_SAME = "brand, source, created_at, topics, intents, counted, scored, label, is_churn, booked, engagement"


def test_the_narrow_view_and_the_wide_one_agree_on_every_case():
    con = duckdb.connect(config={"threads": 1})
    upgrade(con)
    con.execute("""
        insert into mention by name
        select 'x' as source, i::varchar as source_id, 'post' as kind, false as text_truncated, [] as links,
            timestamp '2026-02-09' + i * interval 1 minute as created_at, created_at as first_seen_at, created_at as fetched_at,
            'live' as state,
            i % 2 = 0 as is_spam, 1 as run_id, case when i % 3 > 0 then i end as likes, case when i % 5 > 2 then -i end as score
        from range(240) as numbers (i)
    """)
    con.execute("""
        insert into mention_brand by name
        select 'x' as source, i::varchar as source_id, 'Acme' as brand, timestamp '2026-02-09' + i * interval 1 minute as created_at,
            'text' as matched_by, [] as matched_terms, case when i % 4 < 3 then i % 4 - 1 end as label,
            case i % 3 when 0 then ['cancel'] when 1 then ['switch_to:Globex'] else ['praise'] end as intents, ['pricing'] as topics,
            i % 7 = 0 as is_own, i % 11 = 0 as is_muted, i % 5 > 1 as counted, 'vader' as scorer
        from range(240) as numbers (i)
    """)
    narrow = con.execute(f"select {_SAME} from counting order by all").fetchall()
    assert len(narrow) == 240
    assert {row[-2] for row in narrow} == {"counted", "muted", "own", "spam", "duplicate"}
    assert narrow == con.execute(f"select {_SAME} from v_mentions order by all").fetchall()
    con.close()
