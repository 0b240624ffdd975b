"""What people say about a streaming service on any day: the rules of the everyday grammar.

A rule's name says what it is about and whether its sentences name the brand (`_named`) or lean on
the place they stand in (`_bare`). All names of shows, sites and services are invented.
"""

# ruff: noqa: E501 - a template is one line, however long

WORDS = {
    "show": """
        Saltmarsh County\nThe Ninth Ferry\nCopper Orchard\nNightjar Lane\nLow Tide Detectives\nGravel & Honey
        Paper Moons of Tarn\nThe Cartographer's Dog\nWinter in Odd\nHollow Pines Academy\nBrass Sparrow\nTen to Midnight Motel
        Velvet Static\nA Field Guide to Liars\nThe Glass Ferryman\nOrbit Diner\nSignal Hill Nurses\nTin Parade\nRuin Street
        Marrow & Sons Upholstery\nThe Long Thursday\nKite Season\nBetween Two Lighthouses\nSmall Claims, Big Feelings\nGoose Hour
        The Understairs\nPetrichor Heights\nNo Refunds in Heaven\nThe Bellweather Tapes\nMoth Court\nAunties of Dock Nine
        Snow Day Forever\nThe Ketchup Heist\nHalf a Lighthouse\nQuarry Kids\nThe Bread Inspectors\nFerris & the Flood
    """,
    "genre": "heist shows\nslow crime dramas\nbaking shows\nspace operas\ncostume dramas\nnature documentaries\nold westerns\nkids' cartoons\nghost stories\ncourtroom dramas\ntravel shows\nstand-up specials\nfamily films\nforeign thrillers",
    "who": "the kids\nmy parents\nmy roommates\nthe grandparents\nour teenagers\nmy sisters\nmy in-laws\nthe twins\nmy coworkers\nthe neighbors\nmy cousins\nthe girls\nthe boys",
    "one": "my wife\nmy husband\nmy mom\nmy dad\nmy roommate\nmy daughter\nmy son\nmy partner\nmy sister\nmy grandmother\nmy neighbor\nmy brother\nour teenager\nmy coworker\nmy uncle",
    "device": "living-room stick\nsmart TV\ntablet\nlaptop\nphone\nconsole\nset-top box\nprojector\nbedroom TV\nstreaming stick\nwork laptop\nsecond TV\nkitchen tablet",
    "when": "last night\nthis morning\nover the weekend\nyesterday\nafter work\non the train\nthis week\nright before bed\nduring lunch\non Sunday\non Friday night\nan hour ago\njust now\non the flight home\nthe other day\naround midnight\nwhile cooking\nMonday night",
    "soon": "tonight\nthis weekend\nnext week\non Friday\nin March\nafter dinner\ntomorrow\nin the spring\nlater this month\nonce the kids are asleep",
    "nth": "third\nfourth\nfifth\nsixth\ntenth\nhundredth\nmillionth",
    "lately": "lately\nthis month\nsince the update\nthe last few weeks\nsince New Year\nthese days\nsince last weekend\nfor days now",
    "times": "twice\nthree times\nfour times\ntwo times\nfive times\nsix times\nnine times",
    "years": "two years\nthree years\nfour years\nfive years\nsix years\nseven years\neight years\nalmost a decade\neleven years\na year and a half",
    "season": "season one\nseason two\nseason three\nseason four\nseason five",
    "next": "season two\nseason three\nseason four\nseason five\na last season",
    "part": "season one\nseason two\nseason three\nseason four\nthe finale\nthe pilot\nepisode two\nepisode three\nepisode five\nepisode six\nthe last episode\nthe midseason break\nthe opening scene",
    "number": "two\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\neleven\ntwelve",
    "feature": "the download button\nthe watchlist\nthe subtitle menu\nthe sleep timer\nthe kids profile\nautoplay\nthe continue-watching row\nthe search\naudio description\nthe remote app\npicture-in-picture\nthe skip-intro button\nthe new home screen\nthe watch-together mode\nthe parental lock\nplayback speed\nthe volume leveling",
    "it": "the app\nthis app\nthis service\nthe service\nthe whole thing\nthis thing",
    "meal": "ramen\nleftover pizza\npopcorn\na big blanket\ntea and toast\ntwo sleepy cats\na sick toddler on my lap\ncold noodles\nfar too much cheese\nthe dog\ncheap wine\nsoup",
    "hedge": "honestly\ntbh\nngl\nokay so\nfwiw\nnot going to lie\nlook\nI mean\nanyway\nso\nwell\nyeah\nhuh\nheads up\nrandom thought\nunpopular opinion\nlate to this but\nfrom experience",
}

