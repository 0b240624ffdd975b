"""Texts that nobody meant as an opinion: link farms, sellers of accounts, advertisers, coin give-aways, made-up praise.

Few and certain: a text is called spam where it says what hardly anybody says who has something to tell, most often beside a
link or a way to get in touch. What is missed counts as a mention; what is called spam is kept and shown apart.
"""

# ruff: noqa: E501 - a pattern is one line, however long

import re
from collections.abc import Iterable, Sequence

LONGEST = 3_000
"""Characters that are looked at."""

_CONTACT = r"(?:whats\s?app|telegram|t\.me/|wa\.me/|signal app|\bdm\b|\binbox\b|\bpm me\b|message me|text me|hmu|on instagram|on ig\b|\+\d[\d ()-]{7,}|@\w+ on (?:ig|insta|telegram|tiktok))"
_LINK = re.compile(
    r"https?://|\bwww\.|\b[a-z0-9-]{3,}\.(?:com|net|org|xyz|top|info|site|online|shop|club|live|ru|cc|io|me|link|click|vip|pro|example)\b(?:/\S*)?|\bbit\.ly\b|\btinyurl\b"
)
_REACH = re.compile(
    rf"{_LINK.pattern}|{_CONTACT}|\b(?:link in (?:my )?(?:bio|profile|comments?)|click (?:here|now|the link|below|my (?:bio|profile|name))|order here|dm or click|check (?:my )?bio)\b"
)

