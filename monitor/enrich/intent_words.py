"""The words and phrases around a pattern that decide whose doing it is, what is given up, and whether it is meant."""

# ruff: noqa: E501 - a pattern is one line, however long

import re

from monitor.enrich.intent_patterns import HERE, MINE, NAME, OWN, RIVAL

CLAUSE = re.compile(r"[.!?\n,;:()\"“”—–*]|\s-+\s|\.\.")
WORD = re.compile(rf"[\w'{OWN}{RIVAL}{NAME}-]+")
# the author, as far as a verb can be theirs
_SPEAKER_WORDS = """
    i i'm im i've ive i'll ill i'd id we we're we've weve am we'll we'd me us myself ourselves imma i'ma ima
"""
SPEAKER = frozenset(_SPEAKER_WORDS.split())
# others whose doing it may be
_OTHERS_WORDS = """
    you u your you're ya they they're he she who which people everyone everybody anyone users subscribers customers members someone
    somebody nobody analysts it its many thousands millions others those friend friends guy guys ppl them his her y'all why don't
    company app nobody's there's one bait flight flights crew plane
"""
OTHERS = frozenset(_OTHERS_WORDS.split())
# what turns it round
_NEGATIONS_WORDS = """
    not never didn't don't won't haven't hasn't isn't wasn't no without wouldn't dont didnt wont cannot shouldn't aren't
"""
NEGATIONS = frozenset(_NEGATIONS_WORDS.split())
# what joins a verb to a subject further back
_JOINING_WORDS = """
    and so then or but because if until after before when
"""
JOINING = frozenset(_JOINING_WORDS.split())
# what may stand between the author and the verb
_LEADING_WORDS = """
    just now already also am are be been being is was have had has having will would going gonna go to want wanna wants wanted need
    needs needed decided decide plan planning try trying tried about ready time tempted thinking think of considering consider
    considered looking might may must should can could shall let let's lets please pls plz how do does did where when both again
    today tonight it's guess rather tomorrow yesterday straight right immediately soon best better gotta got get getting forced
    hereby all even ever advise asked ask asking called call impossible hard difficult easy option button press hit pressed click
    clicked clicking can't cant convinced convince told tell parents wife husband whole entire family mom dad mum partner kids
    household team boss roommate my our the seriously literally sadly hello hi hey ok okay yes yeah yep well nope bye lol omg wow
    btw fyi anyway honestly tbh once more finally since off next last first too ugh oh damn fuck ended up in process middle spent
    hours minutes hour definately definatly deffinately defo prob probs on hold way order contemplating debating afraid happy glad
    sad deciding prepare prepared preparing so and then step reason reasons sick tired enough with for still
"""
LEADING = frozenset(_LEADING_WORDS.split())
BASE = re.compile(
    r"(?:cancel|cancle|quit|stop+|delete|end|close|boycott|drop|ditch|dump|leave|switch|unsubscribe|terminate|kill|pull|scrap|abandon|move|go|take|walk away|jump ship)\b"
)
# what a brand is called without its name
_OURSELVES_WORDS = """
    you this them here it my our your the
"""
OURSELVES = frozenset(_OURSELVES_WORDS.split())
# what has a capital, or follows `to` and `for`, and is no name of a rival
_NO_NAME_WORDS = """
    i i'm i've i'll i'd the a an my me it this that you your we our us they them good better best something anything nothing else
    another now never ever life years months free books being getting monday tuesday wednesday thursday friday saturday sunday
    january february march april may june july august september october november december tv hd uhd wifi dvd usa uk ceo lol omg wtf
    tho ok pc ps4 ps5 mr mrs ms english god christmas thanksgiving easter new no not just more less having watching other others
    someone anyone what one two some any cable dish each hbo's real reading annual monthly yearly premium basic standard chat
    customer support and or but dm faq app apps android ios iphone ipad google xbox playstation roku vpn
"""
NO_NAME = frozenset(_NO_NAME_WORDS.split())
NAME_ENDS = re.compile(
    r"\W*(?:$|[.!?,;:\n)])|\W+(?:and|but|so|or|then|this|last|next|today|now|tonight|tomorrow|yesterday|soon|because|cuz|as|after|when|if|since|until|before|in|on|with"
    r"|for|from|anyway|already|immediately|years?|months?|weeks?|ago|a|the|which|who|where|while|at|it|i|we|my|is|was|has|instead|asap|only|just|lol|end|over|once|yet|by|due|thanks|to)\b"
)
ANY_NAME = re.compile(f"[{OWN}{RIVAL}{NAME}]")
WITH = re.compile(rf" (?:with|to|from|at|for) [@#]?[{OWN}{RIVAL}{NAME}]")
PAST = re.compile(r"(?:cancel+ed|closed|deleted|terminated|ended|dropped|suspended|stopped|discontinued|deactivated)\b")
PASSIVE = frozenset(["got", "gets", "get", "getting", "was", "were", "been", "being", "is", "are", "be"])
OR_OWN = re.compile(rf" or (?:to )?[@#]?{OWN}")
PLAN_AFTER = re.compile(rf" (?:{MINE}|{HERE}|(?:(?:my|our|the) )?(?:[a-z]+ )?[@#]?{OWN}+)")
BARE_AFTER = re.compile(
    r"\W*(?:$|[.!?,;:)\n\"\]—–…]|\.\.)"
    r"|\W+(?:today|tonight|now|yesterday|tomorrow|immediately|instantly|right|last|after|back (?:in|on)|because|cuz|coz|bc|cause|due|over|and|but|so|for(?! nothing)|when|as|since"
    r"|until|before|if|at|in|already|too|also|it(?! for me)|that|both|everything|all|mine|ours|asap|lol|every|you|u|y'all|them(?!selves)|soon|again|within|without|like|this (?:app|service|sub|crap|shit|"
    r"garbage|trash|thing|company|stupid|membership|account|week|month|morning|weekend|evening|afternoon|year|year|joke|ridiculous|after|now|is|was)|on (?:the|mon|tue|wed|thu|fri|sat|sun|my)|with(?= you| them| \W)|next|once|mid|from|during|ours|unless|please|pls|plz|thanks|hbu|bye|long|the (?:service|app|subscription|sub|membership|trial|plan|whole|damn|account|contract))\b"
)
OPEN = re.compile(
    r"\b(?:would|wouldn't|might|could) (?:\w+ )?(?:leave|left|cancel|switch|quit|have)\b[^.!?]*\bbut\b|\b(?:was|were) (?:going|about|ready|planning|gonna) to\b[^.!?]*\bbut\b"
    r"|\bif (?:i|we|you) (?:cancel|quit|leave|switch|unsubscribe)\w*\b[^.!?]*\b(?:do|does|will|can|would|is) (?:i|we|my|it|you|the|they)\b|\b(?:does|will|do) \w*cancel\w* (?:keep|end|mean)|\bshould (?:i|we) (?:cancel|quit|leave|switch)"
    r"|\b(?:tried|trying) to switch to\b[^.!?]*\bno\b"
)
JOINS = re.compile(
    rf"\b(?:join(?:ed|ing|s)?|(?:switch|mov|com|go|chang|convert|return|sign)(?:e|ed|ing|es)?(?: (?!from)\w+){{0,4}}? to|went to|back to|over to) (?:a |an |the |my )?[@#]?{OWN}"
    rf"|\b(?:join|come to|coming to|switch to|move to) (?:you|u)\b|\bcoming soon\b|\bhello,? [@#]?{OWN}"
)