COMPLAINTS = {
    "playback_named": """
        {B} [froze|stalled|hung|cut out] {times} during {show} {when}
        is {B} [buffering|lagging|stuttering] for anyone else on a {device}?
        {B} on my {device} [keeps dropping to a blurry picture|loses the sound every few minutes|crashes whenever I hit resume|forgets where I stopped]
        can't get {B} to play [anything|{show}|a single episode] on the {device} {when}
        {B} [kicked me out|logged me out|threw an error] in the middle of {part} of {show}
        the sound on {B} is out of sync [again|{lately}] and it [drives me up the wall|ruins every joke|makes {show} unwatchable]
        why is {B} so slow on the {device}? [Everything else here loads fine|My connection is fine|Restarted it {times}]
        {B}, your app on the {device} [spins forever|shows a black screen|crashed {times}] {when}
    """,
    "playback_bare": """
        [froze|stalled|quit] on me {times} {when}[, {device} if it matters|]
        same here, [spinning circle|black screen|error message] on the {device} {when}
        mine [stutters|buffers|freezes] only on the {device}, never on the {device}
        had to restart the {device} {times} to finish {part} of {show}
        picture goes [blurry|blocky|grey] every time {show} gets to a dark scene
        subtitles are [two seconds late|missing|stuck on the wrong language] {lately}, [{device} here|on {show} at least|and no fix helps]
        {it} [crashes|hangs|logs me out] on the {device} {lately}
    """,
    "cost_named": """
        {B} [costs|is charging me] more than [my water bill|my phone plan|lunch for two] {lately} and I watch it [twice a month|on Sundays|for one show]
        not sure {B} is worth it [anymore|just for {show}|at this price], [to be frank|I barely open it|there's nothing left I want]
        what does {B} even cost now? [Feels like it creeps up every year|My bill looked off|I lost track]
        paying for {B} and [still|then] getting [ads before {show}|the same ten {genre}|{genre} from ten years ago] is [annoying|silly|a bit rich]
        I keep paying for {B} [because of|only so] {who} [can watch|want] {genre} and it's [getting silly|too much|hard to justify]
        {B} is [overpriced|too expensive] for what it is: [{number} good shows|{genre}|mostly reruns]
    """,
    "cost_bare": """
        too expensive for [{number} shows|{genre}|what little we watch]
        I'd pay half that [for {genre}|for what {who} watch|and only for {show}], [not a cent more|tops|maybe]
        everything goes up, [my pay doesn't|every single year], and what do we get? [{genre}|{show} reruns|{feature} that half works]
        we split it with {one} or we couldn't justify it
        for that money I'd expect {genre} in decent quality
        [the bill|the charge] [is a pain|hurts] every month [and nobody here watches|just for] {genre}
    """,
    "catalogue_named": """
        {B} [took down|removed|dropped] {show} [right before {part}|while I was halfway through|without a word] and I'm [so annoyed|gutted|mad about it]
        of course {B} axed {show} after {season}, [they always do|typical|why get attached to anything]
        there's [nothing|hardly anything] left on {B} if you like {genre}
        {B} search: type in {show}, get {genre}. [Useless|Every time|How is this so bad]
        what happened to the {genre} on {B}? It's all [filler|reality junk|leftovers] now
        {part} of {show} was a mess, [{B} really rushed it|who at {B} signed off on this|{B} is losing the plot]
    """,
    "catalogue_bare": """
        {show} is gone?? I was on {part}
        they cancelled {show} and kept {number} awful {genre}, [make it make sense|unreal|as usual]
        {part} of {show} [bored me to tears|was lazy|made no sense|dragged so badly]
        [not one decent thing|nothing] to watch if you like {genre}
        they bury the {genre} and push [rubbish|garbage|the same dreary stuff] on the front row
        {show} went downhill fast, [stopped at|gave up during|should have ended with] {part}
    """,
    "app_named": """
        the new {B} [layout|home screen|app] is [terrible|a mess|confusing|ugly], [where did {feature} go|I can't find {feature}|who asked for this]
        {B}, please fix {feature}. [It's been broken for weeks|It never works on my {device}|{who} and I are begging]
        why does {B} keep [showing me {genre}|asking who's watching|playing trailers for {show} at full blast]? [Hate it|So annoying|Stop|{one} jumps every time]
        {feature} on {B} is [broken|useless|worse than before] {lately}
        {B} on the {device} needs {number} clicks to get to {show}, [bad design|who tests this|I gave up]
    """,
    "app_bare": """
        {feature} [hasn't worked|is broken|fails] for me {lately}
        who thought moving {feature} was a good idea? [I hate it|Nobody asked|Took me {number} clicks]
        autoplay with sound is the worst, [scared {one} {when}|woke {one} up {when}|every single time on the {device}]
        the {device} version is [awful|a pain|ages behind], {feature} isn't even there
        I miss the old menu, [this one is a mess on the {device}|can't find {genre} anywhere|{who} can't use this one]
    """,
    "support_named": """
        [waited|sat] {number} [hours|days] for an answer from {B} support and [got a form letter|the chat just closed|they told me to restart the {device}]
        {B} charged me [twice|for a month I didn't use|after I cancelled] and nobody answers [my mail|the chat|the phone], [{number} days now|tried {times}|{one} tried too]
        {B} customer service is [useless|no help at all|the worst], [{number} agents and no fix for {feature}|all I asked about was {feature}|been at it with the {device} all day]
    """,
    "support_bare": """
        support told me to reinstall, [which did nothing|for the {nth} time|that was it], {device} still broken
        I've been [sent in circles|ignored|on hold] {lately} over {feature}, [what a waste of time|I'm fed up|no apology either]
        nobody at support [could explain|knew about] {feature}, {number} chats later
    """,
    "leaving_named": """
        [cancelled|dropped] {B} {when}, [only kept it for {show}|{who} won't notice|we never watch it]
        thinking of leaving {B} once {show} [ends|is over|wraps], [nothing else there for me|{genre} are all I watch|{years} was a good run]
        how do I cancel {B} from [the {device}|a {device}]? [Can't find the button|It just loops|Asking for {one}]
        taking a break from {B} [until {season} of {show}|this spring|while money's tight], see you [later|in the fall|maybe]
    """,
    "leaving_bare": """
        I quit [in the fall|last month|after {show}] and [don't miss the {genre}|came back for {season} of {show}|read more now]
        cancelled {when}, [will rejoin for {season} of {show}|took {number} clicks|no hard feelings]
        pausing mine until {season} of {show}, [there's no point|money's tight|{who} agreed]
    """,
    "playback_tail": """
        [anyone else|just me]?
        [so tired of this|getting really old|sort it out please|it's frustrating]
        [{who} gave up and went to bed|{one} thinks I broke it|ruined movie night with {one}]
        [tried|did] {number} restarts already
        it was fine [until yesterday|before the update|on the old {device}]
        ended up [watching {genre} elsewhere|reading|doing the dishes instead]
    """,
    "app_tail": """
        [so tired of this|sort it out please|who tests these things|not great]
        {who} [can't use it|complain every evening|ask me every day]
        {years} a customer and [this is new|it's never been this clumsy|still no fix]
        it was fine [until yesterday|before the update]
    """,
    "cost_tail": """
        [disappointing|not great|getting really old|just saying]
        {years} a customer and [it only goes one way|this is the thanks]
        {who} [don't even notice|would rather have pizza|watch elsewhere anyway]
    """,
    "catalogue_tail": """
        [so tired of this|disappointing|not great|getting really old]
        {one} is [still mad|not over it|sulking]
        ended up [watching {genre} elsewhere|reading|with discs from the library]
        {years} a customer and [the shelf gets thinner|it's never been this dull]
    """,
    "support_tail": """
        [so tired of this|getting really old|it's frustrating|not great]
        {years} a customer, [by the way|and then this]
        {one} says [give up|call again|write a letter]
    """,
    "leaving_tail": """
        {one} [agrees|isn't happy|shrugged]
        {years} was [a good run|long enough|fun]
        [nothing dramatic|just money|not angry, just bored|may come back]
    """,
}

