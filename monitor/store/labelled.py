"""What `v_human_labels` tells, kept from one copy to the next: labelled texts lie everywhere, and finding them reads all that is stored.

A row is worked out anew where the label changed, or anything of the texts of its day.
"""

import duckdb

_STALE = """
    select human_label.created_at
    from human_label
    join day_version on day_version.day = human_label.created_at::date
    left join labelled
        on labelled.brand = human_label.brand
        and labelled.source = human_label.source
        and labelled.source_id = human_label.source_id
        and labelled.version = day_version.version
    where (labelled.labelled_at, labelled.human_label, labelled.weight)
        is distinct from (human_label.labelled_at, human_label.label, human_label.weight)
"""


def tell_labels(con: duckdb.DuckDBPyConnection) -> None:
    """Bring the table `labelled` up to date, inside the caller's transaction.

    The time from the first stale label to the last is read, which takes about 0.1 s a million texts.
    """
    [(first, last)] = con.execute(f"select min(created_at), max(created_at) from ({_STALE})").fetchall()
    if first is None:
        return
    # literals, so that storage in order of time is pruned
    within = f"created_at between timestamp '{first}' and timestamp '{last}'"
    con.execute(f"delete from labelled where {within}")
    con.execute(f"""
        insert into labelled by name
        select
            told.* exclude (brand, source, source_id, created_at, labelled_at, human_label, weight),
            human_label.brand,
            human_label.source,
            human_label.source_id,
            human_label.created_at,
            human_label.labelled_at,
            human_label.label as human_label,
            human_label.weight,
            told.mention_id is not null as is_current,
            day_version.version
        from human_label
        join day_version on day_version.day = human_label.created_at::date
        left join (select * from v_human_labels where {within}) as told
            on told.brand = human_label.brand
            and told.source = human_label.source
            and told.source_id = human_label.source_id
        where human_label.{within}
    """)
