-- Whom do people talk about, among the brands that are watched?
--
-- brand           varchar    show one brand's rows (its share is still of all); all of them unless given
-- since           date       the first day, its whole week with it; twelve weeks up to the newest day known unless given
-- until           date       the day after the last one; the day after the newest one known unless given
-- step            varchar    day, week or month; week unless given
--
-- period          the day, the Monday of the week or the first of the month, each brand in its own time zone
-- brand           as it is shown
-- counted         its mentions that are not muted, not its own, not spam and not copies; null where nothing was looked at
-- share           counted / counted of all brands that were looked at, 0 to 1; null where that is 0 or unknown
-- of_brands       how many brands were looked at, this one included
-- negative_share  negative / scored, 0 to 1; null where nothing is scored
-- covered         how much of the period was looked at, 0 to 1: the mean over days and the brand's sources

with newest as (
    select
        min(local_day) as oldest,
        max(local_day) + 1 as day
    from v_daily
),
bounds as (
    select
        date_trunc(
            coalesce(getvariable('step')::varchar, 'week'),
            coalesce(getvariable('since')::date, greatest(oldest, day - 78))
        )::date as first_day,
        coalesce(getvariable('until')::date, day) as end_day
    from newest
),
days as (
    select
        v_brands.brand,
        unnest(generate_series(first_day::timestamp, end_day::timestamp - interval 1 day, interval 1 day))::date as local_day
    from v_brands
    cross join bounds
),
periods as (
    select
        date_trunc(
            coalesce(getvariable('step')::varchar, 'week'),
            days.local_day
        )::date as period,
        days.brand,
        sum(v_daily.counted)::bigint as counted,
        sum(v_daily.scored)::bigint as scored,
        sum(v_daily.negative)::bigint as negative,
        -- in the order of the days, so that the last digit is always the same
        list_avg(list(coalesce(v_daily.covered, 0) order by days.local_day)) as covered
    from days
    left join v_daily
        on v_daily.brand = days.brand
        and v_daily.local_day = days.local_day
    group by all
),
shared as (
    select
        period,
        brand,
        counted,
        case when counted is not null then counted / nullif(sum(counted) over (partition by period), 0) end as share,
        count(counted) over (partition by period) as of_brands,
        case when scored > 0 then negative / scored end as negative_share,
        covered
    from periods
)
select *
from shared
where lower(brand) = lower(coalesce(getvariable('brand')::varchar, brand))
order by period, brand;
