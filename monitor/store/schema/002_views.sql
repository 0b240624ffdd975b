-- What the rollups count: the few columns of v_mentions that they need, by the same definitions; binding the
-- wide view takes longer than counting five minutes. A test holds the two together.
create view counting as
select
    mention_brand.brand,
    mention_brand.source,
    mention_brand.created_at,
    mention_brand.topics,
    mention_brand.intents,
    mention_brand.counted,
    mention_brand.counted and mention_brand.label is not null as scored,
    mention_brand.label,
    list_contains(mention_brand.intents, 'cancel') or len(list_filter(mention_brand.intents, lambda i: i like 'switch_to:%')) > 0 as is_churn,
    case
        when mention_brand.counted then 'counted'
        when mention_brand.is_muted then 'muted'
        when mention_brand.is_own then 'own'
        when mention.is_spam then 'spam'
        else 'duplicate'
    end as booked,
    case when coalesce(likes, replies, reposts, quotes, score) is not null
        then coalesce(likes, 0) + coalesce(replies, 0) + coalesce(reposts, 0) + coalesce(quotes, 0) + coalesce(score, 0)
    end as engagement
from mention_brand
join mention
    on mention.source = mention_brand.source
    and mention.source_id = mention_brand.source_id
    and mention.created_at = mention_brand.created_at;

-- What analysts read. Names and columns are stable; the tables behind them may change. The comments are the text of
-- docs/data-model.md, which `python docs/data_model.py` writes.