PRAISE = {
    "show_named": """
        {show} on {B} is [so good|brilliant|a delight|the best thing I've seen in {years}|quietly perfect]
        [finished|binged] {show} on {B} {when} and [I'm in love|wow|I want more|{one} cried, I cried]
        if you have {B}, watch {show}. [You're welcome|Trust me|{season} is amazing|Just the best]
        {B} really nailed it with {show}, [{part} made me laugh so hard|what a cast|gorgeous to look at]
        whoever at {B} picked up {show}, [thank you|I owe you|you have great taste]
        rewatching {show} on {B} with {one} and [it's even better|it's such a comfort|we love it] the {nth} time
    """,
    "show_bare": """
        {show} is [a gem|so lovely|great|fantastic|my favorite thing this year], {part} [especially|had me grinning|is a joy]
        loved {part} of {show}, [{one} too|the music alone|and I don't even like {genre}]
        [so happy|glad] they brought {show} back, {season} was [wonderful|worth the wait|really strong]
        best {genre} [around|out there|I've found], start with {show}
        [okay|yes], {show} got me. {part} is [beautiful|hilarious|perfect with {meal}]
        {one} and I [adore|love|can't get enough of] {show}
    """,
    "liking_named": """
        {feature} on {B} is [great|really handy|a lifesaver on the train], [didn't expect that|{who} use it daily|why did nobody tell me]
        say what you like about {B}, [{feature} just works|the picture on my {device} is gorgeous|their {genre} are the best]
        {B} is the only one that [runs nicely|works well] on my {device}, [even {feature}|{show} looks great|{who} gave up on the rest|no idea why]
        [happy|still happy] with {B} after {years}, [{genre} mostly|{who} love it|no complaints]
        credit where due: {B} [fixed|improved] {feature} and it's [lovely|much better|smooth now]
        best value for us is still {B}, [{number} of us share it|{genre} for days|{who} would riot otherwise]
    """,
    "liking_bare": """
        {feature} [is wonderful|works great|saved our road trip], [love it|nice touch|well done]
        [love|really like] the {genre} they picked for [this month|winter|the holidays]
        works [perfectly|like a charm|beautifully] on my {device}[, thanks for the tip|, even {feature}|]
        good value [for {number} people|for a family|if you like {genre}] I think, [{feature} alone|{show} alone|{who} use it daily]
        {who} [adore|love] the {genre} there
        best picture I've had on the {device}, [impressed|seriously nice|{show} looked stunning]
    """,
    "thanks_named": """
        shout-out to {B} support, [sorted|fixed] {feature} in {number} minutes [and were lovely about it|with a joke|no fuss]
        {B} gave me a [free week|credit] after {show} froze, [nice of them|didn't even ask|that's how you do it]
        thank you {B} for [putting {show} back|{feature}|keeping {genre} around]
        the person on {B} chat {when} was [so kind|super patient with {one}|a star]
    """,
    "thanks_bare": """
        support was [friendly|quick|really helpful] when my {device} [acted up|died], {number} minutes and done
        they answered {when} and [fixed it|were super nice|it works now], [pleased|impressed|great stuff]
        thanks, that [worked|helped] on my {device}[, {feature} is back|!|, you're the best]
    """,
    "show_tail": """
        [highly recommend|made my week|ten out of ten|pure comfort|can't wait for more|so good]
        perfect with {meal}
        {one} is [hooked|a fan now|already on {part}]
        give it {number} episodes
        [a happy little surprise|my kind of evening|exactly what I needed {when}]
    """,
    "liking_tail": """
        [more like this please|well done|good job everyone|ten out of ten]
        {one} [approves|noticed too|asked me to say so]
        [that's all|credit where it's due|just wanted to say it]
    """,
    "thanks_tail": """
        [well done|good people|made my day|that's how it should be|{number} stars]
        {one} [couldn't believe it|was impressed too|says hi]
    """,
}

