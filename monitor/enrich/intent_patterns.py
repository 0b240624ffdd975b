"""The patterns by which intents are found, over a text in lower case whose names are masked (see `monitor.enrich.intent`).

Each stands with words one of which must be in the text before it is tried; `cancel*` is every word that begins so, and where `+`
stands between two lists, there must be one of each. What a pattern may name: `own` the watched brand, `rival` another, `to` whom
one leaves for, `from`, `object` and `rest` what one leaves; `button` is what is pressed to leave.
"""

# ruff: noqa: E501 - a pattern is one line, however long

import re
from typing import Literal, NamedTuple

OWN, RIVAL, NAME = "ᚠ", "ᚢ", "ᚦ"
"""A letter of the watched brand's name, of a known rival's, of what is written like another name: letters nobody posts in."""

LEAVING = ("cancel", "switch")
"""The intents of the patterns below, as they are called there."""

Check = Literal["speaker", "given up", "said"]


class Pattern(NamedTuple):
    """One way to say something.

    words  without which it cannot be found: a list, or two
    check  speaker: said by the author of their own doing (looked for before the match);
           given up: that, and what follows is the brand or a subscription to it; said: as it stands
    gate   a part of it that is found sooner, and without which it cannot be found; None where there is no such part
    """

    intent: str
    words: str
    check: Check
    regex: re.Pattern[str]
    gate: re.Pattern[str] | None


def pattern(intent: str, words: str, check: Check, body: str, gate: str = "") -> Pattern:
    """A pattern whose expression is still to be read."""
    return Pattern(intent, words, check, re.compile(body), re.compile(gate) if gate else None)


US = rf"[@#]?{OWN}++(?:'s)?"
_R = rf"[@#]?[{RIVAL}{NAME}]++(?:'s)?"
_YOU = r"(?:you|u|ya|y'?all)(?: (?:guys|all|people|lot|folks|clowns|crooks))?\b"
_FIRM = r"(?:app|service|company|provider|carrier|operator|network|airline|platform|bank|site|store|shop|gym|business|circus|joke|crap|shit\w*|nonsense|mess|scam)"
HERE = rf"(?:{US}|{_YOU}|(?:this|the|your|that|such a) (?:[a-z-]+ ){{0,2}}?{_FIRM}|them\b|these (?:guys|people|clowns|crooks|thieves))"
PLAN = (
    r"(?:subs?|subscri[pb]\w*|memberships?|accounts?|acc|acct|plan|contracts?|services?|renewal|auto-?renew(?:al)?|auto-?pay|package"
    r"|premium|prime|cable|phone line|lines|policy|card|payments?|service|licen[cs]es?|free trial|trial)"
)
_OF = r"(?:my|our|the|this|that|your|a|an|both|all|its|mine|\w+'s)"
MINE = rf"(?:{_OF} )*(?:(?:{US}|(?!(?:from|of|on|in|to|with|for|at|and|or|but) )[a-z0-9-]+) ){{0,3}}?{PLAN}\b(?! (?:of|button|fee|fees|page|policy|email|process))"
_ELSE = (
    r"(?:(?:an)?other|a (?:new|different|better|cheaper|real)|some|any|the|something|anything|someone|anyone|somebody|anywhere)"
    r"(?: (?:new|different|better|cheaper|other))? ?(?:else|provider|carrier|operator|network|service|company|platform|airline|app|bank|competit\w+|competition)"
)
_SUFFIX = r"(?: (?:tv|plus|prime|max|music|mobile|video|live|one|unlimited|wireless|fiber|premium)\b| ?\+)*"
_TO = rf"(?:(?P<to>{_R}{_SUFFIX})|(?P<own>{US}|{_YOU}(?=\W*(?:$|[.,!?])))|(?P<else>{_ELSE}|competit\w+|the competition))"
_ANY = rf"(?P<to>[@#]?[\w'&+{OWN}{RIVAL}{NAME}-]++{_SUFFIX})"
_NOW = r"(?:today|tonight|tomorrow|now|soon|already|asap|immediately|for good|forever|this (?:week|month|weekend)|next (?:week|month|year))"
_EVER = r"(?:fly|flying|use|using|shop|shopping|buy|buying|order|ordering|book|booking|subscrib\w+|pay|paying|watch|watching|stay|staying|rent|renting|do business|doing business|deal|dealing|travel\w*|go|going|come|coming|return\w*|set foot|spend|spending|give|giving|renew\w*|trust\w*|bank|banking|support|supporting|step)"
_END = r"(?=\W*(?:$|[.!?\n,;]| and\b| so\b| but\b| after\b| at\b| for\b| because\b| if\b| when\b| as\b| by\b| before\b| this\b| next\b))"

