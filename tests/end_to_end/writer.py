"""A process to be killed: batches into the store, each pulled anew, a copy after every third; says which are acknowledged."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from monitor.store.database import Store, sync_brands
from monitor.store.publish import publish
from monitor.store.write import save
from tests.builders import after, batch, brand, mention

SIZE = 50


def main(folder: Path, first: int) -> None:
    """Write batches from the number `first` on, without end."""
    with Store(folder / "data", command="writer") as store:
        with store.writing() as con:
            sync_brands(con, [brand("Streamly")])
        for number in range(first, first + 10_000):
            said = [
                mention(f"{number}-{place}", f"streamly number {number} of {place}", created_at=after(number), fetched_at=after(number))
                for place in range(SIZE)
            ]
            with store.writing() as con:
                save(con, [batch(*said)], now=after(number))
            print(number, flush=True)
            if number % 3 == 0:
                publish(store, folder / "published", now=datetime.now(UTC))
                print(f"published {number}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