NEUTRAL = {
    "watch_named": """
        watching {show} on {B} {when} with {meal}
        what should I watch on {B} after {show}? [I like {genre}|{who} want {genre}|Nothing too long]
        [started|on to] {part} of {show} on {B}
        {soon} on {B}: {show} or [{show}|something with {genre}]?
        we have {B} on the {device} and mostly watch {genre}
        is {show} on {B} [or did it move|in your country too|with subtitles]? [{one} wants to know|Only see {season}|Searched {when}]
        {B} just put up {number} {genre}, [has anyone looked|starting {soon}|will report back]
        [looking for|any] {genre} on {B} [that aren't {show}|for {one}|under ninety minutes]?
    """,
    "watch_bare": """
        I'm on {part} of {show}, [no spoilers|{one} is ahead of me|about halfway]
        {show} has {number} episodes [I think|so far|this time], {season} runs longer
        started {show} {when} with {one}
        {one} picked {show}, I voted for {genre}
        if you like {genre} try {show}, [then work backwards|skip {part}|{one} agrees|it's short]
        that's the actor from {show}, [she was in {part} of {show}|he plays the ferryman in {show}|{one} spotted it in {part}]
        {part} of {show} is next on my list, after {show}
        I mostly watch {genre} [on Sundays|late at night|on the train|while cooking], [with {meal}|on the {device}|while folding laundry]
    """,
    "ask_named": """
        does {B} have {feature} on the {device}?
        how many screens does {B} allow [at once|per home]? [We are {number}|{who} all want {show}|Counting the {device}|It stops {one} every evening]
        can {who} use our {B} [on a {device}|in another city|while we watch {show}]?
        anyone know when {B} adds {next} of {show}? [{one} asks every day|Finished the rest {when}|Heard {soon}]
        can I move {feature} to another profile on {B}? [New {device}|Moving in with {one}|Asking for {one}]
        what internet speed do you need for {B} on a {device}? [Ours drops {when}|{show} looks soft|There are {number} of us|Upstairs it is weak]
        where's the setting for {feature} in {B}? [On a {device}|I have the {device} version|The menu changed]
        does the {B} app [work|still run] on a {device} from {number} years ago?
    """,
    "ask_bare": """
        [which|what] {device} are you using? Mine has {feature} under [settings|profiles|help]
        you can change {feature} from the {device}, third menu down
        {feature} isn't on the {device} yet as far as I know
        [did you try|have you tried] signing in on the {device} first? Then {feature} shows up
        I think {season} comes {soon}, [the trailer said so|it's on the calendar|in most countries]
        [is that|was that] on the {device} or the {device}?
        [{one} asked|I asked] support about {feature}, answer was "[next quarter|soon|not planned on the {device}]"
        settings, then playback, then {feature}. On the {device} at least
    """,
    "news_named": """
        {B} [renewed|ordered|announced] {next} of {show}, [filming in spring|{number} episodes|says the trade press]
        read that {B} is [testing {feature}|opening a second studio|adding {genre}] in {number} countries
        {B} has a new trailer for {show}, [{number} minutes of it|out {soon}|looks like {genre}]
        so {B} [bought the rights to|is remaking|picked up] {show}
        [interview|podcast] with the {show} writers about {B} and {genre}, [an hour long|from {when}|part {number}]
        {B} report: people watch {genre} [most on a {device}|until {part}|mostly on weekends]
    """,
    "news_bare": """
        the article says {number} countries first, [then the rest|with {feature} switched on|starting {soon}|mostly for {genre}]
        they did the same with {show} {years} ago
        I read it as {number} episodes of {show}, not a whole season
        wasn't {show} made by the same people as {show}?
        curious how {genre} do compared with {show}
        makes sense, most people watch {genre} on a {device} anyway
        I'd like to see numbers for {genre}, not just {show}
    """,
    "compare_named": """
        {B} or {R} for {genre}? [Only want to pay for one|{who} can't decide|Have a {device}]
        {R} has {show}, {B} has {show}, [so I have both|which is it|one of them has to go by spring]
        I have both {B} and {R}, [use {B} for {genre}|{R} mostly for {show}|{who} prefer the first]
        {feature} on {B} [works like|is simpler than|is about the same as] the one on {R}
        went from {R} to {B} [for {show}|last year|{when}] and [I'm happy with it|it's fine|the {genre} are better]
        {R} looks better on my {device} than {B}, [sorry|{genre} at least|at least to {one}]
        [moved|switched] from {B} to {R} {when} because of [{show}|{genre}|{feature}], [fine so far|will see|{who} noticed]
        {show} moved from {B} to {R}, [update your lists|took me {number} searches to find it|noticed {when}|{who} found out first]
    """,
    "watch_tail": """
        with {one}, [as usual|for once|and {meal}]
        [any thoughts|worth it]?
        {one} says [{season} is slower|start with {part}|it's short]
        {number} episodes down, {number} to go
        we usually do {genre} [on Fridays|after dinner|on rainy days]
        on the {device}, [volume low|lights off|feet up]
    """,
    "ask_tail": """
        [thanks in advance|asking for {one}|not urgent|couldn't find it in the menus|searched, found nothing]
        [any ideas|anyone]?
        {one} [has the same question|says no|swears it exists]
        newest version, [if that matters|for context|restarted {times}]
    """,
    "news_tail": """
        [curious how that goes|we'll see|no date yet|make of that what you will]
        {one} will [ask|want {season} first|be first in line]
        [more next week|the rest is behind a login|page {number} of the report]
    """,
    "compare_tail": """
        [curious what people think|just my view|your mileage may vary|for now]
        {one} [disagrees|wants both|only cares about {genre}]
        will [check again|decide] {soon}
    """,
    "reply_short": """
        same
        this
        [lol|haha|ha], [same|yes|no|true|maybe]
        [which|what] {device}, [the new one|how old|and where]?
        on the {device} [or the {device}|too]?
        [no|yes|yep|nope], {soon}
        [agreed|exactly|right], {show} [too|as well|also]
        [source|link]?
        {part}, [I think|probably|definitely]
        [not here|works here|fine for me], {device}
    """,
}

EVERYDAY = {**WORDS, **COMPLAINTS, **PRAISE, **NEUTRAL}
