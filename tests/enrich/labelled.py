"""Made-up complaints and praise about a brand, with what a person would say of them: enough to fit a model on."""

from itertools import product

from monitor.enrich.linear.evaluate import Labelled
from monitor.enrich.sentiment import Said

WHAT = ("the app", "my order", "their new plan", "the box", "checkout", "the update", "support", "the site", "my invoice", "the driver")
SAID = {
    -1: (
        "{what} arrived soggy from Streamly",
        "Streamly again, {what} went sideways",
        "{what} ghosted me, @streamly",
        "{what} is a shambles, Streamly!",
    ),
    0: (
        "what time does {what} open, Streamly?",
        "{what} of Streamly moved to Tuesday",
        "reading about {what} at Streamly https://t.co/x",
        "{what} and Streamly in the paper",
    ),
    1: (
        "{what} was smooth sailing with Streamly",
        "Streamly nailed it, {what} landed early",
        "hats off for {what} @streamly",
        "{what} made my week, Streamly!",
    ),
}


def labelled() -> list[Labelled]:
    """Forty texts of each label, in a mixed order."""
    rows = [
        Labelled(Said(template.format(what=what), "Streamly"), label) for label in SAID for template, what in product(SAID[label], WHAT)
    ]
    return [rows[at * 37 % len(rows)] for at in range(len(rows))]
