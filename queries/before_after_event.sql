-- What did an event change?
--
-- brand           varchar    one brand; every brand that has the event unless given
-- event           varchar    its name or a part of it; each brand's newest event unless given
-- moment          timestamp  a time instead of an event, UTC; the event's time unless given
-- hours           double     how long to look before and after; 24 unless given
--
-- brand           as it is shown
-- event           its name; null where a moment was given
-- period          "week before": the same hours a week earlier · "before" · "after"
-- period_from     UTC, the five minutes that hold the event or the moment are the first of "after"
-- period_to       UTC, exclusive
-- mentions        texts about the brand; null where nothing was looked at
-- counted         mentions that are not muted, not its own, not spam and not copies
-- scored          counted mentions with a label
-- negative        scored mentions that are against the brand
-- negative_share  negative / scored, 0 to 1; null where nothing is scored
-- net_sentiment   (positive - negative) / scored, -1 to 1; null where nothing is scored
-- churn           counted mentions that say they leave
-- times_before    counted / counted of "before"; null where that is 0 or unknown
-- covered         how much of the period was looked at, 0 to 1, over the sources that were looked at in any of the three

with told as (
    select
        brand,
        name,
        happened_at
    from v_events
    where getvariable('moment') is null
        and contains(lower(name), lower(coalesce(getvariable('event')::varchar, '')))
    qualify row_number() over (partition by brand order by happened_at desc, name) = 1
    union all
    select
        brand,
        null as name,
        getvariable('moment')::timestamp as happened_at
    from v_brands
    where getvariable('moment') is not null
),
asked as (
    select
        brand,
        name as event,
        time_bucket(interval 5 minutes, happened_at) as bin_start,
        to_seconds(coalesce(getvariable('hours')::double, 24) * 3600) as span
    from told
    where lower(brand) = lower(coalesce(getvariable('brand')::varchar, brand))
),
period as (
    select brand, event, 1 as place, 'week before' as period, bin_start - interval 7 days as period_from, bin_start - interval 7 days + span as period_to
    from asked
    union all
    select brand, event, 2 as place, 'before' as period, bin_start - span as period_from, bin_start as period_to
    from asked
    union all
    select brand, event, 3 as place, 'after' as period, bin_start as period_from, bin_start + span as period_to
    from asked
),
spoken as (
    select
        period.brand,
        period.event,
        period.place,
        sum(v_spoken.mentions) as mentions,
        sum(v_spoken.counted) as counted,
        sum(v_spoken.scored) as scored,
        sum(v_spoken.negative) as negative,
        sum(v_spoken.positive) as positive,
        sum(v_spoken.churn) as churn
    from period
    join v_spoken
        on v_spoken.brand = period.brand
        and v_spoken.facet = 'all'
        and v_spoken.bin_start >= period.period_from
        and v_spoken.bin_start < period.period_to
    where v_spoken.bin_start >= (select min(period_from) from period)
        and v_spoken.bin_start < (select max(period_to) from period)
    group by all
),
looked as (
    select
        period.brand,
        period.event,
        period.place,
        sum(
            epoch(least(v_covered_bins.bin_to, time_bucket(interval 5 minutes, period.period_to + interval 299999999 microseconds)))
                - epoch(greatest(v_covered_bins.bin_from, period.period_from))
        ) as seconds_covered
    from period
    join v_covered_bins
        on v_covered_bins.brand = period.brand
        and v_covered_bins.bin_from < period.period_to
        and v_covered_bins.bin_to > period.period_from
    group by all
),
figures as (
    select
        period.*,
        -- 0 where we looked and nobody spoke
        case when looked.brand is not null then coalesce(spoken.mentions, 0) else spoken.mentions end::bigint as mentions,
        case when looked.brand is not null then coalesce(spoken.counted, 0) else spoken.counted end::bigint as counted,
        case when looked.brand is not null then coalesce(spoken.scored, 0) else spoken.scored end::bigint as scored,
        case when looked.brand is not null then coalesce(spoken.negative, 0) else spoken.negative end::bigint as negative,
        case when looked.brand is not null then coalesce(spoken.positive, 0) else spoken.positive end::bigint as positive,
        case when looked.brand is not null then coalesce(spoken.churn, 0) else spoken.churn end::bigint as churn,
        coalesce(looked.seconds_covered, 0) as seconds_covered
    from period
    left join spoken
        on spoken.brand = period.brand
        and spoken.event is not distinct from period.event
        and spoken.place = period.place
    left join looked
        on looked.brand = period.brand
        and looked.event is not distinct from period.event
        and looked.place = period.place
),
sources as (
    select
        period.brand,
        count(distinct v_covered.source) as sources
    from period
    join v_covered
        on v_covered.brand = period.brand
        and v_covered.covered_from < period.period_to
        and v_covered.covered_to > period.period_from
    group by period.brand
)
select
    figures.brand,
    figures.event,
    figures.period,
    figures.period_from,
    figures.period_to,
    figures.mentions,
    figures.counted,
    figures.scored,
    figures.negative,
    case when figures.scored > 0 then figures.negative / figures.scored end as negative_share,
    case when figures.scored > 0 then (figures.positive - figures.negative) / figures.scored end as net_sentiment,
    figures.churn,
    figures.counted / nullif(max(figures.counted) filter (where figures.period = 'before') over (partition by figures.brand), 0)
        as times_before,
    coalesce(
        figures.seconds_covered / nullif(sources.sources * epoch(figures.period_to - figures.period_from), 0),
        0
    ) as covered
from figures
left join sources
    on sources.brand = figures.brand
order by figures.brand, figures.place;
