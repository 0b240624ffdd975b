-- How did each brand do, day by day? (the feed for pivot tables)
--
-- brand           varchar    one brand; all of them unless given
-- since           date       the first day; the first one known unless given
-- until           date       the day after the last one; the day after the newest one known unless given
--
-- brand           as it is shown
-- local_day       a day in the brand's own time zone; every day of the range has its row
-- mentions        texts about the brand; null on a day when nothing was looked at
-- counted         mentions that are not muted, not its own, not spam and not copies
-- scored          counted mentions with a label
-- negative        scored mentions that are against the brand
-- neutral         scored mentions that are neither
-- positive        scored mentions that are for the brand
-- unscored        counted mentions without a label
-- negative_share  negative / scored, 0 to 1; null where nothing is scored
-- net_sentiment   (positive - negative) / scored, -1 to 1; null where nothing is scored
-- churn           counted mentions that say they leave
-- covered         how much of the day was looked at, 0 to 1: the mean over the brand's sources

with known as (
    select
        brand,
        min(local_day) as first_day,
        max(local_day) as last_day
    from v_daily
    where lower(brand) = lower(coalesce(getvariable('brand')::varchar, brand))
    group by brand
),
days as (
    select
        brand,
        unnest(generate_series(
            coalesce(getvariable('since')::date, first_day)::timestamp,
            coalesce(getvariable('until')::date, last_day + 1)::timestamp - interval 1 day,
            interval 1 day
        ))::date as local_day
    from known
)
select
    days.brand,
    days.local_day,
    v_daily.mentions,
    v_daily.counted,
    v_daily.scored,
    v_daily.negative,
    v_daily.neutral,
    v_daily.positive,
    v_daily.unscored,
    v_daily.negative_share,
    v_daily.net_sentiment,
    v_daily.churn,
    coalesce(v_daily.covered, 0) as covered
from days
left join v_daily
    on v_daily.brand = days.brand
    and v_daily.local_day = days.local_day
order by days.brand, days.local_day;
