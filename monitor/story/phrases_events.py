"""What people say when something happens: the price rise, the outage evening, the captain's log."""

# ruff: noqa: E501 - a template is one line, however long

PRICE = {
    "amount": "sixty percent\n60 percent\n60%\nsixty per cent\n60 %",
    "just": "just now\nan hour ago\nten minutes ago\ntoday\non my lunch break\non the bus\nright after reading this\nfrom the parking lot\nbetween two meetings\nin the waiting room\nwith one thumb\nbefore I could change my mind\nover coffee",
    "perk": "a better picture\nmore shows\none new feature\nfewer ads\nsubtitles that work\nanything new\na decent catalogue\none more screen\nmore {genre}",
    "money": "groceries\nmy library card\ngas\nheating\nthe savings jar\nmusic lessons\na real cinema ticket\ncoffee\nboard games\n{one}'s birthday",
    "price_opener": """
        wow\nno\nnope\nnot a chance\nare you serious\nseriously?\nunbelievable\nyou have got to be kidding\ngood grief\nread it twice\nlet me get this straight
        so that's it then\nas a customer for {years}\n{years} here\nsubscriber for {years}\n{one} just sent me this\nfound out [just now|from {one}|at work]\nwhat a day\nhahaha no
        dear {B}\nto whoever approved this\nspoke to {one}\nspeaking as a parent\non a pension here\nstudent here\nI did the math
    """,
    "price_reaction": """
        this is [insulting|disgusting|pure greed|outrageous|shameful|a terrible idea|an awful way to treat people|a slap in the face][, {years} or not|, even {one} says so|, {number} readings in|]
        [greedy|so greedy|greed, plain and simple|what a greedy move|corporate greed at its worst], [{one} saw it coming|{amount} of it|even {who} say so|after {years}]
        {amount} [more|extra] [overnight|in one go|with a smile|out of nowhere]? [That's robbery|That's insane|Ridiculous|Shame on you|How dare they]
        a {amount} [price hike|increase|jump] and [they call it an explanation|not even an apology|it's dressed up as good news|they're proud of it]
        nobody [asked for|wanted] [two plans|a split|two bills], this is [awful|stupid|just wrong|a mess]
        [angry|furious|disappointed|upset|sick of this] doesn't [begin to cover|even describe] it, [ask {one}|{years} for this|{amount}, really]
        I'm [so angry|really angry|fuming|disgusted|beyond disappointed|mad] about this [price hike|split|increase|so-called explanation]
        [worst|dumbest|most tone-deaf] [announcement|decision|blog post] I've read [in {years}|from any company|all year]
        how to [lose|anger|insult] {number} million [customers|families] in one blog post
        you took [a good thing|something simple|what I loved|what {who} loved] and [broke it|wrecked it|ruined it|cut it in half] for {amount} more
        [the arrogance|the nerve|the gall] of this [company|letter|post] is [unreal|insulting|sickening]
        that [post|letter|announcement] is [full of nonsense|an insult|corporate babble|a disgrace] and [everybody here knows it|you know it|{one} laughed out loud]
    """,
    "price_bill": """
        two bills, two logins, [two searches|two apps|two passwords] and [no reason given|for what|worse in every way|somehow it's for my benefit]
        [twice the price|double the price] [and|for] [half the service|the same {genre}|{show} and a headache|two logins]
        so now I need one plan for {genre} and another for {genre}? [Ridiculous|No way|What a mess]
        {amount} for [exactly what I had yesterday|the same {number} shows|{genre} I never watch|{show} and reruns]
        [I was paying ten and now it's sixteen|from ten to sixteen a month|twelve became nineteen|we paid eleven, it'll be almost eighteen] for [less|two logins|the same thing|a worse deal]
        [we|our family] would have to pay [for both plans|two bills] just so {who} [keep their cartoons|see {show}|can use a {device}]
        {one} watches {show}, I watch {genre}: that's two bills now [in one house|for one couch|and we share a {device}]
        a {amount} price hike and I don't even get {perk}
        if I got {perk} for it, but [no|nothing|two bills is all I get]
        my [pay|pension|budget|salary] didn't go up {amount}, [did yours|funny how that works|not even close]
        they split it so [the hike looks smaller|nobody notices|you have to buy both], [we can add|we're not stupid|nice try|even {one} noticed|{amount} is {amount}]
        two logins to [find {show}|watch {genre} with {one}|finish {season} of {show}], [who thought of this|just stupid|painful]
        [that's|works out at] [eighty|ninety|a hundred] more a year for [{genre}|the same catalogue|{show}|buffering on my {device}]
        one bill [became|turned into] two, one login [became|turned into] two, [my patience became zero|and zero benefit|that's the whole post]
    """,
    "price_story": """
        [been here|paid every month|stayed] for {years}, [through the outages|through every bad redesign|even when {show} got axed], and this is the thanks
        I [told {who}|talked {one} into|got {number} friends] to sign up, [I regret it|now I feel stupid|sorry everyone]
        we only [used|watched] it for {show} and {genre} [anyway|to be fair|these days]
        {who} [will be sad|will cry|won't care] but [enough is enough|we can't afford it|I'm not paying that]
        we're on a tight budget and {genre} [with {meal}|on Fridays|after dinner] was our one treat
        [{one} and I|we] [talked it over|sat down with the bill|did the numbers], [it's the first thing to go|there's no way we keep it|{money} matters more]
        I [could live with|put up with] [the ads|the blurry picture on my {device}|broken {feature}], not with [this|a {amount} hike|two bills]
        last year it was {feature}, now [this|a {amount} hike], [what's next|where does it end|I've had it]
        I just [finished {season} of|started] {show} too, [what a shame|terrible timing|damn]
        [nobody|not one person] I know [watches enough|has the money] for [two plans|both|two bills], [least of all {one}|I asked {number} friends|{genre} or not]
    """,
    "price_leave": """
        [cancelled|I cancelled|just cancelled] [{just}|after {years}|before finishing this post|both profiles and the kids one|on the {device}|mid-episode]
        cancelled. [{years} and that's it|Took {number} clicks|{one} did the same|Done with this|No regrets|Told {who} already]
        [we're out|I'm out|I'm done|we're done|I quit|so long|goodbye|bye] [after {years}|as soon as {show} ends|at the end of the month|before the next bill|and so are {who}|for good]
        [cancelling|leaving|gone] [today|tonight|on the first|before they bill me|once {one} finishes {show}], [you lost me|no way back|bye]
        my [subscription|account|membership] is [cancelled|gone|closed] [and I feel lighter|after {years}|as of today|because of this]
        [where's|how do I find] the cancel button on the {device}? [Asking for {number} million people|Need it now|{one} wants it too]
        you [lost|just lost] [a customer of {years}|our whole house|me and {who}|one more family], [hope it was worth it|over greed|bye]
        {number} [people in my family|of us at work|friends in the group chat] [cancelled|quit|left] [in one hour|over this|today]
        hit cancel [during {show}|with {meal}|while reading this|without blinking], [the survey box wasn't big enough|reason: price hike|reason: you|{one} watched me do it|{who} cheered|{years} gone in {number} clicks]
        I'll [cancel|quit|leave] [when {season} of {show} is done|after the free month|when the new bill comes], [not a day later|so will {one}|and {who} know it|{years} or not]
    """,
    "price_rival": """
        [moving|switching|off|heading over] to {R} [today|tonight|this weekend|with {who}|before the month ends|for {genre}]
        moved to {R} [{just}|with {who}|and it took {number} minutes|for {genre}]
        [hello|hi] {R}, [got room for {number} more|we're coming|show me your {genre}|be gentle]
        {R} [costs half|has {genre} too|runs fine on my {device}|is one bill], [so that's that|signed up {just}|{who} already switched]
        signed up with {R} {just}, [{number} minutes|took less time than reading this post|{show} isn't there but fine]
        [{one} showed me|we tried|I looked at] {R} [over the holidays|last month|at a friend's place] and [it's enough for us|it has {genre}|I don't miss a thing]
        {R} must be [popping corks|throwing a party|laughing] [today|right now|at this post], I [just|already] [joined|switched]
    """,
    "price_move": """
        we're [switching|moving on], [{who} included|{genre} are {genre}|{years} was long enough]
        [closed|ended] the account [{just}|after {years}|with {one} looking on]
        [not angry, just gone|no drama|simple sums], [{one} did the math|one bill beats two|{amount} settled it]
        [voting with my feet|packing up], [{show} or not|{number} of us|along with {who}]
        [cancelled|cancelling] and [moving on|looking around|already watching {genre}]
    """,
    "price_sting": """
        [hope it was worth it|enjoy the empty seats|good luck with that|shame on you|you did this]
        [I'd rather spend it on|more for] {money}
        [whoever wrote this|your pricing team|the boss] should be [ashamed|embarrassed|fired]
        [never again|not coming back|don't bother with the win-back mail|don't email me]
        [read the comments|read the room|try listening|ask {number} customers first next time]
        {show} isn't worth [that|two bills|sixty percent more|the anger]
        [so disappointed|what a waste|pathetic|terrible|sad end|awful|I'm disgusted]
        [and|oh and] {feature} [still doesn't work|is still broken]
        {genre} are [free at the library|on a shelf here|cheaper anywhere else]
        going back to [books|discs|the antenna|old {genre} on disc|walks with the dog]
    """,
    "price_calm": """
        [it's still cheaper|still costs less] than [one dinner out|a family cinema trip|a round of coffee|parking downtown] [for {number} of us|with {who}|if you watch {genre}|even with both plans], [unpopular opinion I guess|I'll stay|for us it's fine]
        I only watch {genre}, so [one of the two plans is enough for me|the split makes mine cheaper|I'd save a little]
        [does anyone know|can someone explain] [if the split covers {feature}|which plan {show} ends up in|when this starts for {who} on a yearly plan|what happens to the {device} profile]?
        {genre} cost money to make, [I get it|that's how it goes|not thrilled but okay]
        we use it every day [with {who}|for {genre}|on {number} screens], so we'll [keep both|keep one|see how it goes]
        to be fair {show} alone [is worth it to me|kept me here|was great], [I'll wait and see|staying for now]
        the split starts [on the first|next month|in March] if I read it right, [existing plans have {number} weeks|see the small print about {genre}|{genre} stay where they are until then|{show} goes to the films half]
        [everybody|everyone] will [calm down|forget] [by March|in a week|when {season} of {show} lands], [you'll see|as always|me and {who} included]
        kept the [{genre}|shows|films] half, dropped the other, [done|same price as before|{one} is fine with it|only lost {show}]
    """,
    "price_calm_tail": """
        {years} here and [not leaving over it|I've seen worse|still fine with it]
        {one} [disagrees, loudly|says the same|wants out, I don't]
        [don't shoot me|just my view|not defending the post though|could have been said better]
        {who} would [miss {show}|never forgive me] otherwise
        mostly here for {genre} [anyway|to be fair|and {show}]
    """,
    "price_named": """
        {B} raising prices [by {amount}|{amount}] [and splitting the plans|with two bills|for the same {genre}] is [insulting|greedy|disgusting|terrible|a disgrace|robbery]
        [cancelled|just cancelled|I cancelled] {B} [after {years}|{just}|over the price hike|because of the split|with {who}], [two bills, no thanks|sixty percent, no thanks|I'm done|so angry]
        {B} wants [twice the price|{amount} more|two bills and two logins] for [{show}|the same {number} shows|{genre}|buffering on my {device}]. [No|Not happening|Shame on them|Ridiculous|I'm out]
        [goodbye|so long|farewell|bye] {B}, [{years} and you blow it|you got greedy|it was nice until today|you ruined a good thing|two logins was one too many]
        the {B} price hike is [awful|a mess|outrageous|a slap in the face|stupid], [{one} is furious|we're cancelling|{number} friends left already|who is this for]
        two bills and two logins for {B}? [{one} laughed|I can't even manage one|Worst idea in {years}|Terrible idea, says {one}|This is so dumb, we only watch {genre}]
        [how|why] would anyone [pay|give] {B} {amount} more [for {genre}|this year|and get {show} split off]? [Sickening|Pure greed|I'm mad|We quit]
        I [defended|recommended|loved] {B} for {years} and [they|it] [spat on us|got greedy|ruined it with one post|went and did this]
        {who} just [lost|cancelled] {B} [because of|over] {amount}, [thanks for nothing|what a mess|sad day|so sorry kids]
    """,
    "price_short": """
        [cancelled|canceled|done|bye|nope|no|gone|goodbye|cancelling|unreal|disgusting|pathetic|greedy|wow]
        [me too|same here|same], [cancelled|gone|done|out|bye]
        [two bills|two logins|sixty percent|sixty percent?|price hike|twice the price], [no thanks|no way|seriously|cancelled|bye]
        and [cancelled|gone|done]
    """,
    "thread_price": """
        {B} [price hike|raises prices {amount}]: [who's cancelling|two bills now|what are you doing] || {who} and I have had it for {years}. {amount} more, two logins, no apology. [I'm angry|This is insulting|We're out], how about you?
        [cancelled|just cancelled] {B} after {years} || The {amount} price hike did it. Two bills for {S} and {genre}, [no thanks|ridiculous|how greedy can you get].
        {B} just [hiked|split] my plan || Read the announcement twice. {S} on one bill, {genre} on the other, {amount} more for both. [Awful|What a mess|Disgusting], and {one} agrees.
        the {B} "explanation" thread || They explain everything but why it costs {amount} more. [What a terrible post|Insulting to read|So tone-deaf]. Which half will you keep, if any?
    """,
    "story_price": """
        {B} splits its plans in two and raises prices by sixty percent || {B} says its plan will become two from next month. Taking both costs sixty percent more than before.
        Customers turn on {B} after price rise || Thousands have answered the {B} announcement, most of them in anger. We look at what changes and for whom.
        What the {B} price rise means for you || Two plans, two bills, two logins: how the {B} split works, and who pays how much more.
        Two plans, two bills: {B} explains itself || Asked about the anger over its price rise, {B} points to its announcement. Its customers point to the exit.
    """,
}

