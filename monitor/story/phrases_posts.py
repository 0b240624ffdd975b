"""What stands at the top of a thread or was written by a professional: posts, stories, help desks, link farms.

Title and text are divided by ` || `.
"""

# ruff: noqa: E501 - a template is one line, however long

POSTS = {
    "thread_complaint": """
        {B} keeps [freezing|crashing|logging me out] on my {D} || It's a {D}, {number} months old. Happens {times} an evening, mostly in {S}. [Tried reinstalling, no luck|Restarts don't help|The {device} is fine]. [Any ideas?|What am I doing wrong?]
        what happened to {F} on {B}? || It used to be right there on the {D}. Now I need {number} clicks to find {F}, and {who} [gave up|can't find it at all]. [Who asked for this?|Annoying.|Please put it back.]
        {B} removed {S} || I was on {part} with {one}. No notice, it's [just gone|out of the list]. [So disappointed|Annoying|Typical], and {genre} don't make up for it.
        {B} support can't help with {F} || {number} chats {when} and each told me to restart the {D}. [Has anyone fixed this themselves?|It's frustrating.|Same answer every time.]
        is {B} still worth it for {genre}? || I've had it for {years} and lately I only open it for {S}. {who} [watch more than I do|barely use it]. [What would you do?|Thinking of pausing it.]
    """,
    "thread_praise": """
        just finished {S} on {B} || {one} and I [watched it in {number} nights|couldn't stop]. {part} is [beautiful|so well made|perfect], and the music is lovely. [Who else loved it?|Highly recommend.]
        {S} is the best thing on {B} right now || If you like {genre}, [you'll love it|give it a try]. {season} starts slow, then it's [great|brilliant|a joy].
        {B} support fixed {F} in {number} minutes || Wrote to them {when}, [friendly person|no script], and it works on my {D} again. [Thanks to whoever that was.|Credit where it's due.]
        appreciation post: {F} on {B} || [Nobody talks about it, but|I use it daily and] it's [great|so handy] on the {D}. {who} love it too.
        {number} {genre} on {B} that I loved || [Starting with|Top of the list is] {S}, then {show}, then {show}. {part} of the first one is wonderful. [Add yours!|What did I miss?]
    """,
    "thread_neutral": """
        what are you watching {soon}? ({B} edition) || I have {S} and {show} lined up, [{one} wants {genre}|with {meal}]. [Open to ideas.|Yours?]
        {S}, {season}: {B} discussion thread || Talk about {part} and the rest here. [Please mark spoilers.|Spoilers welcome.|Be kind to those who are behind.]
        question about {F} on {B} ({D}) || Where is it? I looked under settings and under playback on the {D}. [{one} says it moved.|Running the newest version I think.]
        {B} for {genre}: where to start? || I've only seen {S}. Something under {number} episodes would be good, [{one} joins|{who} watch too|I fall asleep early].
        anyone using {B} on a {D}? || Thinking of getting one for {who}. [How is the picture?|Does {F} work on it?|Is it slow?]
        {B} [orders|renews|announces] {next} of {S} || {number} episodes, filming {soon}. [Not sure where the story goes after {part}.|Same writers as {show}, I read.]
    """,
    "story": """
        {B} [orders|renews|sets a date for] {S} || {B} has [ordered|announced|confirmed] more of {S}, with {number} episodes planned and {genre} in the wings.
        {B} tests {F} in {number} countries || A look at {F}, which {B} is [trying out|rolling out] on the {D} first. {number} countries begin {soon}.
        [Review|First look]: {S} on {B} || {S}, now on {B}, [leans on|borrows from|sits somewhere near] {genre}. Here is what we made of {season}.
        The {number} {genre} to watch on {B} this month || From {S} to smaller things: what is new on {B} for people who like {genre}.
        How {B} made {S} || We asked the people behind {S}, {B}'s answer to {genre}, about {part} and what comes next.
        {B} and the return of {genre} || {genre} are back, and {B} has more of them than anyone. {S} is where most people start.
    """,
    "own_reply": """
        Hi there! [Thanks for letting us know|Thanks for flagging this|We hear you]. [Could you|Can you] send us a message with your {device} model so we can look into it?
        Hey! {season} of {show} [arrives soon|is on its way], keep an eye on your watchlist.
        [Hello|Hi]! You'll find {feature} under settings, playback on the {device}. Let us know how it goes.
        We're glad you enjoyed {show}! {season} [hit us hard too|is a team favorite here].
        [Hi|Hey], our team is checking {feature} on the {device}. We'll get back to you [today|soon|as soon as we can]. -[K|M|T|R|J]
    """,
    "own_post": """
        {season} of {show} is here. [Blankets ready?|Who is watching tonight?|Clear the couch.] #{B}
        New on {B} [this week|today]: {show}, {show} and {number} {genre}.
        Tip: {feature} now [lives in settings|works on your {device}]. #{B}
    """,
    "spam": """
        WATCH {show} FULL HD FREE no {B} account needed >>
        {B} premium accounts [$2|$3|cheap] lifetime warranty, {number} left, [order here|DM or click]
        [Get|Unlock] {B} FREE for {number} months!!! still working
        {show} {part} [download|leaked] no {B} login fast servers
        cheap {B} upgrade, {number} screens, instant delivery [100% legit|trusted seller]
    """,
    "namesake": """
        Open day at Streamly Stables {soon}, [pony rides|hay bales and cocoa] for {who}
        [Lovely|Muddy] ride at Streamly Stables [yesterday|on Sunday|this morning|before the rain], [the grey mare|old Biscuit] was [a star|in a mood]
        Streamly Stables is looking for [weekend help|a farrier|{number} volunteers]
    """,
}
