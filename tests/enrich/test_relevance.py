"""How many of the texts that a rule counts are about the brand, and how many about the brand it counts.

`ambiguous_names.csv` holds texts made up by hand about three made-up companies whose names are a word (Harvest, meal
kits), a person's and a town's (Marlow, a bank) and a river's (Tamar, broadband). Two ways to write a rule are measured:
wide, the name less what it else means; narrow, the name beside a word of the trade. Both were written once, from the
first half of each brand's texts and as somebody would who sets the program up; the second half measures them, and no
rule was mended after.
"""

import csv
from pathlib import Path

import pytest

from monitor.enrich.match import Matcher
from tests.builders import brand, mention

TEXTS = Path(__file__).with_name("ambiguous_names.csv")
WIDE = {
    "Harvest": brand(
        "Harvest",
        exclude="""
            "harvest moon" OR "harvest festival" OR "harvest mouse" OR "harvest time" OR "the harvest" OR "to harvest" OR "harvest was"
            OR "harvest your" OR "harvest is" OR wheat OR olive OR grape OR potato OR apple OR rice OR honey OR tomatoes OR combine
            OR farm OR farmers OR growers OR pickers OR allotment OR church OR data OR emails OR organ OR "Neil Young" OR sow
        """,
    ),
    "Marlow": brand(
        "Marlow",
        exclude="""
            "in Marlow" OR "to Marlow" OR Thames OR Cookham OR Maidenhead OR regatta OR train OR "Marlow FC" OR lock OR novel OR Conrad
            OR "Heart of Darkness" OR Marlowe OR baby OR birthday OR band OR brother OR "Bob Marlow" OR "Tom Marlow" OR "Kate Marlow"
            OR "Miss Marlow" OR "Dr Marlow" OR "Professor Marlow" OR "Sergeant Marlow" OR "Inspector Marlow" OR "estate agent"
        """,
    ),
    "Tamar": brand(
        "Tamar",
        exclude="""
            "the Tamar" OR "Tamar Bridge" OR "Tamar valley" OR "Tamar ferry" OR "lower Tamar" OR river OR ferry OR salmon OR seals
            OR kayaked OR "HMS Tamar" OR "my niece" OR birthday OR Absalom OR Genesis OR "Tamar Braxton" OR "Dr Tamar" OR lecture
        """,
    ),
}
NARROW = {
    "Harvest": brand(
        "Harvest",
        rule="""
            @harvestkits OR harvest (box OR boxes OR subscription OR cancel OR skip OR pause OR recipe OR recipes OR meal OR meals
            OR delivery OR kit OR portion OR portions OR menu OR ingredients OR app OR charged OR refund OR refunded OR support
            OR "customer service" OR price OR prices OR credit OR code OR Gousto OR HelloFresh OR "family plan")
        """,
        exclude='"harvest moon" OR "harvest festival" OR "harvest mouse" OR combine OR wheat OR farmers OR growers OR pickers OR data',
    ),
    "Marlow": brand(
        "Marlow",
        rule="""
            @marlowbank OR marlow (bank OR account OR card OR app OR payment OR pay OR pays OR rent OR salary OR savings OR spending
            OR mortgage OR overdraft OR fee OR fees OR balance OR fraud OR transaction OR deposit OR cheques OR transfer OR Revolut
            OR Barclays OR loan OR "interest rate" OR charge OR cashback OR "phone number" OR support)
        """,
        exclude='"in Marlow" OR Thames OR regatta OR "Marlow FC" OR "Professor Marlow" OR "Sergeant Marlow" OR novel OR train',
    ),
    "Tamar": brand(
        "Tamar",
        rule="""
            @tamarnet OR tamar (broadband OR internet OR fibre OR router OR wifi OR "wifi box" OR speed OR speeds OR megabits OR ping
            OR outage OR down OR drops OR engineer OR engineers OR install OR cable OR bill OR contract OR quoted OR VPNs OR email
            OR chat OR landline OR Netflix OR Sky OR "status page")
        """,
        exclude='"Tamar Bridge" OR "Tamar valley" OR river OR kayaked OR "the Tamar" OR "Tamar ferry" OR "HMS Tamar"',
    ),
}


def judged(of, *, half):
    """(is relevant, is counted) of each text of the brand's first half, 0, or second, 1."""
    with TEXTS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["brand"] == of.name]
    middle = len(rows) // 2
    matcher = Matcher([of])
    return [(row["relevant"] == "1", bool(matcher.match(mention(text=row["text"]), {}))) for row in (rows[:middle], rows[middle:])[half]]


def precision_and_recall(judgements):
    right = sum(relevant and counted for relevant, counted in judgements)
    return right / sum(counted for _, counted in judgements), right / sum(relevant for relevant, _ in judgements)


def test_the_texts_are_many_and_both_kinds_are_among_them():
    with TEXTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["text"] for row in rows}) == len(rows) >= 300
    assert {(row["brand"], row["relevant"]) for row in rows} == {(name, relevant) for name in WIDE for relevant in "01"}


# floors are what was measured, rounded down; the name alone is right in every second text
@pytest.mark.parametrize(
    ("of", "precision", "recall"),
    [
        pytest.param(WIDE["Harvest"], 0.57, 0.84, id="wide: a word"),
        pytest.param(WIDE["Marlow"], 0.53, 0.92, id="wide: a person and a town"),
        pytest.param(WIDE["Tamar"], 0.73, 1.0, id="wide: a river and a first name"),
        pytest.param(NARROW["Harvest"], 1.0, 0.42, id="narrow: a word"),
        pytest.param(NARROW["Marlow"], 1.0, 0.24, id="narrow: a person and a town"),
        pytest.param(NARROW["Tamar"], 1.0, 0.28, id="narrow: a river and a first name"),
    ],
)
def test_an_ambiguous_name_is_told_apart_as_well_as_was_measured(of, precision, recall):
    measured = precision_and_recall(judged(of, half=1))
    print(
        f"{of.name}: precision {measured[0]:.2f}, recall {measured[1]:.2f} of {len(judged(of, half=1))} texts the rule was not written from"
    )
    assert measured[0] >= precision
    assert measured[1] >= recall
