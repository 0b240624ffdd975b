"""Words that say somebody leaves, reports a fault or praises: short English lists until intents exist."""

import re

# matched in lower-cased text by RE2, which has no lookaround: what is cancelled beside a subscription is told apart by its own pattern
_CANCEL = r"\b(cancel|cancels|cancell?ed|cancell?ing|cancellation)\b"
_CALLED_OFF = r"(flights?|flight\w+|trips?|trains?|shows?|series|tours?|concerts?|orders?|appointments?)"
_NOT_OURS = rf"\bcancel\w*\W+(\w+\W+){{0,2}}{_CALLED_OFF}\b|\b{_CALLED_OFF}\W+(\w+\W+){{0,3}}cancel\w*"
_LEAVING = (
    r"\b(unsubscrib\w+|switching to|switched to|switch to|leaving|done with|closing my account|close my account|"
    r"deleted (my|the) (account|app)|goodbye|good riddance|quitting|won't renew|not renewing|never again|"
    r"lost (me|a customer|my business))\b"
)
_OUTAGE = (
    r"\b(down|outage|outages|offline|unavailable|frozen|froze|freezing|freezes|buffer\w*|errors?|crash\w*|glitch\w*|lagging|"
    r"stuttering|not (loading|working|responding|connecting|playing)|broken|stuck|black screen|delayed|delays?|"
    r"(won't|doesn't|isn't|can't|cannot|nothing) (load|loading|loads|work|working|works|play|playing|open|connect|log ?in|sign ?in|stream)|"
    r"late flight\w*|stranded|on hold|hung up)\b"
)
_THANKS = r"\b(thanks|thank you|thx|love|loved|loving|amazing|awesome|brilliant|wonderful|best|beautiful|great|perfect|masterpiece)\b"


def flags(brand: str) -> str:
    """The columns words, leaving, outage and thanks of a select over title and text; who comes to this brand does not leave it."""
    coming = r"\b((switch\w*|mov\w*|go|going|gone|off|came|sign\w* up) (over )?(to|with|for)|hello|hi|hey|join\w*)"
    arriving = rf"{coming}\W+{re.escape(brand.lower())}"
    return f"""
    lower(concat_ws(' ', title, text)) as words,
    ({_found(_LEAVING)} or ({_found(_CANCEL)} and not {_found(_NOT_OURS)})) and not {_found(arriving)} as leaving,
    {_found(_OUTAGE)} or {_found(_NOT_OURS)} as outage,
    {_found(_THANKS)} as thanks
"""


def _found(pattern: str) -> str:
    return f"regexp_matches(words, '{pattern.replace(chr(39), chr(39) * 2)}')"