# reason · words one of which must be there · what it says · whether there must be a link or a way to get in touch as well
_KINDS = tuple(
    (reason, frozenset(words.split()), re.compile(pattern), needs_reach)
    for reason, words, pattern, needs_reach in (
        (
            "link farm",
            "free leaked download torrent stream streaming livestream watch hd 4k",
            r"\b(?:watch|stream|download|leaked?|streaming|livestream)\b.{0,80}\b(?:full hd|full movie|full episodes?|for free|free hd|hd free|hd quality|no (?:\S+ )?(?:account|login|sign ?up|ads|registration)|no subscription|fast servers?|free online|no buffering)\b"
            r"|\b(?:full hd|hd|4k)\W+free\b.{0,60}|\b(?:free|live) (?:stream|streaming|link|links)\b.{0,40}\b(?:here|hd|click|>>|➡|👉|🔴)|\bfree (?:iptv|movies|premium)\b",
            True,
        ),
        (
            "sells accounts",
            "account accounts premium upgrade subscription subscriptions login logins iptv followers subscribers likes cheap",
            r"\b(?:premium|cheap|shared|cracked|lifetime|fresh|verified|aged|full[- ]access)\b.{0,40}\b(?:accounts?|upgrades?|logins?|subscriptions?|subs|iptv|screens?)\b.{0,90}(?:lifetime|warranty|instant delivery|fast delivery|100 ?% legit|trusted seller|legit seller|in stock|\d+ left|\bleft\b|order here|[$€£] ?\d+|\d+ ?(?:usd|[$€£])|cheap)"
            r"|\b(?:accounts?|iptv|subscriptions?)\b.{0,50}\b(?:lifetime|12 months?|1 year)\b.{0,60}\b(?:warranty|guarantee|cheap|only)\b"
            r"|\b(?:buy|get|boost|gain)\b.{0,20}\b(?:real |cheap |\d+k? )*(?:followers|subscribers|likes|views|reviews)\b.{0,60}",
            True,
        ),
        (
            "free months bait",
            "free gift card giftcard prize winner",
            r"\b(?:get|unlock|claim|grab)\b.{0,40}\bfree\b.{0,40}\b(?:months?|years?|lifetime|premium|forever)\b.{0,40}(?:!!|still working|working 100|verified|no survey|limited|hurry|method|hack|trick|generator)"
            r"|\bfree\b.{0,30}\b(?:gift ?cards?|vouchers?)\b.{0,60}\b(?:claim|click|survey|winner|hurry|limited|today only|first \d+)\b"
            r"|\b(?:congratulations|congrats)\b.{0,60}\b(?:you (?:have been|were|are) (?:selected|chosen)|winner|you(?:'ve| have)? won)\b.{0,80}\b(?:claim|prize|gift|click)",
            True,
        ),
        (
            "coin give-away",
            "btc bitcoin eth ethereum crypto cryptocurrency usdt airdrop token tokens doge dogecoin solana xrp nft coin coins wallet",
            r"\b(?:giving away|give ?away|giveaway|airdrop|double your|doubl(?:e|es|ing) (?:the )?(?:amount|deposit)|claim (?:your|now|free)|free)\b.{0,70}\b(?:btc|bitcoin|eth|ethereum|crypto|usdt|tokens?|doge\w*|solana|xrp|nfts?|coins?)\b"
            r"|\b(?:btc|bitcoin|eth|ethereum|crypto|usdt|tokens?|doge\w*|solana|xrp|nfts?|coins?)\b.{0,50}\b(?:giveaway|give ?away|airdrop|presale|pre-sale|to the moon|pump|100x|1000x|whitelist)\b.{0,120}"
            r"|\bsend\b.{0,30}\b(?:btc|eth|usdt|bitcoin|xrp|doge)\b.{0,50}\b(?:get|receive|back|double)\b",
            True,
        ),
        (
            "promises money",
            "earn make made earning earned invest invested investing investment forex profit profits trader trading broker income dollars withdraw cash",
            r"\b(?:earn|earning|make|making|made|earned)\b.{0,30}(?:[$€£] ?\d[\d,.]*|\d[\d,.]* ?(?:usd|dollars|[$€£])).{0,50}\b(?:daily|per day|a day|weekly|per week|a week|every week|from home|working from home|online|part ?time|within)\b"
            r"|\b(?:forex|bitcoin|crypto|binary|investment|trading)\b.{0,50}\b(?:expert|trader|broker|manager|mentor|platform|signals)\b.{0,100}|\bi (?:invested|started with)\b.{0,60}\b(?:profit|returns?|received|withdr\w+|made)\b"
            r"|\b(?:financial freedom|passive income|work from home job)\b",
            True,
        ),
        (
            "recovery service",
            "hacked recover recovered recovery hacker unban locked",
            r"\b(?:recover(?:ed|y|s)?|unban|unlock(?:ed)?|got (?:back )?(?:my|her|his))\b.{0,60}\b(?:account|funds|money|page|wallet|crypto|bitcoin)\b.{0,90}\b(?:hacker|expert|legit|reliable|trusted|thanks to|contact|reach out|helped me|he is|he's|she's)\b",
            True,
        ),
        (
            "advertises itself",
            "visit check subscribe channel website blog site page profile onlyfans sub4sub f4f followback shop",
            r"\b(?:visit|check(?: out)?|come to|look at|subscribe to|sub to|follow) (?:my|our) (?:\w+ ){0,2}?(?:web ?site|site|blog|channel|page|profile|homepage|onlyfans|etsy|shop|store|youtube|twitch|podcast)\b"
            r"|\b(?:sub4sub|sub for sub|f4f|follow for follow|follow back 100|l4l|like for like|s4s)\b|\bfeel free to (?:visit|surf to|check out) my\b|\b(?:also|please|here is|stop by) (?:visit )?my (?:web ?site|webpage|homepage|blog|web page|page)\b",
            False,
        ),
        (
            "made-up praise",
            "blog article post website webpage site paragraph writing information posts",
            r"\b(?:i(?:'ve| have) been (?:browsing|surfing|exploring) (?:on-?line|for) (?:more than|greater than|a little)|never found any (?:interesting|fascinating) article|pretty worth enough for me|bookmark(?:ed|ing) (?:your|this) (?:blog|web ?site|site|webpage)"
            r"|(?:this (?:blog|web ?site|paragraph|piece of writing)|your (?:blog|web ?site|paragraph|piece of writing))\b.{0,40}\b(?:is (?:really|truly|genuinely) (?:informative|fruitful|pleasant|amazing for)|has (?:helped|provided) me)|keep up the (?:good|great) (?:writing|blogging|posts)|what (?:a|an) (?:informative|fruitful|interesting) (?:blog|article|piece of writing)"
            r"|(?:hello|hi),? i (?:think|believe) (?:that )?i saw you visited my|i(?:'m| am) (?:really|truly) (?:impressed|inspired) with your writing|great (?:web ?site|blog) you (?:have|got)|thank(?:s| you) for (?:sharing )?(?:such|this) (?:an? )?(?:informative|valuable|fastidious|excellent) (?:article|post|information|blog|content)|saved as a favorite)",
            False,
        ),
    )
)
_WORD = re.compile(r"\w+")
_LONGEST_REMEMBERED = 20
_REMEMBERED = 65_536


class _Cues(dict[str, int]):
    """Token to a bit for each kind that one of its words is a sign of; none for most. Filled as tokens are met."""

    def __missing__(self, token: str) -> int:
        found = _WORD.findall(token)
        kinds = sum(1 << at for at, (_, words, _, _) in enumerate(_KINDS) if not words.isdisjoint(found))
        if len(token) <= _LONGEST_REMEMBERED:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[token] = kinds
        return kinds


_cues = _Cues()


def spam_reason(text: str, tokens: Iterable[str], links: Sequence[str] = ()) -> str | None:
    """Why a text is spam, in a few words; None for one that is not.

    tokens  what stands between white space in the text, in lower case
    links   what it links to beside the addresses in it

    >>> text = "Visit my website for free stuff"
    >>> spam_reason(text, text.lower().split())
    'advertises itself'
    """
    kinds = 0
    for some in set(map(_cues.__getitem__, tokens)):
        kinds |= some
    if not kinds:
        return None
    said = text[:LONGEST].lower().replace("’", "'").replace("\n", " ")
    for at, (reason, _, pattern, needs_reach) in enumerate(_KINDS):
        if kinds >> at & 1 and pattern.search(said) and (not needs_reach or links or _REACH.search(said)):
            return reason
    return None