VETO = re.compile(
    r"\b(?:almost|nearly|close to) (?:\w+ )?(?:cancel|quit|left|leav|switch)\w*"
    r"|\b(?:i|we)(?:'m| am|'ll| will|'re| are|'ve| have)?(?: (?:be|so|just|probably|still|guess|decided to|chose to|think|gonna|going to|definitely|happily|glad|am|now))* (?<!not )(?:staying|stayed|stay|sticking (?:with|around)|keeping|keep|kept) (?:with|put|on|for|it|the|my|here|around|a|our|ᚠ|subs)"
    r"|\bso i'?m staying|\bstaying for now|\bdecided (?:to stay|to keep|not to|against)|\bchanged my mind|\btalked me (?:out|into)|\bkeeps me\b"
    r"|\b(?:glad|happy) (?:i|we) (?:kept|stayed|didn'?t|did not|never)|\bi'?ll stay\b"
)
"""Said of somebody who thought of leaving and did not."""

RETURNED = re.compile(
    r"(?<!not )(?<!never )(?<!won't be )(?<!not be )(?<!ever )\b(?:came back|coming back|come back|went back to ᚠ|back (?:to|with|on) ᚠ|(?:i'?m|we'?re|and|now) back\b(?! to (?:ᚢ|ᚦ))|re-?sub\w*|re-?join\w*|re-?activat\w*|re-?new(?:ed|ing) (?!my card)|re-?instat\w*|signed (?:back )?up again|signed back up|resum(?:e|ed|ing)|re-?start(?:ed)?|undo|by mistake|accident\w+)\b"
)
"""Said of somebody who left and came back; a text with it says `cancel` only where it is said of the future."""

OBJECT_ENDS = re.compile(r"[.!?\n,;:()\"“”—–*]|\b(?:when|until|once|after|because|if|before|over|for|during|as|while|since)\b")
NOT_OURS = re.compile(
    r"\b(?:shows?|series|seasons?|episodes?|flight\w*|orders?|meetings?|trips?|reservations?|bookings?|class(?:es)?|appointments?|hotel|items?|characters?|plans for|weekend"
    r"|tickets?|concerts?|tours?|games?|part(?:y|ies)|events?|delivery|deliveries|shipment|ride|movies?|films?|titles?|projects?|culture|noise|payment|transaction|leg|dates?|dinner|checks?|job|smoking|school|reminder|alarm|download\w*|request|claim|call)\b"
)
"""What else is cancelled, dropped or left."""
