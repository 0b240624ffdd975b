"""The patterns of what people want or tell without leaving: a refund, an outage, praise, a question."""

# ruff: noqa: E501 - a pattern is one line, however long

import re

from monitor.enrich.intent_patterns import OWN, US, pattern

REFUND = (
    pattern(
        "refund",
        "refund*",
        "said",
        r"\b(?:(?:i|we|i'd|i'll|we'd|me|us)(?:'ve| have| am|'m| are| would| will)?(?: \w+){0,4}|want|need|demand\w*|request\w*|get|give|where'?s|where is|waiting (?:for|on)|owe(?:d|s)?|due|asked for|asking for|still no|no|denied|refus\w+|please|expect\w*|deserve)(?: (?:me|us|my|our|a|an|the|full|complete|that|any|on|for|to|be|get|damn|fucking|partial|immediate))* (?:refund|refunded)\b",
    ),
    pattern("refund", "refund*", "said", r"\brefund (?:me|us|my|our|the money|please|pls|now|immediately|required|requested)\b"),
    pattern(
        "refund",
        "money return reimburse",
        "said",
        r"\b(?:want|need|get|getting|give|gimme|demand\w*|asked for|ask for|return|send|have|where'?s|where is|back)(?: me| us| all)? (?:of )?(?:my|our) (?:\w+ )?money(?: back| returned)\b|\b(?:return|reimburse) (?:me|us|my|our) (?:\w+ )?(?:money|payment|cash)?\b",
    ),
    pattern(
        "refund",
        "chargeback* charge disput* reimburs* compensat*",
        "said",
        r"\b(?:disput(?:e|ed|ing) (?:the|this|that|it|filed|with my bank)|dispute filed|charge ?backs?\b|reimburse (?:me|us)|compensate (?:me|us)|want (?:\w+ )?compensation)",
    ),
)

OUTAGE = (
    pattern(
        "outage_report",
        "down",
        "said",
        rf"(?:{US}|\b(?:app|site|website|server|servers|service|internet|wifi|network|system|systems|stream|everything|it|page|login|line|lines))(?: (?:is|are|seems|has been|went|goes|has gone|going|still|completely|totally|also|fully|currently|all|back|keeps going|been))*(?:'s)?(?: \w+)? down\b(?! (?:to|by|for the count|with|your|the|my|payment))",
    ),
    pattern("outage_report", "down", "said", rf"\bis (?:{US}|it|the (?:app|site|service|network)) (?:\w+ )?down\b"),
    pattern(
        "outage_report",
        "outage*",
        "said",
        r"\b(?:outage|outages)\b(?=[^.!?\n]{0,30}(?:\?|here|again|right now|still|in my|in our|going on|for (?:the|over)|hour|since))|\b(?:is there|there'?s|having|another|an|because of the|due to the|during the|reporting an?|massive|major|total) outages?\b",
    ),
    pattern(
        "outage_report",
        "not isn't doesn't won't stopped nothing aren't wasn't hasn't didn't + work* load* open* connect* respond* play* start let",
        "said",
        r"\b(?:not (?:working|loading|opening|connecting|responding|playing)|(?:is|are|was|does|has|did)n'?t (?:\w+ )?(?:work|working|load|loading|open|opening|connect|play|playing|start)|won'?t (?:even )?(?:work|load|open|play|connect|start|let me (?:log|sign))|stopped working|nothing (?:works|loads|plays)|not open)\b",
    ),
    pattern(
        "outage_report",
        "can't cannot cant unable couldn't can could + log* sign* connect* load* stream* access* get open* watch play make send",
        "said",
        r"\b(?:can'?t|cannot|unable to|couldn'?t|could not|can not)(?: (?:even|seem to|get to|get|be able to))* (?:log ?(?:in|on|into)|login|sign ?(?:in|into)|connect|load|stream|access|get (?:online|on|in|through)|open|watch anything|play anything|make calls|send)\b",
        r"(?:can'?t|can ?not|unable to|could(?:n'?t| not)) (?:even|seem|be|log|sign|connect|load|stream|access|get|open|watch|play|make|send)",
    ),
    pattern(
        "outage_report",
        "no without lost zero + signal internet connection service network wifi wi-fi picture sound coverage reception data",
        "said",
        r"\b(?:no|without|lost|zero|have no) (?:signal|internet|connection|service(?! (?:at all )?from)|network|wi-?fi|picture|sound|coverage|reception|data)\b",
    ),
    pattern(
        "outage_report",
        "error*",
        "said",
        r"\berror (?:code|message|\d+)|\b(?:getting|get|gives?|got|shows?|keeps? (?:getting|saying)|same|an) (?:an |the |this )?error\b",
    ),
    pattern(
        "outage_report",
        "crash* freez* froze* buffer* kick* logg* black stopping spinning hung stall*",
        "said",
        r"\b(?:crash(?:es|ed|ing)|fr[eo]{1,2}z(?:e|es|en|ing)|buffer(?:s|ing)|kick(?:s|ed|ing) me (?:out|off)|logg(?:ed|ing|s) me out|black screen|keeps stopping|spinning (?:wheel|circle)|hung|stalls|stalled)\b",
    ),
)

