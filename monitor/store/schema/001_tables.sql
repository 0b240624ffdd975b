-- What is kept. Times are naive and UTC. NULL is unknown, never 0.
-- No primary key on the large tables: keys are kept unique by a MERGE bounded by created_at, and `doctor` counts.

create table brand (
    brand varchar primary key,          -- as shown
    slug varchar not null,
    timezone varchar not null           -- of its days
);

create table mention (
    source varchar not null,
    source_id varchar not null,
    kind varchar not null,
    channel varchar,
    url varchar,
    title varchar,
    text varchar,
    text_truncated boolean not null,
    lang varchar,
    lang_origin varchar,
    links varchar[] not null,
    author_id varchar,
    author_name varchar,
    author_followers bigint,
    conversation_id varchar,
    in_reply_to_id varchar,
    quoted_id varchar,
    repost_of_id varchar,
    created_at timestamp not null,      -- fixed at first sight
    edited_at timestamp,
    first_seen_at timestamp not null,   -- when this store first held it
    fetched_at timestamp not null,      -- the newest observation of its text
    likes bigint,
    replies bigint,
    reposts bigint,
    quotes bigint,
    bookmarks bigint,
    views bigint,
    score bigint,
    upvote_ratio double,
    rating double,
    engagement_at timestamp,
    state varchar not null,
    compound double,                    -- vaderSentiment 3.3.2, to the digit
    pos double,
    neu double,
    neg double,
    marks usmallint[],                  -- of a text that was taken back: hashes of its words, by which copies of it are told
    copy_key_1 uinteger,                -- numbers of which any two copies have one in common
    copy_key_2 uinteger,
    copy_key_3 uinteger,
    duplicate_of varchar,               -- source:source_id of the earlier text
    is_spam boolean not null,
    spam_reason varchar,
    run_id bigint not null              -- that first stored it
);

create table mention_brand (
    source varchar not null,
    source_id varchar not null,
    brand varchar not null,
    created_at timestamp not null,
    matched_by varchar not null,        -- text, place or thread
    matched_terms varchar[] not null,
    brand_compound double,              -- towards this brand; NULL where unscored
    label tinyint,                      -- -1, 0, 1; NULL where unscored
    why varchar,
    intents varchar[] not null,
    topics varchar[] not null,
    is_own boolean not null,
    is_muted boolean not null,
    counted boolean not null,           -- not muted, own, spam or duplicate
    own_reply_to varchar,               -- the text that an own text is in reply to; NULL elsewhere
    scorer varchar not null
);

-- what another scorer says of texts, beside what is told of them, until all of it is there and takes its place
create table rescored (
    source varchar not null,
    source_id varchar not null,
    brand varchar not null,
    created_at timestamp not null,
    text_hash varchar not null,         -- of the text that was scored: an edited one is scored again
    brand_compound double,
    label tinyint,
    why varchar,
    intents varchar[] not null,
    topics varchar[] not null,
    scorer varchar not null
);

-- labels given by hand: kept beside ours, never in their place
create table human_label (
    source varchar not null,
    source_id varchar not null,
    brand varchar not null,
    created_at timestamp not null,      -- of the text
    label tinyint not null,             -- -1, 0, 1
    labelled_at timestamp not null,
    weight double,                      -- how many texts it stands for, where chance drew it; NULL where somebody chose it
    text_hash varchar not null,         -- of the text that was labelled: an edited one is another
    primary key (source, source_id, brand)
);

-- what v_human_labels told when it was last asked by a copy, and of labels of texts that were edited since; for as long as nothing of the day changes
create table labelled (
    brand varchar not null,
    source varchar not null,
    source_id varchar not null,
    mention_id varchar,
    created_at timestamp not null,
    labelled_at timestamp not null,
    human_label tinyint not null,
    label tinyint,
    weight double,
    scored boolean,
    brand_compound double,
    why varchar,
    scorer varchar,
    title varchar,
    text varchar,
    url varchar,
    is_current boolean not null,        -- false: the text was edited since
    version uuid not null               -- of the day
);

-- the runs that saw a text beside the one that first stored it
create table mention_run (
    source varchar not null,
    source_id varchar not null,
    run_id bigint not null,
    created_at timestamp not null
);

-- what sources took back, whether it was stored here or not: an older copy that arrives later is erased too
create table gone (
    source varchar not null,
    source_id varchar not null,
    state varchar not null,             -- unavailable, removed or deleted
    told_at timestamp not null,
    primary key (source, source_id)
);

create table engagement_history (
    source varchar not null,
    source_id varchar not null,
    key varchar not null,
    counted_at timestamp not null,
    value double not null
);

create sequence run_number;

create table run (
    run_id bigint primary key,
    kind varchar not null,              -- live (one standing run a source) or backfill
    source varchar not null,
    query varchar not null,
    fingerprint varchar not null,       -- of what was asked: the same question resumes the same run
    since timestamp,
    until timestamp,
    started_at timestamp not null,
    finished_at timestamp,
    state varchar not null,             -- running, done, failed, undone
    seen bigint not null,               -- items offered
    stored bigint not null,             -- mentions new to the store
    set_aside bigint not null,
    error varchar
);

create table cursor (
    source varchar not null,
    query varchar not null,
    direction varchar not null,         -- live, or the number of a backfill run
    cursor varchar not null,
    updated_at timestamp not null,
    primary key (source, query, direction)
);

create table coverage (
    source varchar not null,            -- of the mentions
    query varchar not null,
    brands varchar[] not null,          -- whom the query can find; empty: every brand
    covered_from timestamp not null,
    covered_to timestamp not null,
    pulled_at timestamp not null,
    complete boolean not null,
    count bigint not null,              -- items seen
    reason varchar,                     -- why not complete
    run_id bigint not null
);