create view v_texts as
select
    mention.* exclude (run_id, marks, copy_key_1, copy_key_2, copy_key_3),
    source || ':' || source_id as mention_id,
    case when coalesce(likes, replies, reposts, quotes, score) is not null
        then coalesce(likes, 0) + coalesce(replies, 0) + coalesce(reposts, 0) + coalesce(quotes, 0) + coalesce(score, 0)
    end as engagement,
    -- how many saw it, where the source does not count views: a tenth of those who follow, and at least as many as reacted in one way
    case when views is null and coalesce(likes, replies, reposts, quotes, score, author_followers) is not null
        then greatest(0, author_followers // 10, likes, replies, reposts, quotes, score)
    end as reach_estimate
from mention;

-- narrow: what a stretch of a brand holds is found here, and then only its texts are read
create view v_labels as
select
    brand,
    mention_brand.* exclude (brand, own_reply_to),
    list_contains(intents, 'cancel') or len(list_filter(intents, lambda i: i like 'switch_to:%')) > 0 as is_churn,
    counted and label is not null as scored
from mention_brand;

create view v_mentions as
select
    v_labels.brand,
    v_texts.* exclude (mention_id, engagement, reach_estimate),
    v_labels.* exclude (source, source_id, created_at, brand, is_churn, scored),
    v_texts.mention_id,
    v_labels.is_churn,
    v_labels.scored,
    -- booked once: counted, or the first reason why not
    case
        when v_labels.counted then 'counted'
        when v_labels.is_muted then 'muted'
        when v_labels.is_own then 'own'
        when v_texts.is_spam then 'spam'
        else 'duplicate'
    end as booked,
    v_texts.engagement,
    v_texts.reach_estimate
from v_labels
join v_texts
    on v_texts.source = v_labels.source
    and v_texts.source_id = v_labels.source_id
    and v_texts.created_at = v_labels.created_at;

comment on view v_texts is 'a text a row, brands aside';
comment on column v_texts.source is 'where it was said';
comment on column v_texts.source_id is 'its id there';
comment on column v_texts.kind is 'post, comment, reply, quote, repost or review';
comment on column v_texts.channel is 'subreddit, video, site or tag';
comment on column v_texts.url is 'its address';
comment on column v_texts.title is 'plain text; NULL where there is none, or where it was erased';
comment on column v_texts.text is 'plain text; NULL where it was erased';
comment on column v_texts.text_truncated is 'the end of the text is missing';
comment on column v_texts.lang is 'language code, such as en';
comment on column v_texts.lang_origin is 'who said so: source or detected';
comment on column v_texts.links is 'list of outbound links';
comment on column v_texts.author_id is 'who wrote it, as the source knows them';
comment on column v_texts.author_name is 'the name last used';
comment on column v_texts.author_followers is 'at last sight';
comment on column v_texts.conversation_id is 'the source''s id of the thread''s first text';
comment on column v_texts.in_reply_to_id is 'of the text that it answers';
comment on column v_texts.quoted_id is 'of the text that it quotes';
comment on column v_texts.repost_of_id is 'of the text that it repeats';
comment on column v_texts.created_at is 'when it was written; fixed at first sight';
comment on column v_texts.edited_at is 'when it was last edited';
comment on column v_texts.first_seen_at is 'when this store first held it';
comment on column v_texts.fetched_at is 'the newest observation of its text';
comment on column v_texts.likes is 'how many, as the source says';
comment on column v_texts.replies is 'how many, as the source says';
comment on column v_texts.reposts is 'how many, as the source says';
comment on column v_texts.quotes is 'how many, as the source says';
comment on column v_texts.bookmarks is 'how many, as the source says';
comment on column v_texts.views is 'how many, as the source says';
comment on column v_texts.score is 'votes for less votes against; may be negative';
comment on column v_texts.upvote_ratio is 'votes for / all votes, 0 to 1';
comment on column v_texts.rating is 'stars, 1 to 5';
comment on column v_texts.engagement_at is 'when likes to rating were counted';
comment on column v_texts.state is 'live, edited, unavailable, removed or deleted; of the last three title, text, address and author are erased, time, brands and label stay';
comment on column v_texts.compound is 'vaderSentiment of the whole text, -1 to 1';
comment on column v_texts.pos is 'its positive part, 0 to 1';
comment on column v_texts.neu is 'its neutral part, 0 to 1';
comment on column v_texts.neg is 'its negative part, 0 to 1';
comment on column v_texts.duplicate_of is 'source:source_id of the text that it repeats: the earliest earlier one within 72 hours that it matches itself';
comment on column v_texts.is_spam is 'whether it is spam';
comment on column v_texts.spam_reason is 'why, such as link farm';
comment on column v_texts.mention_id is 'source:source_id';
comment on column v_texts.engagement is 'likes + replies + reposts + quotes + score; NULL where the source says none of them';
comment on column v_texts.reach_estimate is 'how many saw it, where the source does not count views: see the definitions; NULL where views, followers and reactions are unknown, and where views are known';

comment on view v_labels is 'a text and brand a row, without the text: quick to filter by brand and time, then joined with v_texts on source, source_id and created_at';
comment on column v_labels.brand is 'as it is shown';
comment on column v_labels.source is 'where it was said';
comment on column v_labels.source_id is 'its id there';
comment on column v_labels.created_at is 'when it was written; fixed at first sight';
comment on column v_labels.matched_by is 'why it is the brand''s: text its words, place where it stands, thread its thread''s first text';
comment on column v_labels.matched_terms is 'list of what the rule found';
comment on column v_labels.brand_compound is 'the score on which the label rests, -1 to 1; NULL where unscored';
comment on column v_labels.label is '-1 against the brand, 0 neither, 1 for it; NULL where unscored';
comment on column v_labels.why is 'reason for the label; NULL where the scorer gives none';
comment on column v_labels.intents is 'list of what the author means to do towards this brand: cancel, switch_to:NAME, refund, outage_report, praise, question';
comment on column v_labels.topics is 'list of what it speaks of, by the brand''s topics';
comment on column v_labels.is_own is 'written by one of the brand''s own_handles';
comment on column v_labels.is_muted is 'from an author or site that the brand mutes';
comment on column v_labels.counted is 'not muted, not own, not spam, not a duplicate';
comment on column v_labels.scorer is 'name and version of what gave the label';
comment on column v_labels.is_churn is 'says that it leaves: an intent cancel or switch_to:';
comment on column v_labels.scored is 'counted, with a label';

comment on view v_mentions is 'a text and brand a row; for totals over several brands count distinct mention_id';
comment on column v_mentions.brand is 'as it is shown';
comment on column v_mentions.source is 'where it was said';
comment on column v_mentions.source_id is 'its id there';
comment on column v_mentions.kind is 'post, comment, reply, quote, repost or review';
comment on column v_mentions.channel is 'subreddit, video, site or tag';
comment on column v_mentions.url is 'its address';
comment on column v_mentions.title is 'plain text; NULL where there is none, or where it was erased';
comment on column v_mentions.text is 'plain text; NULL where it was erased';
comment on column v_mentions.text_truncated is 'the end of the text is missing';
comment on column v_mentions.lang is 'language code, such as en';
comment on column v_mentions.lang_origin is 'who said so: source or detected';
comment on column v_mentions.links is 'list of outbound links';
comment on column v_mentions.author_id is 'who wrote it, as the source knows them';
comment on column v_mentions.author_name is 'the name last used';
comment on column v_mentions.author_followers is 'at last sight';
comment on column v_mentions.conversation_id is 'the source''s id of the thread''s first text';
comment on column v_mentions.in_reply_to_id is 'of the text that it answers';
comment on column v_mentions.quoted_id is 'of the text that it quotes';
comment on column v_mentions.repost_of_id is 'of the text that it repeats';
comment on column v_mentions.created_at is 'when it was written; fixed at first sight';
comment on column v_mentions.edited_at is 'when it was last edited';
comment on column v_mentions.first_seen_at is 'when this store first held it';
comment on column v_mentions.fetched_at is 'the newest observation of its text';
comment on column v_mentions.likes is 'how many, as the source says';
comment on column v_mentions.replies is 'how many, as the source says';
comment on column v_mentions.reposts is 'how many, as the source says';
comment on column v_mentions.quotes is 'how many, as the source says';
comment on column v_mentions.bookmarks is 'how many, as the source says';
comment on column v_mentions.views is 'how many, as the source says';
comment on column v_mentions.score is 'votes for less votes against; may be negative';
comment on column v_mentions.upvote_ratio is 'votes for / all votes, 0 to 1';
comment on column v_mentions.rating is 'stars, 1 to 5';
comment on column v_mentions.engagement_at is 'when likes to rating were counted';
comment on column v_mentions.state is 'live, edited, unavailable, removed or deleted; of the last three title, text, address and author are erased, time, brands and label stay';
comment on column v_mentions.compound is 'vaderSentiment of the whole text, -1 to 1';
comment on column v_mentions.pos is 'its positive part, 0 to 1';
comment on column v_mentions.neu is 'its neutral part, 0 to 1';
comment on column v_mentions.neg is 'its negative part, 0 to 1';
comment on column v_mentions.duplicate_of is 'source:source_id of the text that it repeats: the earliest earlier one within 72 hours that it matches itself';
comment on column v_mentions.is_spam is 'whether it is spam';
comment on column v_mentions.spam_reason is 'why, such as link farm';
comment on column v_mentions.matched_by is 'why it is the brand''s: text its words, place where it stands, thread its thread''s first text';
comment on column v_mentions.matched_terms is 'list of what the rule found';
comment on column v_mentions.brand_compound is 'the score on which the label rests, -1 to 1; NULL where unscored';
comment on column v_mentions.label is '-1 against the brand, 0 neither, 1 for it; NULL where unscored';
comment on column v_mentions.why is 'reason for the label; NULL where the scorer gives none';
comment on column v_mentions.intents is 'list of what the author means to do towards this brand: cancel, switch_to:NAME, refund, outage_report, praise, question';
comment on column v_mentions.topics is 'list of what it speaks of, by the brand''s topics';
comment on column v_mentions.is_own is 'written by one of the brand''s own_handles';
comment on column v_mentions.is_muted is 'from an author or site that the brand mutes';
comment on column v_mentions.counted is 'not muted, not own, not spam, not a duplicate';
comment on column v_mentions.scorer is 'name and version of what gave the label';
comment on column v_mentions.mention_id is 'source:source_id';
comment on column v_mentions.is_churn is 'says that it leaves: an intent cancel or switch_to:';
comment on column v_mentions.scored is 'counted, with a label';
comment on column v_mentions.booked is 'counted, muted, own, spam or duplicate: the first reason why it does not count';
comment on column v_mentions.engagement is 'likes + replies + reposts + quotes + score; NULL where the source says none of them';
comment on column v_mentions.reach_estimate is 'how many saw it, where the source does not count views: see the definitions; NULL where views, followers and reactions are unknown, and where views are known';

-- stretches in which a source was looked at for a brand, joined where they touch: by live rounds once every query that
-- was asked at the time got there, or by an import
create view v_covered as
with look as (
    select brand.brand, coverage.source, coverage.query, covered_from, covered_to, complete, run.kind is distinct from 'backfill' as is_live
    from coverage
    join brand on len(coverage.brands) = 0 or list_contains(coverage.brands, brand.brand)
    left join run on run.run_id = coverage.run_id
),
-- where each query was looked at
met as (
    select
        *,
        max(covered_to) over (
            partition by brand, source, query order by covered_from, covered_to
            rows between unbounded preceding and 1 preceding
        ) as met_to
    from look
    where is_live and complete
),
met_island as (
    select
        *,
        count(*) filter (where met_to is null or covered_from > met_to) over (
            partition by brand, source, query order by covered_from, covered_to
        ) as number
    from met
),
-- how many queries were asked, and how many of them were answered, from each moment on
edge as (
    select brand, source, min(covered_from) as changed_at, 0 as asked, 1 as answered from met_island group by brand, source, query, number
    union all
    select brand, source, max(covered_to), 0, -1 from met_island group by brand, source, query, number
    union all
    select brand, source, min(covered_from), 1, 0 from look where is_live group by brand, source, query
    union all
    select brand, source, max(covered_to), -1, 0 from look where is_live group by brand, source, query
),
moment as (
    select
        brand,
        source,
        changed_at,
        lead(changed_at) over (partition by brand, source order by changed_at) as next_at,
        sum(sum(asked)) over (partition by brand, source order by changed_at) as asked,
        sum(sum(answered)) over (partition by brand, source order by changed_at) as answered
    from edge
    group by brand, source, changed_at
),
looked as (
    select brand, source, changed_at as covered_from, next_at as covered_to from moment where asked > 0 and answered = asked and next_at is not null
    union all
    select brand, source, covered_from, covered_to from look where complete and not is_live
),
reached as (
    select
        *,
        max(covered_to) over (
            partition by brand, source order by covered_from, covered_to
            rows between unbounded preceding and 1 preceding
        ) as reached_to
    from looked
),
island as (
    select
        *,
        count(*) filter (where reached_to is null or covered_from > reached_to) over (
            partition by brand, source order by covered_from, covered_to
        ) as number
    from reached
)
select brand, source, min(covered_from) as covered_from, max(covered_to) as covered_to
from island
group by brand, source, number;

comment on view v_covered is 'a stretch in which a source was looked at for a brand a row, joined where they touch';
comment on column v_covered.brand is 'as it is shown';
comment on column v_covered.source is 'who was looked at';
comment on column v_covered.covered_from is 'start of the stretch';
comment on column v_covered.covered_to is 'its end, exclusive';

-- the stretches of v_covered in whole five minutes
create view v_covered_bins as
select
    brand,
    source,
    time_bucket(interval 5 minutes, covered_from + interval 299999999 microseconds) as bin_from,
    time_bucket(interval 5 minutes, covered_to) as bin_to
from v_covered
where bin_from < bin_to;

comment on view v_covered_bins is 'a stretch of whole five minutes in which a source was looked at for a brand a row; adding up their lengths is quicker than counting rows of v_series';
comment on column v_covered_bins.brand is 'as it is shown';
comment on column v_covered_bins.source is 'who was looked at';
comment on column v_covered_bins.bin_from is 'start of its first five minutes';
comment on column v_covered_bins.bin_to is 'end of its last ones, exclusive';

-- five minutes in which somebody spoke; a condition on brand or time reaches the rows themselves, and reads no others
create view v_spoken as
select
    brand,
    source,
    facet,
    value,
    bin_start,
    local_day,
    local_hour,
    mentions, counted, scored, negative, neutral, positive,
    counted - scored as unscored,
    muted, own, spam, duplicates, churn, engagement
from rollup_5m;

comment on view v_spoken is 'a brand, source, facet, value and five minutes with mentions a row: what was said, whether or not all of it was looked at';
comment on column v_spoken.brand is 'as it is shown';
comment on column v_spoken.source is 'where it was said';
comment on column v_spoken.facet is 'all, topic or intent';
comment on column v_spoken.value is 'name of the topic or intent; empty for all. A mention may have several: never add up over values';
comment on column v_spoken.bin_start is 'start of the five minutes';
comment on column v_spoken.local_day is 'day in the brand''s zone';
comment on column v_spoken.local_hour is 'hour in the brand''s zone, 0 to 23';
comment on column v_spoken.mentions is 'all mentions of the brand, counted or not';
comment on column v_spoken.counted is 'those that are not muted, not own, not spam, not duplicates';
comment on column v_spoken.scored is 'counted, with a label';
comment on column v_spoken.negative is 'scored with label -1';
comment on column v_spoken.neutral is 'scored with label 0';
comment on column v_spoken.positive is 'scored with label 1';
comment on column v_spoken.unscored is 'counted, without a label';
comment on column v_spoken.muted is 'not counted, since an author or a site is muted';
comment on column v_spoken.own is 'not counted, since the brand wrote them';
comment on column v_spoken.spam is 'not counted, since they are spam';
comment on column v_spoken.duplicates is 'not counted, since they repeat an earlier text';
comment on column v_spoken.churn is 'counted mentions that say they leave';
comment on column v_spoken.engagement is 'sum over counted mentions; NULL where no source said any';

-- a source, brand and five minutes a row: 0 where we looked and nobody spoke, NULL where we did not look
create view v_series as
with gap as (
    select
        brand,
        source,
        -- a stretch within one bin leaves no whole bin behind: its bin belongs to the gap before it
        greatest(
            time_bucket(interval 5 minutes, lag(covered_to) over looks),
            time_bucket(interval 5 minutes, lag(covered_from) over looks + interval 299999999 microseconds)
        ) as bin_from,
        time_bucket(interval 5 minutes, covered_from + interval 299999999 microseconds) as bin_to
    from v_covered
    window looks as (partition by brand, source order by covered_from)
    qualify bin_from < bin_to
),
stretch as (
    select brand, source, bin_from, bin_to, true as covered from v_covered_bins
    union all
    select brand, source, bin_from, bin_to, false from gap
),
grid as (
    select
        brand,
        source,
        brand.timezone,
        unnest(generate_series(bin_from, bin_to - interval 5 minutes, interval 5 minutes)) as bin_start,
        covered
    from stretch
    join brand using (brand)
),
-- what was said beside what was looked at: grouped, since a condition on brand or time reaches both sides of a union, and none of a full join
beside as (
    select brand, source, bin_start, local_day, local_hour, mentions, counted, scored, negative, neutral, positive, unscored,
        muted, own, spam, duplicates, churn, engagement, false as covered
    from v_spoken
    where facet = 'all'
    union all
    select
        brand,
        source,
        bin_start,
        cast(timezone(timezone, timezone('UTC', bin_start)) as date),
        hour(timezone(timezone, timezone('UTC', bin_start))),
        null, null, null, null, null, null, null, null, null, null, null, null,
        null,
        covered
    from grid
),
bins as (
    select
        brand,
        source,
        'all' as facet,
        '' as value,
        bin_start,
        max(local_day) as local_day,
        max(local_hour) as local_hour,
        max(mentions) as mentions,
        max(counted) as counted,
        max(scored) as scored,
        max(negative) as negative,
        max(neutral) as neutral,
        max(positive) as positive,
        max(unscored) as unscored,
        max(muted) as muted,
        max(own) as own,
        max(spam) as spam,
        max(duplicates) as duplicates,
        max(churn) as churn,
        max(engagement) as engagement,
        bool_or(covered) as covered
    from beside
    group by brand, source, bin_start
    union all
    select
        v_spoken.*,
        coalesce(v_spoken.bin_start < v_covered_bins.bin_to, false)
    from v_spoken
    asof left join v_covered_bins
        on v_covered_bins.brand = v_spoken.brand
        and v_covered_bins.source = v_spoken.source
        and v_covered_bins.bin_from <= v_spoken.bin_start
    where v_spoken.facet <> 'all'
)
select
    brand,
    source,
    facet,
    value,
    bin_start,
    local_day,
    cast(local_hour as tinyint) as local_hour,
    case when covered then coalesce(mentions, 0) else mentions end as mentions,
    case when covered then coalesce(counted, 0) else counted end as counted,
    case when covered then coalesce(scored, 0) else scored end as scored,
    case when covered then coalesce(negative, 0) else negative end as negative,
    case when covered then coalesce(neutral, 0) else neutral end as neutral,
    case when covered then coalesce(positive, 0) else positive end as positive,
    case when covered then coalesce(unscored, 0) else unscored end as unscored,
    case when covered then coalesce(muted, 0) else muted end as muted,
    case when covered then coalesce(own, 0) else own end as own,
    case when covered then coalesce(spam, 0) else spam end as spam,
    case when covered then coalesce(duplicates, 0) else duplicates end as duplicates,
    case when covered then coalesce(churn, 0) else churn end as churn,
    engagement,
    covered
from bins;

comment on view v_series is 'a brand, source, facet, value and five minutes a row; 0 where we looked and nobody spoke, NULL where we did not look';
comment on column v_series.brand is 'as it is shown';
comment on column v_series.source is 'where it was said';
comment on column v_series.facet is 'all, topic or intent';
comment on column v_series.value is 'name of the topic or intent; empty for all. A mention may have several: never add up over values';
comment on column v_series.bin_start is 'start of the five minutes';
comment on column v_series.local_day is 'day in the brand''s zone';
comment on column v_series.local_hour is 'hour in the brand''s zone, 0 to 23';
comment on column v_series.mentions is 'all mentions of the brand, counted or not';
comment on column v_series.counted is 'those that are not muted, not own, not spam, not duplicates';
comment on column v_series.scored is 'counted, with a label';
comment on column v_series.negative is 'scored with label -1';
comment on column v_series.neutral is 'scored with label 0';
comment on column v_series.positive is 'scored with label 1';
comment on column v_series.unscored is 'counted, without a label';
comment on column v_series.muted is 'not counted, since an author or a site is muted';
comment on column v_series.own is 'not counted, since the brand wrote them';
comment on column v_series.spam is 'not counted, since they are spam';
comment on column v_series.duplicates is 'not counted, since they repeat an earlier text';
comment on column v_series.churn is 'counted mentions that say they leave';
comment on column v_series.engagement is 'sum over counted mentions; NULL where no source said any';
comment on column v_series.covered is 'whether the source was looked at for all of the five minutes';

create view v_series_hour as
select
    brand,
    source,
    facet,
    value,
    min(bin_start) as hour_start,
    local_day,
    local_hour,
    sum(mentions)::bigint as mentions,
    sum(counted)::bigint as counted,
    sum(scored)::bigint as scored,
    sum(negative)::bigint as negative,
    sum(neutral)::bigint as neutral,
    sum(positive)::bigint as positive,
    sum(unscored)::bigint as unscored,
    sum(churn)::bigint as churn,
    sum(engagement)::bigint as engagement,
    avg(covered::integer) as covered
from v_series
group by brand, source, facet, value, local_day, local_hour, date_trunc('hour', bin_start);

comment on view v_series_hour is 'the same by clock hour';
comment on column v_series_hour.brand is 'as it is shown';
comment on column v_series_hour.source is 'where it was said';
comment on column v_series_hour.facet is 'all, topic or intent';
comment on column v_series_hour.value is 'name of the topic or intent; empty for all. A mention may have several: never add up over values';
comment on column v_series_hour.hour_start is 'its first five minutes';
comment on column v_series_hour.local_day is 'day in the brand''s zone';
comment on column v_series_hour.local_hour is 'hour in the brand''s zone, 0 to 23';
comment on column v_series_hour.mentions is 'all mentions of the brand, counted or not';
comment on column v_series_hour.counted is 'those that are not muted, not own, not spam, not duplicates';
comment on column v_series_hour.scored is 'counted, with a label';
comment on column v_series_hour.negative is 'scored with label -1';
comment on column v_series_hour.neutral is 'scored with label 0';
comment on column v_series_hour.positive is 'scored with label 1';
comment on column v_series_hour.unscored is 'counted, without a label';
comment on column v_series_hour.churn is 'counted mentions that say they leave';
comment on column v_series_hour.engagement is 'sum over counted mentions; NULL where no source said any';
comment on column v_series_hour.covered is 'how much of the hour was looked at, 0 to 1';

-- how much of each local day was looked at, 0 to 1; a row for every day from a source's first look to its last
create view v_covered_day as
with stretch as (
    select
        v_covered.*,
        brand.timezone,
        cast(timezone(brand.timezone, timezone('UTC', covered_from)) as date) as first_day,
        cast(timezone(brand.timezone, timezone('UTC', covered_to - interval 1 microsecond)) as date) as last_day
    from v_covered
    join brand using (brand)
),
days as (
    select
        brand,
        source,
        timezone,
        unnest(generate_series(cast(min(first_day) as timestamp), cast(max(last_day) as timestamp), interval 1 day)) as midnight
    from stretch
    group by brand, source, timezone
),
bounded as (
    select
        *,
        timezone('UTC', timezone(timezone, midnight)) as day_from,
        timezone('UTC', timezone(timezone, midnight + interval 1 day)) as day_to
    from days
)
select
    bounded.brand,
    bounded.source,
    cast(midnight as date) as local_day,
    -- whole microseconds are added, so that the order of adding cannot show
    coalesce(sum(epoch_us(least(covered_to, day_to)) - epoch_us(greatest(covered_from, day_from))) filter (where covered_from is not null), 0)
        / any_value(epoch_us(day_to) - epoch_us(day_from)) as covered
from bounded
left join stretch
    on stretch.brand = bounded.brand
    and stretch.source = bounded.source
    and covered_from < day_to
    and covered_to > day_from
group by bounded.brand, bounded.source, midnight;

comment on view v_covered_day is 'a brand, source and day a row, from its first look to its last';
comment on column v_covered_day.brand is 'as it is shown';
comment on column v_covered_day.source is 'who was looked at';
comment on column v_covered_day.local_day is 'day in the brand''s zone';
comment on column v_covered_day.covered is 'how much of it was looked at, 0 to 1';

-- a brand, source and local day a row, facet all
create view v_series_day as
select
    coalesce(rollup_day.brand, v_covered_day.brand) as brand,
    coalesce(rollup_day.source, v_covered_day.source) as source,
    coalesce(rollup_day.local_day, v_covered_day.local_day) as local_day,
    case when coalesce(covered, 0) > 0 then coalesce(mentions, 0) else mentions end as mentions,
    case when coalesce(covered, 0) > 0 then coalesce(counted, 0) else counted end as counted,
    case when coalesce(covered, 0) > 0 then coalesce(scored, 0) else scored end as scored,
    case when coalesce(covered, 0) > 0 then coalesce(negative, 0) else negative end as negative,
    case when coalesce(covered, 0) > 0 then coalesce(neutral, 0) else neutral end as neutral,
    case when coalesce(covered, 0) > 0 then coalesce(positive, 0) else positive end as positive,
    case when coalesce(covered, 0) > 0 then coalesce(unscored, 0) else unscored end as unscored,
    case when coalesce(covered, 0) > 0 then coalesce(muted, 0) else muted end as muted,
    case when coalesce(covered, 0) > 0 then coalesce(own, 0) else own end as own,
    case when coalesce(covered, 0) > 0 then coalesce(spam, 0) else spam end as spam,
    case when coalesce(covered, 0) > 0 then coalesce(duplicates, 0) else duplicates end as duplicates,
    case when coalesce(covered, 0) > 0 then coalesce(churn, 0) else churn end as churn,
    engagement,
    coalesce(covered, 0) as covered
from (select *, counted - scored as unscored from rollup_day where facet = 'all') as rollup_day
full join v_covered_day
    on rollup_day.brand = v_covered_day.brand
    and rollup_day.source = v_covered_day.source
    and rollup_day.local_day = v_covered_day.local_day;

comment on view v_series_day is 'a brand, source and day of the brand''s zone a row';
comment on column v_series_day.brand is 'as it is shown';
comment on column v_series_day.source is 'where it was said';
comment on column v_series_day.local_day is 'day in the brand''s zone';
comment on column v_series_day.mentions is 'all mentions of the brand, counted or not';
comment on column v_series_day.counted is 'those that are not muted, not own, not spam, not duplicates';
comment on column v_series_day.scored is 'counted, with a label';
comment on column v_series_day.negative is 'scored with label -1';
comment on column v_series_day.neutral is 'scored with label 0';
comment on column v_series_day.positive is 'scored with label 1';
comment on column v_series_day.unscored is 'counted, without a label';
comment on column v_series_day.muted is 'not counted, since an author or a site is muted';
comment on column v_series_day.own is 'not counted, since the brand wrote them';
comment on column v_series_day.spam is 'not counted, since they are spam';
comment on column v_series_day.duplicates is 'not counted, since they repeat an earlier text';
comment on column v_series_day.churn is 'counted mentions that say they leave';
comment on column v_series_day.engagement is 'sum over counted mentions; NULL where no source said any';
comment on column v_series_day.covered is 'how much of the day was looked at, 0 to 1';

-- a brand and local day a row: the figures that digest, page and pivot tables share
create view v_daily as
select
    brand,
    local_day,
    sum(mentions)::bigint as mentions,
    sum(counted)::bigint as counted,
    sum(scored)::bigint as scored,
    sum(negative)::bigint as negative,
    sum(neutral)::bigint as neutral,
    sum(positive)::bigint as positive,
    sum(unscored)::bigint as unscored,
    sum(muted)::bigint as muted,
    sum(own)::bigint as own,
    sum(spam)::bigint as spam,
    sum(duplicates)::bigint as duplicates,
    sum(churn)::bigint as churn,
    sum(engagement)::bigint as engagement,
    case when sum(scored) > 0 then sum(negative) / sum(scored) end as negative_share,
    case when sum(scored) > 0 then (sum(positive) - sum(negative)) / sum(scored) end as net_sentiment,
    list_sum(list_sort(list(covered))) / count(*) as covered   -- mean over its sources, added in one order
from v_series_day
group by brand, local_day;

comment on view v_daily is 'a brand and day of its zone a row, over all sources: the figures of digest and queries';
comment on column v_daily.brand is 'as it is shown';
comment on column v_daily.local_day is 'day in the brand''s zone';
comment on column v_daily.mentions is 'all mentions of the brand, counted or not';
comment on column v_daily.counted is 'those that are not muted, not own, not spam, not duplicates';
comment on column v_daily.scored is 'counted, with a label';
comment on column v_daily.negative is 'scored with label -1';
comment on column v_daily.neutral is 'scored with label 0';
comment on column v_daily.positive is 'scored with label 1';
comment on column v_daily.unscored is 'counted, without a label';
comment on column v_daily.muted is 'not counted, since an author or a site is muted';
comment on column v_daily.own is 'not counted, since the brand wrote them';
comment on column v_daily.spam is 'not counted, since they are spam';
comment on column v_daily.duplicates is 'not counted, since they repeat an earlier text';
comment on column v_daily.churn is 'counted mentions that say they leave';
comment on column v_daily.engagement is 'sum over counted mentions; NULL where no source said any';
comment on column v_daily.negative_share is 'negative / scored, 0 to 1; NULL where nothing is scored';
comment on column v_daily.net_sentiment is '(positive - negative) / scored, -1 to 1; NULL where nothing is scored';
comment on column v_daily.covered is 'how much of the day was looked at, 0 to 1: the mean over the brand''s sources';

-- what people said of texts, beside what we say of them now; labels of texts that were edited since are left out
create view v_human_labels as
select
    human_label.brand,
    human_label.source,
    human_label.source_id,
    human_label.source || ':' || human_label.source_id as mention_id,
    human_label.created_at,
    human_label.labelled_at,
    human_label.label as human_label,
    mention_brand.label,
    human_label.weight,
    mention_brand.counted and mention_brand.label is not null as scored,
    mention_brand.brand_compound,
    mention_brand.why,
    mention_brand.scorer,
    mention.title,
    mention.text,
    mention.url
from human_label
join mention_brand
    on mention_brand.source = human_label.source
    and mention_brand.source_id = human_label.source_id
    and mention_brand.created_at = human_label.created_at
    and mention_brand.brand = human_label.brand
join mention
    on mention.source = mention_brand.source
    and mention.source_id = mention_brand.source_id
    and mention.created_at = mention_brand.created_at
-- no plain equality: it would be joined by, and every text be hashed
where case when human_label.text_hash = md5(coalesce(mention.title, '') || chr(10) || coalesce(mention.text, '')) then true end;

comment on view v_human_labels is 'a label given by a person a row, beside ours; labels of texts that were edited since are left out';
comment on column v_human_labels.brand is 'as it is shown';
comment on column v_human_labels.source is 'of the mention';
comment on column v_human_labels.source_id is 'of the mention';
comment on column v_human_labels.mention_id is 'source:source_id';
comment on column v_human_labels.created_at is 'when the mention was written';
comment on column v_human_labels.labelled_at is 'when the label was taken in';
comment on column v_human_labels.human_label is '-1, 0, 1: how a person finds that it feels towards the brand';
comment on column v_human_labels.label is 'ours; NULL where unscored';
comment on column v_human_labels.weight is 'how many mentions it stands for, where it was drawn by chance; NULL where somebody chose it: leave those out of any share';
comment on column v_human_labels.scored is 'counted, with a label of ours';
comment on column v_human_labels.brand_compound is 'the score on which our label rests, -1 to 1; NULL where unscored';
comment on column v_human_labels.why is 'reason for our label; NULL where the scorer gives none';
comment on column v_human_labels.scorer is 'name and version of what gave our label';
comment on column v_human_labels.title is 'of the mention, plain text; NULL where there is none';
comment on column v_human_labels.text is 'of the mention, plain text';
comment on column v_human_labels.url is 'of the mention';

-- counted mentions that ask for an answer; a condition on time reaches the rows themselves, which it does not in v_answers
create view v_asking as
select
    brand,
    source,
    source_id,
    source || ':' || source_id as mention_id,
    created_at,
    list_contains(intents, 'question') as is_question,
    is_churn or coalesce(label = -1, false) or list_has_any(intents, ['refund', 'outage_report']) as is_complaint
from v_labels
where counted
    and (is_question or is_complaint);

comment on view v_asking is 'a counted mention that asks or complains a row';
comment on column v_asking.brand is 'as it is shown';
comment on column v_asking.source is 'of the mention';
comment on column v_asking.source_id is 'of the mention';
comment on column v_asking.mention_id is 'source:source_id';
comment on column v_asking.created_at is 'when the mention was written';
comment on column v_asking.is_question is 'has the intent question';
comment on column v_asking.is_complaint is 'label -1, or an intent cancel, switch_to:, refund or outage_report';

-- own texts in reply to others: they are few, and found without reading the rest
create view v_replies as
select
    brand,
    source,
    own_reply_to as replies_to,
    created_at as replied_at,
    source || ':' || source_id as mention_id
from mention_brand
where own_reply_to is not null;

comment on view v_replies is 'a text of an own handle in reply to another a row';
comment on column v_replies.brand is 'whose handle it is';
comment on column v_replies.source is 'of both texts';
comment on column v_replies.replies_to is 'source_id of the text that it replies to';
comment on column v_replies.replied_at is 'when the reply was written';
comment on column v_replies.mention_id is 'the reply''s source:source_id';

-- who asks, and the first own text in reply to each
create view v_answers as
with reply as (
    select
        brand,
        source,
        replies_to,
        list({'at': replied_at, 'id': mention_id} order by replied_at, mention_id) as replies
    from v_replies
    group by all
),
answered as (
    select
        v_asking.*,
        list_filter(reply.replies, lambda own: own.at >= v_asking.created_at)[1] as answer
    from v_asking
    left join reply
        on reply.brand = v_asking.brand
        and reply.source = v_asking.source
        and reply.replies_to = v_asking.source_id
)
select
    * exclude (answer),
    answer.at as answered_at,
    epoch(answer.at - created_at) / 60 as answer_minutes,
    answer.id as answer_mention_id
from answered;

comment on view v_answers is 'a counted mention that asks or complains a row, with our first answer';
comment on column v_answers.brand is 'as it is shown';
comment on column v_answers.source is 'of the mention';
comment on column v_answers.source_id is 'of the mention';
comment on column v_answers.mention_id is 'source:source_id';
comment on column v_answers.created_at is 'when the mention was written';
comment on column v_answers.is_question is 'has the intent question';
comment on column v_answers.is_complaint is 'label -1, or an intent cancel, switch_to:, refund or outage_report';
comment on column v_answers.answered_at is 'when an own handle first replied to it; NULL: no reply of ours is known';
comment on column v_answers.answer_minutes is 'from the mention to that reply';
comment on column v_answers.answer_mention_id is 'the reply''s source:source_id; its address stands in v_texts';

create view v_incidents as select * exclude (run_id) from incident;

comment on view v_incidents is 'an incident a row';
comment on column v_incidents.id is 'brand, local day of opening, number of the day: acme-20260210-1; never renumbered';
comment on column v_incidents.brand is 'as it is shown';
comment on column v_incidents.state is 'open, escalated or resolved';
comment on column v_incidents.direction is 'backlash, delight, outage, surge or quiet';
comment on column v_incidents.severity is 'info, warning or critical';
comment on column v_incidents.origin is 'live, or backfill: found in the past, nobody was alerted';
comment on column v_incidents.found_by is 'detector or rule';
comment on column v_incidents.line is 'main, quiet or rule:NAME; a brand has one open incident at most on each';
comment on column v_incidents.series is 'list of what fired: volume, negative, churn, share, engagement, source:NAME, topic:NAME or rule:NAME';
comment on column v_incidents.onset_at is 'start of the rise';
comment on column v_incidents.noticed_at is 'when it was noticed';
comment on column v_incidents.resolved_at is 'when it ended; NULL while it lasts';
comment on column v_incidents.peak_at is 'start of the five minutes that end its largest hour';
comment on column v_incidents.peak is 'mentions in that hour; of a silence, in the stretch that shows it';
comment on column v_incidents.expected_low is 'least that this hour usually brings';
comment on column v_incidents.expected_high is 'most that this hour usually brings';
comment on column v_incidents.observed is 'counted mentions from onset to end';
comment on column v_incidents.negative is 'negative ones among them';
comment on column v_incidents.strength is 'its largest; 1 just opens an incident';
comment on column v_incidents.partial is 'whether a source could not be looked at when it opened';
comment on column v_incidents.first_source is 'of its first mention';
comment on column v_incidents.first_source_id is 'of its first mention';
comment on column v_incidents.event is 'name of the known event that it follows';
comment on column v_incidents.summary is 'one line of at most 70 characters';
comment on column v_incidents.evidence is 'JSON: what explains it, such as terms, intents, topics, sources, thread, examples, reach, query; told in detection.md';
comment on column v_incidents.acknowledged_at is 'when somebody said that they are on it, by monitor incidents ack; NULL: nobody has';
comment on column v_incidents.acknowledged_by is 'who';
comment on column v_incidents.silenced_at is 'from when on nobody is told of it, by monitor incidents silence; NULL: it never was silenced';
comment on column v_incidents.silenced_by is 'who said so';
comment on column v_incidents.silenced_until is 'until when nobody is told of it; NULL where silenced_at is not: until it is over';

create view v_incident_log as select * from incident_log;

comment on view v_incident_log is 'what became of an incident, a change a row';
comment on column v_incident_log.id is 'of the incident';
comment on column v_incident_log.changed_at is 'when';
comment on column v_incident_log.change is 'opened, escalated or resolved; by people: acknowledged, silenced or lifted, when it is told of again';
comment on column v_incident_log.severity is 'at that time';
comment on column v_incident_log.text is 'one sentence';

create view v_events as select * from event;

comment on view v_events is 'a known event a row, as told by monitor event add';
comment on column v_events.name is 'what happened';
comment on column v_events.brand is 'to whom';
comment on column v_events.happened_at is 'when';
comment on column v_events.note is 'whatever else was said of it';

-- each look as it was made, without its delays: what is known at once
create view v_looks as select * from coverage;

comment on view v_looks is 'a look at a source a row: the stretch of time it covers, and whether all of it was seen';
comment on column v_looks.source is 'of the mentions';
comment on column v_looks.query is 'what was asked: a brand''s search, a subreddit, a feed, a file';
comment on column v_looks.brands is 'whom the query can find; an empty list: every brand';
comment on column v_looks.covered_from is 'start of the stretch';
comment on column v_looks.covered_to is 'its end, exclusive';
comment on column v_looks.pulled_at is 'when it was last asked';
comment on column v_looks.complete is 'false where it could not be asked, or the source did not reach back so far';
comment on column v_looks.count is 'items that came with it, known ones too; of a look of several pages those of the round that completed it';
comment on column v_looks.reason is 'why it is not complete; first pull where a source was asked for the first time';
comment on column v_looks.run_id is 'of v_runs';

-- the looks with their delays, for which every text is read. Delays, in seconds, are from when a mention was said to when it was stored here, over those
-- that live rounds brought; a first pull, which brings what is long said, has none
create view v_coverage as
select
    coverage.*,
    median(epoch(mention.first_seen_at - mention.created_at)) as delay_median,
    quantile_cont(epoch(mention.first_seen_at - mention.created_at), 0.9) as delay_p90
from coverage
left join run on run.run_id = coverage.run_id
left join mention
    on mention.source = coverage.source
    and mention.run_id = coverage.run_id
    and mention.created_at >= coverage.covered_from
    and mention.created_at < coverage.covered_to
    and run.kind = 'live'
    and coverage.reason is distinct from 'first pull'
group by all;

comment on view v_coverage is 'a look at a source as it was made a row; looks of one question that touch are one';
comment on column v_coverage.source is 'of the mentions';
comment on column v_coverage.query is 'what was asked: a brand''s search, a subreddit, a feed, a file';
comment on column v_coverage.brands is 'whom the query can find; an empty list: every brand';
comment on column v_coverage.covered_from is 'start of the stretch';
comment on column v_coverage.covered_to is 'its end, exclusive';
comment on column v_coverage.pulled_at is 'when it was last asked';
comment on column v_coverage.complete is 'false where it could not be asked, or the source did not reach back so far';
comment on column v_coverage.count is 'items that came with it, known ones too; of a look of several pages those of the round that completed it';
comment on column v_coverage.reason is 'why it is not complete; first pull where a source was asked for the first time';
comment on column v_coverage.run_id is 'of v_runs';
comment on column v_coverage.delay_median is 'seconds from when a mention was written to when it was stored here: half of them took no longer; NULL for first pulls, imports and where nothing came';
comment on column v_coverage.delay_p90 is 'the same, nine of ten of them';

-- requests and money by window; what was reserved before asking and is not settled yet counts as used
create view v_budget as
select bucket, unit, window_from, window_to, allowed, used, used_by_backfill from budget;

comment on view v_budget is 'a budget and window of time a row: what was asked of sources, and what it cost';
comment on column v_budget.bucket is 'what is limited, such as x usd (US dollars), x usd Acme (those of one brand), hackernews requests';
comment on column v_budget.unit is 'requests, units (of the source''s own) or usd';
comment on column v_budget.window_from is 'when the window began';
comment on column v_budget.window_to is 'when it is full again';
comment on column v_budget.allowed is 'in the window; NULL: without limit';
comment on column v_budget.used is 'of it; what is set aside for a request under way counts as used';
comment on column v_budget.used_by_backfill is 'part of used';

-- a live run stands as long as its source is asked: what it saw is counted from its looks, what it stored from the texts
create view v_runs as
select
    run.* replace (
        case when kind = 'live' then seen + coalesce((select sum(count)::bigint from coverage where coverage.run_id = run.run_id), 0) else seen end
            as seen,
        case when kind = 'live' then (select count(*) from mention where mention.run_id = run.run_id) else stored end as stored
    )
from run;

comment on view v_runs is 'an import a row, and one standing run for each live source';
comment on column v_runs.run_id is 'its number, as in monitor backfill --undo';
comment on column v_runs.kind is 'live or backfill';
comment on column v_runs.source is 'who was asked';
comment on column v_runs.query is 'what was asked; of a live run empty';
comment on column v_runs.fingerprint is 'of what was asked: the same question resumes the same run';
comment on column v_runs.since is 'start of a backfill''s stretch; NULL: open';
comment on column v_runs.until is 'its end, exclusive; NULL: open';
comment on column v_runs.started_at is 'when it began';
comment on column v_runs.finished_at is 'when it ended';
comment on column v_runs.state is 'running, done, failed or undone; a live run is always running';
comment on column v_runs.seen is 'items offered; of a live run the sum of count in v_coverage';
comment on column v_runs.stored is 'mentions new to the store';
comment on column v_runs.set_aside is 'items in quarantine';
comment on column v_runs.error is 'why it failed; troubles of live rounds are in v_coverage';

-- when the data of a published copy was copied
create view v_published as select * from published;

comment on view v_published is 'one row';
comment on column v_published.as_of is 'when the data of this copy was copied';

-- the brands and their zones
create view v_brands as select * from brand;

comment on view v_brands is 'a brand a row';
comment on column v_brands.brand is 'as it is shown';
comment on column v_brands.slug is 'its name in incident ids';
comment on column v_brands.timezone is 'the zone of its days';
