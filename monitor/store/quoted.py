"""What incidents quote: erased with the texts themselves."""

import json

import duckdb

# where an incident quotes a single text, beside its examples
_QUOTED = ("first.mention_id", "loudest.mention_id", "thread.root.mention_id")


def erase_quotes(con: duckdb.DuckDBPyConnection) -> None:
    """Take the texts of the table `erased` out of what incidents are shown with; their numbers stay."""
    erased = {mention_id for (mention_id,) in con.execute("select source || ':' || source_id from erased").fetchall()}
    quoted = [f"json_extract_string(evidence, '$.{place}')" for place in ("examples[*].mention_id", *_QUOTED)]
    shown = con.execute(
        f"select id, evidence from incident where list_has_any(flatten([{quoted[0]}, [{', '.join(quoted[1:])}]]), ?)", [list(erased)]
    ).fetchall()
    for incident_id, stored in shown:
        evidence = json.loads(stored)
        evidence["examples"] = [example for example in evidence["examples"] if example["mention_id"] not in erased]
        for part, name in ((evidence, "first"), (evidence, "loudest"), (evidence.get("thread") or {}, "root")):
            if (part.get(name) or {}).get("mention_id") in erased:
                part[name] = None
        con.execute("update incident set evidence = ? where id = ?", [json.dumps(evidence, ensure_ascii=False), incident_id])