CHURN = (
    pattern(
        "cancel",
        "cancel* unsubscribe + button link option where find",
        "said",
        r"\b(?:where(?:'s| is| the hell is| on earth is)|(?:can'?t|cannot|couldn'?t|how (?:do|can) i|to|trying to) (?:even )?find) (?:the |a |an |that |your )?(?:\w+ )?(?P<button>cancel|cancell?ation|unsubscribe)\w* (?:button|link|option|page)",
    ),
    pattern(
        "cancel",
        "cancel unsubscribe + hit hitting press* click* smash* tap* push*",
        "speaker",
        r"\b(?:hit(?:ting)?|(?:press|click|smash|tapp?|push)(?:ed|ing)) (?:on )?(?:the |that )?(?P<button>cancel|unsubscribe)\b(?! culture)(?: button| link| option)?",
    ),
    # giving up: what follows the verb is looked at by `intent`
    pattern(
        "cancel", "cancel* cancl* canel*", "given up", r"\b(?:cancel|cancle|canel)(?:l?ed|l?ing|l?in|d|l)?\b(?!-| culture| button| fee)"
    ),
    pattern("cancel", "unsub*", "speaker", r"\bunsub*(?:scrib\w+|bed|bing)?\b"),
    pattern("cancel", "quit*", "given up", r"\bquit(?:t?ing)?\b"),
    pattern(
        "cancel",
        "terminat* close closed closing end ended ending delet* deactivat* stop* pull pulled pulling kill* drop* ditch* dump* axe axed axing scrap* discontinu* suspend* + sub subs subsc* member* account* acc acct plan contract* service* renewal* package premium prime cable phone lines policy card payment* licen* trial auto*",
        "speaker",
        rf"\b(?:terminat|clos|end|delet|deactivat|stop+|pull|kill|drop+|ditch|dump|ax|scrap+|discontinu|suspend)(?:e|ed|ing|d)?"
        rf" (?P<object>{MINE})(?P<rest>(?: (?:with|at|to|from) (?:{US}|{_R}|{_YOU}))?)",
    ),
    pattern(
        "cancel",
        "ditch* dump* drop* axe* scrap* abandon* kick* leav* left quit* cancel* swap* trad* replac* + for with",
        "speaker",
        rf"\b(?:(?P<swap>swap+|trad|replac)|ditch|dump|drop+|ax|scrap+|abandon|kick|leav|left|quit+|cancel+)(?:e|ed|ing|d)?"
        rf" (?:(?:my|our|the|out of) )?{US}(?: (?!and\b|or\b)[a-z]+){{0,2}}? (?:for|(?(swap)with|for)) (?:the )?{_ANY}",
        rf"{OWN}(?:'s)?(?: [a-z]+){{0,2}} (?:for|with) ",
    ),
    pattern(
        "cancel",
        "ditch* dump* drop* boycott* abandon* leav* left",
        "speaker",
        rf"\b(?:ditch|dump|drop+|boycott|abandon|leav|left)(?:e|ed|ing)? (?:(?:my|our) )?(?:(?P<rival>{_R})|{HERE})(?! (?:soon:|soon\W*$|a|an|as|running|open|for (?:a|the|good reason|\d)|alone|out|feedback|comment|with|me|us|hanging|waiting|on|in|at) ?\b)",
    ),
    pattern("cancel", "left", "said", r"(?<=and )left(?=\W*$|\.)"),
    pattern(
        "cancel",
        "leav*",
        "speaker",
        rf"\b(?:leave|leaving|leavin|leavnig|leaveing)\b(?:\W*$|\W*[.!?,]| {_NOW}| (?:for good|by the|at the end|because|due to|over|after|when|if|as soon|asap))",
    ),
    pattern("cancel", "pull* + plug", "speaker", r"\bpull(?:ed|ing)? the plug\b"),
    pattern(
        "cancel",
        "cut* jump* walk* call* + cord ship quits",
        "speaker",
        r"\b(?:cut(?:ting)? the cord|jump(?:ed|ing)? ship|call(?:ed|ing)? it quits)\b",
    ),
    pattern(
        "cancel",
        "stop* quit* + paying subscribing using flying shopping supporting giving",
        "speaker",
        rf"\b(?:stop+(?:ed|ing)?|quit(?:ting)?) (?:paying|subscribing|using|flying|shopping|supporting|giving)\b(?: (?:for|on|with|to|at))?(?: the)? (?:{HERE}|it\b|my account|(?:my|our|this) subs\w*)(?! from)",
    ),
    # moving
    pattern(
        "switch",
        "switch* move moved moving chang* port ported porting transfer* migrat* jump* churn* defect* going go went convert* hop hopped hopping coming + from",
        "speaker",
        rf"\b(?:switch|mov|chang|port|transfer+|migrat|jump|churn|defect|convert|hop+|go|went|com)(?:e|ed|ing|s)?(?: [a-z'-]+){{0,6}}? (?:away )?from (?:(?P<from>{US}|{_R})|(?P<unnamed>[a-z0-9'-]+))(?: (?!to\b)[a-z0-9]+){{0,2}}? (?:(?:over|back) )?(?:on )?to (?:the )?{_ANY}",
        r" from \S+(?: \S+){0,4} to ",
    ),
    pattern(
        "switch",
        "switch* move moved moving chang* port ported porting transfer* migrat* jump* hop hopped hopping defect* convert* head* go going went take taking bring bringing + to",
        "speaker",
        rf"\b(?:(?:switch|chang|port|transfer+|migrat|jump|hop+|defect|convert)(?:e|ed|ing|s)?|(?:mov|head|go|went|tak|bring)(?:e|ed|ing|es)?(?=[^.!?\n]{{0,60}} to (?:(?:the )?[@#]?(?:{RIVAL}|{OWN})|@)|[^.!?\n]{{1,40}}\b(?:lines?|numbers?|business|money|account|accounts|subscription|custom|family|household) |[^.!?\n]{{0,40}} (?:over to|to {_ELSE}))|mov(?:e|ed|ing)(?= to (?:you|the competition)))"
        rf"(?: (?!from\b|not\b|in\b)[a-z0-9'-]+){{0,5}}?(?: (?:over|back))? to (?:the )?{_TO}",
        rf" to (?:the )?{_TO}",
    ),
    pattern("switch", "switch*", "speaker", rf"\bswitch(?:ed|ing)? ?(?:{_NOW}|over)?(?=\W*(?:$|[.!?\n]))"),
    pattern(
        "switch",
        "switch* port porting ported + provider* carrier* operator* network* bank* service* airline* compan* number*",
        "speaker",
        r"\b(?:switch|port)(?:ed|ing)? (?:away|out)?\s*(?:(?:my|our) )?(?:\w+ )?(?:provider|carrier|operator|network|bank|service|airline|compan\w+|number|numbers|lines)s?\b",
    ),
    pattern(
        "switch",
        "port* moved moving + number numbers line lines",
        "said",
        r"\b(?:number|numbers|lines?) (?:is |are |will be |being |getting )?(?:port(?:s|ed|ing)|moved|moving) (?:out|over|away)\b",
    ),
    pattern(
        "switch",
        "get gets getting got has have earned won + my our + money business custom subscription cash",
        "said",
        rf"(?P<to>{_R}) (?:now |just |already )?(?:gets?|got|is getting|has|will get|can have|earned|won) (?:my|our) (?:money|business|custom|subscription|cash)",
        r"(?:my|our) (?:money|business|custom|subscription|cash)",
    ),
    pattern(
        "switch",
        "instead",
        "said",
        rf"\b(?:joined|bought|got|getting|went with|going with|signed up (?:for|with|to)|ordered|trying|using) (?P<to>{_R}) instead\b",
    ),
    pattern(
        "switch",
        "competit* elsewhere another new + try trying join joining look looking find finding go going shop shopping",
        "speaker",
        r"\b(?:try|trying|join|joining|look|looking|find|finding|go|going|shop|shopping)(?: for| at| into| with)? (?:elsewhere|the competit\w+|another (?:provider|carrier|operator|network|company|airline|bank)|a new (?:provider|carrier|operator|airline|bank))",
    ),
    pattern(
        "switch",
        "elsewhere else",
        "said",
        r"\b(?:tak(?:e|ing)|took|spend(?:ing)?) (?:my|our) (?:\w+ )?(?:money|business|custom|family|patronage|loyalty) (?:elsewhere|somewhere else)",
    ),
    pattern(
        "switch",
        "sign signed signing",
        "speaker",
        rf"\bsign(?:ed|ing)?(?: up)? (?:for|with|to) (?P<to>{_R})(?: or {_R})?(?: {_NOW}| as soon as)",
    ),
    pattern("switch", "leaning", "speaker", r"\bleaning (?:that|this) way\b"),
    # as it stands
    pattern(
        "cancel",
        "bye* goodbye farewell long adios hasta sayonara revoir cya see + bye* goodbye farewell so adios hasta sayonara revoir cya ya",
        "said",
        rf"\b(?:(?:good)?bye(?: ?bye)?|so long|farewell|adios|hasta la vista|sayonara|au revoir|cya|see ya)\b,? (?:to )?(?:(?P<rival>{_R})|{HERE})",
    ),
    pattern("cancel", "bye bye-bye goodbye", "said", r"\b(?:so|say\w*|good)\W{0,3} ?(?:bye ?bye|goodbye)\W*$"),
    pattern(
        "cancel",
        "lost lose losing",
        "said",
        rf"\b(?:los[te]|losing) (?:yourselves |yourself )?(?:a|an|another|one more|one|this|your|my|our|me and|me as|us as|\w+ of your)(?: (?!million|thousand)[a-z-]+){{0,4}}? ?(?:customers?|subscribers?|members?|clients?|family|families|households?|business|users?|viewers?|passengers?|flyers?)\b(?! of (?:the|my|our|his|her))|\b(?:you(?:'ve|'ll| have| will)?(?: just)?|{US}(?: has| just)*) (?:los[te]|losing) (?:me|us)\b(?! (?:at|when|in|there|with|on|my|our))",
    ),
    pattern(
        "cancel",
        "renew renewing",
        "said",
        r"(?:\bnot (?:be |going to |gonna |even )?|\bwon'?t (?:be )?|\bwill not (?:be )?|\bnever |\bno longer |\brefus\w+ to |\bdon'?t (?:plan|intend|want) (?:to|on) |\bain'?t )renew(?:ing)?\b",
    ),
    pattern(
        "cancel",
        "lapse expire run die + let letting",
        "speaker",
        rf"\blet(?:ting)? (?:it|{MINE}|(?:my |our )?{US})(?: \w+)? (?:lapse|expire|run out)\b",
    ),
    pattern(
        "cancel",
        "sub subs subscription subscriptions membership memberships account accounts contract contracts acct + cancel* closed deleted terminated gone over done history ended toast dead finished",
        "said",
        rf"(?:^|[.!?,;\n]\W*|\b(?:my|our|and|mine|both) )(?:(?:my|our|{US}) )*(?P<object>(?:sub|subscription|membership|account|contract|acct)s?)(?:'s| is| are| will be|'ll be| now| just)*(?: (?:officially|now|already|finally|just|being|getting|to be|as good as|hereby))* (?:cancel+ed|closed|deleted|terminated|gone|over|done|history|ended|toast|dead|finished)\b(?! (?:by|without|for no|and i can'?t|because (?:you|they)|automatically|due to))",
    ),
    pattern(
        "cancel",
        "ends expires runs stops",
        "said",
        rf"\b(?:subscription|membership|sub|contract) (?:ends|expires|runs out|stops) (?:{_NOW}|on|at|in|this|mon|tue|wed|thu|fri|sat|sun)\w*",
    ),
    pattern(
        "cancel",
        "done out gone through finished + i'm im we're were am are",
        "said",
        rf"(?<!when )(?<!if )(?<!while )(?<!time )(?<!that )\b(?:i'?m|we'?re|i am|we are|i swear i'?m) (?:so |all |completely |officially |totally |absolutely |just |now |fucking |f\w+ing )*(?:(?:done|finished|through) (?:with|using|paying|supporting) (?:(?P<rival>{_R})|{HERE})|(?:out|gone|done(?= (?:after|at the end|for good|here\b|as soon)))(?! of| for(?! good)| to| in| on| with| at| here| there| loud| and about| sick){_END})",
        r"[iw](?:'?m|e'?re| am|e are) (?:[\w*]+ )*?(?:done|finished|through|out|gone)\b",
    ),
    pattern("cancel", "done finished + with", "speaker", rf"\b(?:done|finished) with (?:{HERE})(?! (?:chat|issue|problem))"),
    pattern(
        "cancel",
        "longer",
        "speaker",
        r"\bno longer (?:be )?(?:an? )?(?:\w+ )?(?:customer|subscriber|member|client|paying|subscribing|subscribed|using|supporting|flying|shopping|doing business|willing to pay)\b",
    ),
    pattern(
        "cancel",
        "ex-* ex former",
        "said",
        rf"\b(?:i'?m|i am|we'?re|we are|now|signed|from|sincerely|an) (?:a |an |your )?(?:now )?(?:former|ex-?)\s?(?:{US} )?(?:customer|subscriber|member|client)",
    ),
    pattern(
        "cancel",
        "never nvr not + again anymore more longer ever you them this company airline + fly* us* shop* buy* order* book* subscrib* pay* watch* stay* rent* do doing deal* travel* go going come coming return* set spend* give giving renew* trust* bank* support* step",
        "speaker",
        rf"\b(?:never|nvr)(?: ever)?(?: be| again)? {_EVER}\b[^.!?\n]{{0,40}}\b(?:(?<!and )again|{HERE})|\bnot {_EVER}\b[^.!?\n]{{0,30}}\b(?:(?<!and )again|any ?more|any longer)\b",
        rf"n(?:ever|vr|ot)(?: ever)?(?: be| again)? {_EVER}\b",
    ),
    pattern("cancel", "never + again", "said", rf"(?:^|[.!?\n,]\W*)never + again\b(?=\W*(?:$|[.!?\n]|{US}|with|will (?:i|we)))"),
    pattern(
        "cancel",
        "last + time month flight trip order purchase payment bill year",
        "said",
        rf"\b(?:this (?:is|was|will be)|that'?s|was) (?:definitely |officially |probably |gonna be |going to be )?(?:my|our|the) (?:very )?last (?:time|month|flight|trip|order|purchase|payment|bill|year)\b(?: (?:i|we|with|for|flying|using|as|on|ever|from|paying|subscribing)|\W*(?:$|[.!?]))|\blast time (?:i|we)(?:'ll|'m|'d| will| am| ever| plan)+ (?:\w+ )?{_EVER}",
    ),
    pattern(
        "cancel",
        "cent penny dime dollar money buck + won't wont not never don't dont cannot refuse longer",
        "said",
        r"\b(?:won'?t|not|never|don'?t|will not|cannot|refuse to|no longer)(?: (?:be|going to|gonna|ever|get|getting|see|seeing|give|giving|pay|paying|spend|spending|having|you|them|him))+ (?:another|one more|any more|a single|any) ?(?:cent|penny|dime|dollar|red cent|(?:of )?(?:my |our )?money|buck)\b",
    ),
    pattern(
        "cancel",
        "pay paying",
        "speaker",
        rf"\b(?:not|won'?t be|refuse to|stop+ed|done|quit|will not be) (?:going to |gonna )?pay(?:ing)? (?:for )?(?:{HERE}|it|this|that) (?:anymore|any longer|any more|again|after|from now)",
    ),
    pattern("cancel", "staying stay sticking", "speaker", r"\bnot (?:staying|sticking|going to stay)(?: (?:with|at|around)\b)?"),
    pattern("cancel", "vot* + wallet feet money", "speaker", r"\bvot(?:e|ed|ing) with (?:my|our) (?:wallet|feet|money)"),
    pattern(
        "cancel", "kiss* count + goodbye bye out", "said", r"\b(?:kiss(?:ed|ing)? (?:my|our) [^.!?]{0,30}good ?bye|count (?:me|us) out)\b"
    ),
    pattern(
        "cancel",
        "let + leave out go quit unsubscribe cancel",
        "said",
        rf"\blet (?:me|us) (?:leave|out|go|quit|unsub*scribe|cancel)(?=\W*(?:$|[.!?\n]|{PLAN}|my|{US}))",
    ),
    pattern("cancel", "can't cant + use", "speaker", r"\bcan'?t use this (?:service|app|company) any ?more"),
    pattern("cancel", "pull* + my our", "speaker", r"\bpull(?:ed|ing)? (?:my|our) (?:\w+ )?(?:business|money|subscription|account)"),
)