create table source_state (
    source varchar not null,
    query varchar not null,
    not_before timestamp,
    stopped varchar,                    -- not asked until somebody acts: 'money', or the version that could not read it
    failures integer not null,          -- in a row
    last_success_at timestamp,
    last_error varchar,
    last_error_at timestamp,
    primary key (source, query)
);

-- what was asked of sources: requests and money, by window; one ledger for the schedule and for backfills
create table budget (
    bucket varchar not null,
    unit varchar not null,              -- requests, units or usd
    window_from timestamp not null,
    window_to timestamp not null,
    allowed double,                     -- in the window; NULL: without limit
    used double not null,               -- reserved before asking, settled after
    used_by_backfill double not null,   -- of it
    primary key (bucket, window_from)
);

create sequence quarantine_number;

create table quarantine (
    id bigint primary key,
    run_id bigint not null,
    source varchar not null,
    query varchar not null,
    reason varchar not null,
    file varchar not null,              -- in the quarantine folder: the raw items of one page
    line bigint not null,               -- of that file, from 1
    seen_at timestamp not null,
    replayed_at timestamp
);

create table rollup_5m (
    brand varchar not null,
    source varchar not null,
    facet varchar not null,             -- all, topic or intent
    value varchar not null,
    bin_start timestamp not null,
    local_day date not null,
    local_hour tinyint not null,
    mentions bigint not null,
    counted bigint not null,
    scored bigint not null,
    negative bigint not null,
    neutral bigint not null,
    positive bigint not null,
    muted bigint not null,
    own bigint not null,
    spam bigint not null,
    duplicates bigint not null,
    churn bigint not null,
    engagement bigint
);

create table rollup_day (
    brand varchar not null,
    source varchar not null,
    facet varchar not null,
    value varchar not null,
    local_day date not null,
    mentions bigint not null,
    counted bigint not null,
    scored bigint not null,
    negative bigint not null,
    neutral bigint not null,
    positive bigint not null,
    muted bigint not null,
    own bigint not null,
    spam bigint not null,
    duplicates bigint not null,
    churn bigint not null,
    engagement bigint
);

create table judged (
    brand varchar primary key,
    judged_to timestamp not null,       -- live detection has spoken on every bin before this
    judged_at timestamp                 -- and did so at this time
);

-- when live detection spoke up to where, and which sources of which brands it could not wait for, as brand:source;
-- what was known then is what was first seen until then, so that a replay can live through it again
create table judgement (
    judged_at timestamp not null,
    judged_to timestamp not null,
    unseen varchar[] not null
);

create table incident (
    id varchar primary key,             -- brand-YYYYMMDD-n, local day of opening; never renumbered
    brand varchar not null,
    state varchar not null,             -- open, escalated, resolved
    direction varchar not null,         -- backlash, delight, outage, surge, quiet
    severity varchar not null,          -- info, warning, critical
    origin varchar not null,            -- live or backfill
    found_by varchar not null,          -- detector or rule
    line varchar not null default 'main',  -- main, quiet or rule:NAME; one is open at most on each line of a brand
    series varchar[] not null,          -- which fired: volume, negative, churn, share, engagement, source:NAME, topic:NAME, rule:NAME
    onset_at timestamp not null,
    noticed_at timestamp not null,
    resolved_at timestamp,
    peak_at timestamp not null,
    peak bigint not null,               -- mentions in the hour ending with the peak bin; of silence, in the stretch that shows it
    expected_low double not null,       -- the usual range of that hour
    expected_high double not null,
    observed bigint not null,           -- mentions from onset to the end, or to now
    negative bigint not null,
    strength double not null,           -- how unusual at most, in parts of what opens an incident
    partial boolean not null default false,  -- whether a source could not be looked at when it opened
    first_source varchar,
    first_source_id varchar,
    event varchar,                      -- the known event it follows
    summary varchar not null,
    evidence varchar not null,          -- JSON
    run_id bigint,                      -- the backfill that found it
    acknowledged_at timestamp,          -- when somebody said that they are on it
    acknowledged_by varchar,
    silenced_at timestamp,              -- from when on nobody is told of it any more
    silenced_by varchar,
    silenced_until timestamp            -- and until when; NULL: until it is over
);

create table incident_log (
    id varchar not null,
    changed_at timestamp not null,
    change varchar not null,            -- opened, escalated, resolved; acknowledged, silenced, lifted
    severity varchar not null,
    text varchar not null
);

create table event (
    name varchar not null,
    brand varchar not null,
    happened_at timestamp not null,
    note varchar
);

-- short orders that were followed: each takes effect once
create table taken_order (
    id varchar primary key,             -- the name of its file in the inbox
    kind varchar not null,              -- event, labels, ack or silence
    taken_at timestamp not null,
    outcome varchar not null,           -- JSON: what its giver is told
    trouble varchar                     -- why it could not be followed
);

-- when the file was last written anew, or that was tried
create table compaction (
    compacted_at timestamp not null
);

-- what the lake's files are told by: a day has another version after every change of what analysts read of its texts
create table day_version (
    day date not null,                  -- UTC
    version uuid not null
);

-- empty here; a published copy has one row
create table published (
    as_of timestamp not null
);

-- empty here; a published copy beside a lake names the files that its views read
create table lake_file (
    holds varchar not null,             -- mention, mention_brand or rollup_5m
    first_day date not null,            -- UTC, of created_at or bin_start
    days tinyint not null,              -- 1, or 7 where it is long ago
    file varchar not null               -- from the folder of the copy on
);
