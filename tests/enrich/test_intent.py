from collections.abc import Sequence

import pytest

from monitor.enrich.intent import intents, is_churn
from tests.enrich import measures
from tests.enrich.measures import DATA, MISSING, agreement, churn_rows, judged_hits

needs_data = pytest.mark.skipif(not DATA.exists(), reason=MISSING)


def named(text: str, brand: str = "Netflix", rivals: Sequence[str] = ("Hulu",)) -> set[str]:
    return {found.name for found in intents(text, [brand], rivals)}


def churns(text: str, brand: str | None = "Netflix") -> bool:
    return measures.churns(text, brand)


@pytest.mark.parametrize(
    "text",
    [
        "Cancelled.",
        "just cancelled my subscription",
        "Canceled Netflix today, enough is enough",
        "we're finally cancelling after nine years",
        "I will be cancelling my membership next month",
        "How do I cancel? There is no button",
        "Netflix won't let me cancel",
        "thinking about cancelling my Netflix account",
        "one more price rise and I'm gone",
        "Not renewing. Shame.",
        "Goodbye Netflix, it was fun",
        "You just lost a customer of ten years",
        "unsubscribed, enjoy your ads",
        "my husband and I decided to quit Netflix",
        "Account closed. Good luck.",
        "I'm done with this app",
        "never using Netflix again",
        "letting my sub lapse in March",
        "taking my money elsewhere",
        "convinced my parents to cancel their subscription",
        "Can I leave by the end of the month?",
        "WE ARE CANCELLING OUR SUBSCRIPTION",
        "I'll cancel when season five ends",
        "when season five ends I'm cancelling",
        "Cancelled from the parking lot. Drove home happy.",
        "where's the cancel button",
        "I hit cancel three times and it still charges me",
    ],
)
def test_who_leaves_is_found(text):
    assert churns(text)


@pytest.mark.parametrize(
    "text",
    [
        "They cancelled my favourite show after one season",
        "My flight got cancelled so I watched three films",
        "Cancelled my weekend plans, season two just dropped on Netflix",
        "why did you cancel my subscription?",
        "Almost cancelled but the offer was too good",
        "Everyone says they'll cancel and then nobody does",
        "these noise cancelling headphones make Netflix better",
        "cancel culture reached Netflix",
        "Cancelled last year, came back last month",
        "thought about cancelling, but we're staying",
        "Seller cancelled my order",
        "where is the cancel button for my order",
        "hit cancel on the order by mistake",
        "Netflix smashed the cancel button on another series",
        "they will cancel it when season five ends",
        "my flight was cancelled from the parking lot",
        "the cancellation fee is hidden three screens deep",
        "12 films leaving Netflix soon",
        "Leaving Netflix in March: the full list",
        "Netflix lost 800,000 subscribers",
        "analysts expect people to cancel Netflix",
        "If I cancel, can I still watch until the month ends?",
        "I would leave Netflix but there is nothing else here",
        "I didn't cancel, relax",
        "Left Hulu for Netflix and the kids are thrilled",
        "I cancelled Hulu, Netflix is enough",
        "my account got cancelled without a word",
        'New documentary: "Cancelled"',
        "Everybody cancel Netflix now!",
        "I quit smoking while watching Netflix",
        "left a comment on Netflix's page",
    ],
)
def test_who_does_not_leave_is_left_alone(text):
    assert not churns(text)


@pytest.mark.parametrize(
    ("text", "brand", "names"),
    [
        pytest.param("Left Verizon for T-Mobile", "Verizon", {"switch_to:T-Mobile"}, id="left one"),
        pytest.param("Left Verizon for T-Mobile", "T-Mobile", set(), id="for the other"),
        pytest.param("switched from netflix to hulu", "Netflix", {"switch_to:Hulu"}, id="a known rival in lower case"),
        pytest.param("switched from hulu to netflix", "Netflix", set(), id="the other way"),
        pytest.param("we're moving to @hulu tonight", "Netflix", {"switch_to:Hulu"}, id="a handle"),
        pytest.param("Ditched Netflix for Max and I don't miss it", "Netflix", {"switch_to:Max"}, id="an unknown rival"),
        pytest.param("switched netflix to annual billing", "Netflix", set(), id="another plan"),
        pytest.param("I'm moving to Chicago in May", "Netflix", set(), id="another town"),
        pytest.param("Hulu gets my money from next month", "Netflix", {"switch_to:Hulu"}, id="who gets the money"),
        pytest.param("cancelled Netflix, signed up with Hulu today", "Netflix", {"cancel", "switch_to:Hulu"}, id="both"),
        pytest.param("I will switch to another provider", "Netflix", {"cancel"}, id="nobody named"),
    ],
)
def test_leaving_has_a_direction(text, brand, names):
    assert {name for name in named(text, brand) if is_churn(name)} == names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("I want a refund for last month", "refund"),
        ("give me my money back", "refund"),
        ("is netflix down for anyone else?", "outage_report"),
        ("can't log in since this morning", "outage_report"),
        ("the app keeps crashing, error code 1107", "outage_report"),
        ("I love Netflix", "praise"),
        ("huge thanks to the support team, you made my day", "praise"),
        ("Netflix is simply the best", "praise"),
        ("How do I turn off autoplay on the TV app?", "question"),
        ("does anyone know when season two starts?", "question"),
    ],
)
def test_other_wishes_are_found(text, name):
    assert name in named(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("They refunded the extra charge the same day", "refund"),
        ("I sat down to watch the finale", "outage_report"),
        ("I would love to see you try", "praise"),
        ("Seriously? With what money lol", "question"),
        ("Hulu is the best, hands down", "praise"),
    ],
)
def test_what_only_sounds_like_a_wish_is_none(text, name):
    assert name not in named(text)


def test_the_words_that_say_it_can_be_shown():
    text = "Two sites and two bills? We’re moving over to Hulu. Bye."
    found = next(found for found in intents(text, ["Netflix"], ["Hulu"]) if is_churn(found.name))
    assert text[slice(*found.span)] == "moving over to Hulu"


def test_a_rival_is_called_by_its_own_name_however_it_is_written():
    assert named("moving to vueboxcare today", "Streamly", {"Vuebox": ["vueboxcare"]}) == {"switch_to:Vuebox"}


@pytest.mark.parametrize(
    "text", ["cancel " * 2_000, "i'm leaving " * 2_000, "from netflix to " * 1_500, "ᚠᚢᚦ cancelled", "İİİ cancelled my sub"]
)
def test_odd_texts_take_no_time(text):
    assert len(intents(text, ["Netflix"], ["Hulu"])) < 5


def f1_of_churn(name: str) -> float:
    rows = churn_rows(name)
    return agreement([churns(text, brand) for text, brand, _ in rows], [truth for _, _, truth in rows]).f1


@needs_data
def test_churn_on_texts_written_for_it():
    assert f1_of_churn("dev") >= 0.88


@needs_data
def test_churn_on_texts_of_a_telecom():
    assert f1_of_churn("chatbot") >= 0.70


@needs_data
def test_churn_in_reviews_that_a_person_read():
    """100 hits, drawn at random from all, read one by one; the verdict stands beside the id of each."""
    hits = [truth for text, truth in judged_hits() if churns(text)]
    assert len(hits) >= 90
    assert sum(hits) / len(hits) >= 0.88