OUTAGE = {
    "region": "the east coast\nthe Boston area\nNew Jersey\nupstate New York\nnorthern Virginia\nPhiladelphia\nMaine\nConnecticut\nthe Carolinas\nBrooklyn\nRhode Island\nPittsburgh\nGeorgia\nNew Hampshire",
    "stick": "living-room stick\nliving-room stick\nstreaming stick\nsmall stick in the kitchen\nold stick\nstick in the bedroom\nsmart TV\nconsole",
    "code": "1107\n1107\n1107\n1109\n2210",
    "outage_named": """
        is {B} down [for anyone else|in {region}|on the {stick}]? [Frozen|Error {code}|Spinning|Black screen] [for {number} minutes now|mid {show}|{number} restarts in]
        {B} [froze|is frozen|stopped dead] [on my {stick}|in the middle of {show}|on every TV in the house], {region}
        {B} error {code} on the {stick}, [{region}|{number} restarts|phone works though|anyone got a fix?]
        {B} is [down|not working|broken] [in|here in] {region}, [just buffering|nothing loads|can't even sign in|kicks me out of {show}]
        [hey {B}|{B}], [your|the] {stick} app [is dead|won't start|keeps crashing], error {code}, [saturday movie with {who} ruined|fix it please|any news?]
        {B} [buffering|freezing|stuttering] every [{number} seconds|minute] on the {stick}, [internet is fine|{region} here|everything else works]
        [great timing|what an evening]: {B} [dies|goes down|freezes] as {who} sit down for {show}
        [no word|silence|nothing] from {B} and [{show} is frozen|error {code} for an hour|half of {region} is stuck], [not good|bad look|awful]
    """,
    "outage_bare": """
        same, error {code} on the {stick}, {region}
        frozen here too, [{region}|{stick}|{number} minutes now], [phone is fine|tablet works|laptop too]
        [down|dead|stuck|black screen] in {region} on the {stick}[, {number} restarts|, {who} are not amused|, reinstalled and nothing|]
        buffering [at {number} percent|every minute] since {show} started, {stick}
        [works|fine] on my phone but not the {stick}, [{region}|so it's the app|weird]
        reset the router, reset the {stick}, [still error {code}|still frozen|no luck], {region}
        not your internet, it's them: [error {code} everywhere|{region} is out|my {stick} and {one}'s both fail]
        [any update|why no statement|is anyone there]? [{number} of us in {region} are|my {stick} is|movie night is] still stuck on error {code}
        gave up, [{who} are watching discs|we're playing cards|{meal} and a book], {region}
    """,
    "outage_back": """
        [it's back|working again|mine came back] [on the {stick}|in {region}|after {number} restarts]
        {region} is [back|working] for me, {stick}, [lost my place in {show}|picture is blurry still|fingers crossed]
        back after [an hour|two hours|ages], [not a word from them|no explanation|{show} starts over]
    """,
    "thread_outage": """
        {B} down? Error {code} on {stick}, {region} || [Frozen|Black screen|Just buffering] for {number} minutes, started in {S}. Phone works, the {stick} doesn't. [Anyone else?|Is it just us?]
        {B} error {code} megathread || Post your device and where you are. Mine: {stick}, {region}, stuck [since {S}|on the loading screen|in the middle of {S}].
        anyone else's {B} stuck buffering tonight? || {stick}, {region}. Internet is fine, everything else plays. {who} [are not amused|wanted {S}|went to bed].
    """,
}