PRAISE = (
    pattern(
        "praise",
        "love* adore*",
        "said",
        rf"\b(?:i|we)(?: \w+){{0,3}} (?:love|loved|adore|adored) (?:{US}|this|it|that|you|the|your|my|how|these|watching|using|flying)\b(?! to (?:see|know|have)| if)|(?:^|[.!?\n]\W*)(?:absolutely |really |just |still |totally )?love (?:{US}|it|this|you|the|how)\b|\blove (?:you|u|y'all|ya) (?:guys|all|{US})|\blove {US}",
    ),
    pattern(
        "praise",
        "thank* thx ty kudos props shout* done hats bravo job work fair credit appreciate + thank* thx ty kudos props shout* hats bravo well good great nice play where appreciate",
        "said",
        rf"\b(?:thank you|thanks|thx|ty)(?: (?:so|very) much| a lot| a million)? (?:{US}|for (?!nothing|the (?:help|response|info)\?)|to)|\b(?:kudos|props|shout ?out|hats off|bravo|fair play)\b|\b(?:well done|good job|great job|nice work|great work|good work)\b(?! (?:if|on (?:ruin|los|mak)))|\bcredit where|\b(?:i|we) (?:really |so |truly )?appreciate (?:{US}|you|your|it|that|the)",
    ),
    pattern(
        "praise",
        "best",
        "said",
        rf"\b(?:{US}|this|it|you|you're|they|they're|that)(?: \w+)? (?:is|are|was|has|have|been|'s|got|the)(?: \w+)? (?:by far |hands down |simply |honestly |just |still |really )*(?:the )?best\b(?! (?:regards|buy|if|to|way to))|\bbest (?:app|service|airline|customer service|streaming|company|provider|network|carrier|show|series|support|flight|crew|thing)\b[^.!?\n]{{0,24}}(?:ever|around|hands down|out there|in the|{US}|i've|far)",
    ),
    pattern("praise", "recommend", "said", r"\b(?:highly|definitely|strongly|would|totally|can|absolutely) recommend\b"),
    pattern(
        "praise",
        "amazing awesome excellent fantastic brilliant wonderful incredible superb perfect flawless outstanding great",
        "said",
        rf"(?:{US}|\b(?:this|it|it's|you|you're|you guys|crew|service|support|app|staff|team|agent|they|they're|season|show|finale|episode))(?: (?:is|are|was|were|has been|'s|just|really|so|absolutely|truly|simply|pretty|been|always))* (?:amazing|awesome|excellent|fantastic|brilliant|wonderful|incredible|superb|perfect|flawless|outstanding|great)\b(?! (?:but|if|until|when|before|how|that you)\b)",
    ),
    pattern(
        "praise",
        "great excellent amazing awesome good fantastic outstanding superb brilliant + app service customer experience flight crew show job company platform application streaming movies support staff",
        "said",
        r"(?:^|[.!?\n]\W*)(?:such (?:a|an) |what (?:a|an) |very |really )?(?:great|excellent|amazing|awesome|fantastic|outstanding|superb|brilliant|good) (?:app|service|customer service|experience|flight|crew|show|job|company|platform|application|streaming|movies|support|staff)\b(?! (?:but|if|until|when|before|however)\b)",
    ),
    pattern(
        "praise",
        "impressed pleasantly made lifesaver saver beyond way thrilled fault happy glad + impressed pleasantly my lifesaver life above out thrilled can't cant with i",
        "said",
        r"\b(?:(?<!not )(?<!un)impressed (?:with|by)|pleasantly (?:surprised|shocked)|made my (?:day|week)|life ?saver|above and beyond|out of (?:her|his|their) way|thrilled|can'?t fault|(?<!not )(?<!never )(?:very |so |really )?happy with|glad i (?:kept|chose|switched|got|joined))\b",
    ),
)

QUESTION = re.compile(
    r"(?:^|[.!?\n,:;]\W*|\b(?:hey|hi|hello|so|and|but|also|ok|please|pls|question|guys|" + OWN + r"+)\W+)"
    r"(?:how (?:do|does|can|to|much|long|many|come|would|is)|where (?:do|can|is|are|did)|when (?:do|does|is|are|will|can)|what(?:'s| is| are| does| do| time| happened| happens)"
    r"|which|who (?:do|can|is|has|knows?)|why (?:is|are|do|does|did|can'?t|am|was|has|won'?t)|is (?:there|it|this|the|anyone|anybody|"
    + OWN
    + r")|are (?:there|you|the|they)"
    r"|can (?:i|you|we|someone|anyone|anybody|somebody)|could (?:you|someone|i|we)|do (?:you|i|we|they)|does (?:it|anyone|anybody|someone|the|this|"
    + OWN
    + r")|did (?:you|anyone|they)"
    r"|will (?:you|it|there|the|i|this|"
    + OWN
    + r")|any(?:one|body) (?:know|else|knows|have|having|using|got|tried|here)|any (?:idea|ideas|update|news|chance|plans|word|tips|luck|recommendations|good)"
    r"|should i|would (?:you|it)|has (?:anyone|anybody|it|the)|have you|was (?:there|it))\b[^?\n]{2,220}\?"
)
"""A question that somebody could answer; rhetorical ones of a word or two are left out by what it begins with."""
