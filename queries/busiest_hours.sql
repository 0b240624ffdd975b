-- At which hours of the day do people talk?
--
-- brand           varchar    one brand; all of them unless given
-- since           date       the first day; 28 days up to the newest one unless given
-- until           date       the day after the last one; the day after the newest one known unless given
--
-- brand           as it is shown
-- local_hour      0 to 23, in the brand's own time zone
-- per_hour        counted mentions in such an hour: each source over the hours it was looked at, then added; null where none was
-- counted         counted mentions in all those hours
-- negative        scored mentions that are against the brand
-- negative_share  negative / scored, 0 to 1; null where nothing is scored
-- rank            1 is the busiest; null where per_hour is

with bounds as (
    select
        v_daily.brand,
        any_value(v_brands.timezone) as timezone,
        coalesce(getvariable('since')::date, max(local_day) - 27) as first_day,
        coalesce(getvariable('until')::date, max(local_day) + 1) as end_day
    from v_daily
    join v_brands
        on v_brands.brand = v_daily.brand
    where lower(v_daily.brand) = lower(coalesce(getvariable('brand')::varchar, v_daily.brand))
    group by v_daily.brand
),
-- a day more at either end, for the zones
spoken as (
    select
        bounds.brand,
        v_spoken.source,
        v_spoken.bin_start,
        v_spoken.counted,
        v_spoken.scored,
        v_spoken.negative
    from bounds
    join v_spoken
        on v_spoken.brand = bounds.brand
        and v_spoken.facet = 'all'
    where v_spoken.bin_start >= (select min(first_day) from bounds) - interval 1 day
        and v_spoken.bin_start < (select max(end_day) from bounds) + interval 1 day
),
looked as (
    select
        bounds.brand,
        v_covered_bins.source,
        unnest(generate_series(
            greatest(v_covered_bins.bin_from, bounds.first_day - interval 1 day),
            least(v_covered_bins.bin_to, bounds.end_day + interval 1 day) - interval 5 minutes,
            interval 5 minutes
        )) as bin_start
    from bounds
    join v_covered_bins
        on v_covered_bins.brand = bounds.brand
        and v_covered_bins.bin_from < bounds.end_day + interval 1 day
        and v_covered_bins.bin_to > bounds.first_day - interval 1 day
),
-- quarters of an hour, since some zones lie a quarter beside the hour
quarters as (
    select
        brand,
        source,
        time_bucket(interval 15 minutes, bin_start) as quarter,
        -- 0 where we looked and nobody spoke
        case when count(looked.brand) > 0 then coalesce(sum(spoken.counted), 0) else sum(spoken.counted) end as counted,
        case when count(looked.brand) > 0 then coalesce(sum(spoken.scored), 0) else sum(spoken.scored) end as scored,
        case when count(looked.brand) > 0 then coalesce(sum(spoken.negative), 0) else sum(spoken.negative) end as negative,
        sum(coalesce(spoken.counted, 0)) filter (where looked.brand is not null) as counted_covered,
        count(looked.brand) as bins_covered
    from spoken
    full join looked using (brand, source, bin_start)
    group by all
),
clock as materialized (
    select
        brand,
        quarter,
        timezone(timezone, timezone('UTC', quarter)) as local_at
    from (
        select
            *,
            unnest(generate_series(first_day - interval 1 day, end_day + interval 1 day, interval 15 minutes)) as quarter
        from bounds
    )
),
local_quarters as (
    select
        quarters.*,
        hour(clock.local_at) as local_hour
    from quarters
    join clock
        on clock.brand = quarters.brand
        and clock.quarter = quarters.quarter
    join bounds
        on bounds.brand = quarters.brand
    where clock.local_at >= bounds.first_day
        and clock.local_at < bounds.end_day
),
hours as (
    select
        brand,
        unnest(range(24))::tinyint as local_hour
    from bounds
),
by_source as (
    select
        hours.brand,
        hours.local_hour,
        local_quarters.source,
        sum(local_quarters.counted) as counted,
        sum(local_quarters.scored) as scored,
        sum(local_quarters.negative) as negative,
        sum(local_quarters.counted_covered) / nullif(sum(local_quarters.bins_covered) / 12, 0) as per_hour
    from hours
    left join local_quarters
        on local_quarters.brand = hours.brand
        and local_quarters.local_hour = hours.local_hour
    group by all
),
added as (
    select
        brand,
        local_hour,
        -- in the order of the sources, so that the last digit is always the same
        list_sum(list(per_hour order by source) filter (where per_hour is not null)) as per_hour,
        sum(counted)::bigint as counted,
        sum(negative)::bigint as negative,
        case when sum(scored) > 0 then sum(negative) / sum(scored) end as negative_share
    from by_source
    group by brand, local_hour
)
select
    brand,
    local_hour,
    per_hour,
    counted,
    negative,
    negative_share,
    case when per_hour is not null then rank() over (partition by brand order by per_hour desc nulls last) end as rank
from added
order by brand, per_hour desc nulls last, local_hour;
