from monitor.store.events import Event, add_event, read_events
from tests.builders import NOON, after


def test_an_event_stands_on_the_timeline_once(con):
    assert add_event(con, name="Prices rise", brand="Streamly", at=NOON, note="60 %")
    assert not add_event(con, name="Prices rise", brand="Streamly", at=NOON)
    assert add_event(con, name="Prices rise", brand="Himal", at=NOON)
    assert add_event(con, name="Earlier", brand="Streamly", at=after(-5))
    assert read_events(con, brand="Streamly") == [
        Event("Earlier", "Streamly", after(-5)),
        Event("Prices rise", "Streamly", NOON, "60 %"),
    ]
    assert [event.brand for event in read_events(con)] == ["Streamly", "Himal", "Streamly"]
