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

-- What analysts read. Names and columns are stable; the tables behind them may change.

create view v_mentions as
select
    mention_brand.brand,
    mention.* exclude (run_id, marks, copy_key_1, copy_key_2, copy_key_3),
    mention_brand.* exclude (source, source_id, created_at, brand),
    mention.source || ':' || mention.source_id as mention_id,
    list_contains(mention_brand.intents, 'cancel') or len(list_filter(mention_brand.intents, lambda i: i like 'switch_to:%')) > 0 as is_churn,
    mention_brand.counted and mention_brand.label is not null as scored,
    -- booked once: counted, or the first reason why not
    case
        when mention_brand.counted then 'counted'
        when mention_brand.is_muted then 'muted'
        when mention_brand.is_own then 'own'
        when mention.is_spam then 'spam'
        else 'duplicate'
    end as booked,
    case when coalesce(likes, replies, reposts, quotes, score) is not null
        then coalesce(likes, 0) + coalesce(replies, 0) + coalesce(reposts, 0) + coalesce(quotes, 0) + coalesce(score, 0)
    end as engagement,
    -- how many saw it, where the source does not count views: a tenth of those who follow, and at least as many as reacted in one way
    case when views is null and coalesce(likes, replies, reposts, quotes, score, author_followers) is not null
        then greatest(0, author_followers // 10, likes, replies, reposts, quotes, score)
    end as reach_estimate
from mention_brand
join mention
    on mention.source = mention_brand.source
    and mention.source_id = mention_brand.source_id
    and mention.created_at = mention_brand.created_at;

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

-- a source, brand and five minutes a row: 0 where we looked and nobody spoke, NULL where we did not look
create view v_series as
with stretch as (
    select
        brand,
        source,
        time_bucket(interval 5 minutes, covered_from + interval 299999999 microseconds) as bin_from,
        time_bucket(interval 5 minutes, covered_to) as bin_to,
        true as covered
    from v_covered
    union all
    select
        brand,
        source,
        -- a stretch within one bin leaves no whole bin behind: its bin belongs to the gap before it
        greatest(
            time_bucket(interval 5 minutes, lag(covered_to) over (partition by brand, source order by covered_from)),
            time_bucket(
                interval 5 minutes, lag(covered_from) over (partition by brand, source order by covered_from) + interval 299999999 microseconds
            )
        ) as bin_from,
        time_bucket(interval 5 minutes, covered_from + interval 299999999 microseconds) as bin_to,
        false as covered
    from v_covered
    qualify bin_from is not null
),
grid as (
    select
        brand,
        source,
        'all' as facet,
        '' as value,
        unnest(generate_series(bin_from, bin_to - interval 5 minutes, interval 5 minutes)) as bin_start,
        covered
    from stretch
    where bin_from < bin_to
),
bins as (
    select
        coalesce(rollup_5m.brand, grid.brand) as brand,
        coalesce(rollup_5m.source, grid.source) as source,
        coalesce(rollup_5m.facet, grid.facet) as facet,
        coalesce(rollup_5m.value, grid.value) as value,
        coalesce(rollup_5m.bin_start, grid.bin_start) as bin_start,
        coalesce(grid.covered, false) as covered,
        rollup_5m.* exclude (brand, source, facet, value, bin_start, local_day, local_hour)
    from rollup_5m
    full join grid
        on rollup_5m.brand = grid.brand
        and rollup_5m.source = grid.source
        and rollup_5m.facet = grid.facet
        and rollup_5m.value = grid.value
        and rollup_5m.bin_start = grid.bin_start
)
select
    bins.brand,
    bins.source,
    bins.facet,
    bins.value,
    bins.bin_start,
    cast(timezone(brand.timezone, timezone('UTC', bins.bin_start)) as date) as local_day,
    cast(hour(timezone(brand.timezone, timezone('UTC', bins.bin_start))) as tinyint) as local_hour,
    case when bins.covered then coalesce(bins.mentions, 0) else bins.mentions end as mentions,
    case when bins.covered then coalesce(bins.counted, 0) else bins.counted end as counted,
    case when bins.covered then coalesce(bins.scored, 0) else bins.scored end as scored,
    case when bins.covered then coalesce(bins.negative, 0) else bins.negative end as negative,
    case when bins.covered then coalesce(bins.neutral, 0) else bins.neutral end as neutral,
    case when bins.covered then coalesce(bins.positive, 0) else bins.positive end as positive,
    case when bins.covered then coalesce(bins.unscored, 0) else bins.unscored end as unscored,
    case when bins.covered then coalesce(bins.muted, 0) else bins.muted end as muted,
    case when bins.covered then coalesce(bins.own, 0) else bins.own end as own,
    case when bins.covered then coalesce(bins.spam, 0) else bins.spam end as spam,
    case when bins.covered then coalesce(bins.duplicates, 0) else bins.duplicates end as duplicates,
    case when bins.covered then coalesce(bins.churn, 0) else bins.churn end as churn,
    bins.engagement,
    bins.covered
from bins
join brand on brand.brand = bins.brand;

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
from (select * from rollup_day where facet = 'all') as rollup_day
full join v_covered_day
    on rollup_day.brand = v_covered_day.brand
    and rollup_day.source = v_covered_day.source
    and rollup_day.local_day = v_covered_day.local_day;

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

-- what people said of texts, beside what we say of them now; labels of texts that were edited since are left out
create view v_human_labels as
select
    human_label.brand,
    human_label.source,
    human_label.source_id,
    human_label.source || ':' || human_label.source_id as mention_id,
    mention_brand.created_at,
    human_label.labelled_at,
    human_label.label as human_label,
    mention_brand.label,
    human_label.weight,
    mention_brand.counted and mention_brand.label is not null as scored
from human_label
join mention_brand
    on mention_brand.source = human_label.source
    and mention_brand.source_id = human_label.source_id
    and mention_brand.brand = human_label.brand
join mention
    on mention.source = mention_brand.source
    and mention.source_id = mention_brand.source_id
    and mention.created_at = mention_brand.created_at
where human_label.text_hash = md5(coalesce(mention.title, '') || chr(10) || coalesce(mention.text, ''));

-- counted mentions that ask for an answer, and the first own text in reply to each
create view v_answers as
with asking as (
    select
        brand,
        source,
        source_id,
        mention_id,
        created_at,
        list_contains(intents, 'question') as is_question,
        is_churn or coalesce(label = -1, false) or list_has_any(intents, ['refund', 'outage_report']) as is_complaint
    from v_mentions
    where counted
),
own as (
    select
        brand,
        source,
        in_reply_to_id,
        url,
        created_at
    from v_mentions
    where is_own
        and in_reply_to_id is not null
),
answer as (
    select
        asking.brand,
        asking.source,
        asking.source_id,
        min(own.created_at) as answered_at,
        arg_min(own.url, (own.created_at, own.url)) as answer_url
    from asking
    join own
        on own.brand = asking.brand
        and own.source = asking.source
        and own.in_reply_to_id = asking.source_id
        and own.created_at >= asking.created_at
    where asking.is_question
        or asking.is_complaint
    group by all
)
select
    asking.*,
    answer.answered_at,
    epoch(answer.answered_at - asking.created_at) / 60 as answer_minutes,
    answer.answer_url
from asking
left join answer
    on answer.brand = asking.brand
    and answer.source = asking.source
    and answer.source_id = asking.source_id
where asking.is_question
    or asking.is_complaint;

create view v_incidents as select * exclude (run_id) from incident;

create view v_incident_log as select * from incident_log;

create view v_events as select * from event;

-- each look as it was made. Delays, in seconds, are from when a mention was said to when it was stored here, over those
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

-- requests and money by window; what was reserved before asking and is not settled yet counts as used
create view v_budget as
select bucket, unit, window_from, window_to, allowed, used, used_by_backfill from budget;

-- a live run stands as long as its source is asked: what it saw is counted from its looks, what it stored from the texts
create view v_runs as
select
    run.* replace (
        case when kind = 'live' then seen + coalesce((select sum(count)::bigint from coverage where coverage.run_id = run.run_id), 0) else seen end
            as seen,
        case when kind = 'live' then (select count(*) from mention where mention.run_id = run.run_id) else stored end as stored
    )
from run;

-- when the data of a published copy was copied
create view v_published as select * from published;

-- the brands and their zones
create view v_brands as select * from brand;
