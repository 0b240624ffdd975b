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
-- quarters of an hour, since some zones lie a quarter beside the hour; a day more at either end, for the zones
quarters as (
    select
        bounds.brand,
        v_series.source,
        time_bucket(interval 15 minutes, v_series.bin_start) as quarter,
        sum(v_series.counted) as counted,
        sum(v_series.scored) as scored,
        sum(v_series.negative) as negative,
        sum(v_series.counted) filter (where v_series.covered) as counted_covered,
        count(*) filter (where v_series.covered) as bins_covered
    from bounds
    join v_series
        on v_series.brand = bounds.brand
        and v_series.facet = 'all'
        and v_series.bin_start >= bounds.first_day - interval 1 day
        and v_series.bin_start < bounds.end_day + interval 1 day
    group by all
),
local_quarters as (
    select
        quarters.*,
        timezone(bounds.timezone, timezone('UTC', quarters.quarter)) as local_at,
        bounds.first_day,
        bounds.end_day
    from quarters
    join bounds
        on bounds.brand = quarters.brand
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
        and hour(local_quarters.local_at) = hours.local_hour
        and local_quarters.local_at >= local_quarters.first_day
        and local_quarters.local_at < local_quarters.end_day
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