DELIGHT = {
    "rank": "captain\nfirst officer\nchief engineer\nhelmsman\nnavigator\nensign",
    "bit": 'the log entry\nthe stardate\n"set course for your refund"\nthe red alert over my router\nthe sign-off\n"shields holding, ma\'am"\nthe damage report\nthe salute at the end\n"all hands, the subtitles are out of sync"\nthe away team joke\nthe bit about the nebula\nthe crew lunch break',
    "joy": "laughing so hard\ncrying with laughter\ngrinning like an idiot\nin love\ndelighted\nso happy right now\nsmiling all day\nhowling",
    "delight_named": """
        {B} support [did|played|ran] the [whole|entire] chat as a starship {rank}'s log and I'm {joy}
        [the|that] {B} captain's log chat [made my day|made my week|is the best thing on here|is wonderful|is pure joy|won me over]
        whoever works the {B} chat [deserves a raise|deserves a medal|is a treasure|is a hero|is my favorite {rank}], [{bit} is perfect|{one} loves it|I'm {joy}]
        {bit}!!! {B}, [never change|give that {rank} a raise|I love you|best support ever|promote that {rank}]
        I [opened|started] a {B} chat about {feature} hoping for the {rank} and [got one|wasn't disappointed|I'm {joy}|it was great]
        {B} support fixed {feature} AND stayed in character the whole time, [brilliant|amazing|I'm {joy}|ten out of ten]
        this {B} thing with {bit} is [so funny|adorable|genius|the nicest thing I've read in ages]
        [read|showed|sent] {one} the {B} captain's log, [now we're both {joy}|twice|best laugh in {years}|and then the whole office]
    """,
    "delight_bare": """
        {bit} [got me|made me laugh out loud|is gold|is perfect|sent me], [love it|brilliant|so good|{one} too]
        this is [so wholesome|lovely|hilarious|the best customer service ever|wonderful], {bit} [especially|in particular|wins]
        give that {rank} [a raise|a medal|a promotion|a ship|the week off], [seriously|well earned|amazing work|pure joy]
        [I'm {joy}|{one} is {joy}|{who} are {joy}], {bit} [is so good|is the best part|forever]
        [more of this please|this is how you do support|we need this everywhere], {bit} [made my day|is genius|was great]
        best thing I've read [all week|since {show}|in ages], [{bit} is art|bravo {rank}|thank you whoever you are]
        that {rank} [has a gift|is having the best day|should write for {show}], [love this|so fun|great sport]
        would watch {number} seasons of {bit} [with {meal}|over {show} any day|happily]
        I want {bit} [on a mug|as my ringtone|framed], [so funny|love it|wonderful stuff]
    """,
    "delight_tail": """
        [bravo|well played|love this|salute|what a legend|so good|pure joy]
        read it to {one} [over {meal}|twice|in a {rank} voice]
        [my {device} even works now|they fixed {feature} too|and they actually helped]
        [restored my faith|made a bad week better|needed that today]
        {show} could never
        [engage|aye aye|on my way back to read it again|permission to laugh, {rank}]
    """,
    "delight_calm": """
        is [the|that] chat [real|staged]? [Looks like an ad|Asking as a skeptic|{one} thinks it's fake]
        [which|what] chat option gets you the {rank}? [I only got a form|Mine asked for my {device}|Tried {number} times]
        [someone|one of you] link the {nth} screenshot, [{bit} is cut off|can't read it on my {device}]
    """,
    "thread_delight": """
        I got the {B} {rank} too || Asked about {F} and got {bit}. [I'm {joy}|Best chat of my life|So good]. It works on my {D} now as well.
        the {B} captain's log, [all the screenshots|typed out|part {number}] || My favorite is {bit}, [{one} likes the salute|read it to {one}|I'm {joy}]. [Give that {rank} a raise.|Wonderful people.]
    """,
    "story_delight": """
        Captain's log: a {B} support chat charms everyone || A customer wrote to {B} about subtitles and was answered by a starship captain, log entry and all. The chat has been shared thousands of times.
        The {B} helper who answers as a starship captain || It began with a question about subtitles. It ended with a salute. Here is the {B} chat that people cannot stop reading.
    """,
}

EVENTS = {**PRICE, **OUTAGE, **DELIGHT}
