from datetime import timedelta

from monitor.store.threads import read_threads
from monitor.store.write import save
from tests.builders import NOON, batch, brand, mention


def test_threads_are_the_stored_roots_and_their_brands(con):
    texts = [
        mention("root", "himal or streamly"),
        mention("own", conversation_id="own"),
        mention("reply", conversation_id="root", in_reply_to_id="root"),
        mention("elsewhere", conversation_id="unknown"),
        mention("old", created_at=NOON - timedelta(days=40)),
    ]
    save(con, [batch(*texts, brands=[brand(), brand("Himal")])], now=NOON)
    recent = {("x", "root"): ("Himal", "Streamly"), ("x", "own"): ("Streamly",)}
    assert read_threads(con, since=NOON - timedelta(days=30)) == recent
    assert read_threads(con, since=None) == recent | {("x", "old"): ("Streamly",)}
