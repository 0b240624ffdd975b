"""Which days changed: the lake writes a day anew where its version is another one than that of the file."""

from collections.abc import Iterable
from datetime import datetime

import duckdb


def note_changed(con: duckdb.DuckDBPyConnection, times: Iterable[datetime]) -> None:
    """Give the UTC days of these texts new versions, inside the transaction that changes them.

    A version is drawn by chance and never comes again, not even where an older store was put back.

    times  created_at of texts, or the starts of bins that hold them, of which anything that analysts read changes; naive UTC
    """
    days = sorted({at.date() for at in times})
    if not days:
        return
    listed = ", ".join(f"date '{day}'" for day in days)
    [(known,)] = con.execute(f"update day_version set version = uuid() where day in ({listed})").fetchall()
    if known < len(days):
        con.execute(f"""
            insert into day_version
            select day, uuid() from unnest([{listed}]) as one (day) where day not in (select day from day_version)
        """)
