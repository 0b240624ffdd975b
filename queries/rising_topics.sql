-- Of which topics do people speak more than usual?
--
-- brand           varchar    one brand; all of them unless given
-- since           timestamp  UTC; seven days before `until` unless given
-- until           timestamp  UTC, exclusive; the end of what was looked at unless given
-- weeks           integer    how many weeks before `since` say what is usual; 4 unless given
-- top             integer    how many topics a brand; 20 unless given
--
-- brand           as it is shown
-- topic           its name in the configuration
-- counted         counted mentions that speak of it
-- usual           what as many looked-at hours brought in the weeks before; null where nothing was looked at then
-- times_usual     counted / usual; null where that is 0 or unknown
-- surprise        2 * (sqrt(counted + 3/8) - sqrt(usual + 3/8)): above 3, chance hardly explains it (Anscombe 1948)
-- share           counted / all counted mentions of the brand, 0 to 1; a mention may speak of several topics
-- negative_share  negative / scored of those that speak of it, 0 to 1; null where nothing is scored
-- churn           counted mentions that speak of it and say they leave
-- covered         how much of the period was looked at, 0 to 1, over the sources that were looked at in it or in the weeks before
-- covered_before  the same of the weeks before
--
-- Periods are of whole five minutes, and end before the one that holds `until`.

with bounds as (
    select
        coalesce(getvariable('since')::timestamp, end_at - interval 7 days) as since,
        end_at as until
    from (
        select
            coalesce(
                getvariable('until')::timestamp,
                (select max(covered_to) from v_coverage where complete),
                (select max(local_day) + 1 from v_daily)::timestamp
            ) as end_at
    )
),

bins as (
    select
        time_bucket(interval 5 minutes, since) as bin_from,
        time_bucket(interval 5 minutes, until) as bin_to,
        time_bucket(interval 5 minutes, since) - to_days(7 * coalesce(getvariable('weeks')::integer, 4)) as before_from
    from bounds
),
figures as (
    select
        v_series.brand,
        v_series.facet,
        v_series.value as topic,
        sum(v_series.counted) filter (where bin_start >= bin_from)::bigint as counted,
        sum(v_series.counted) filter (where bin_start < bin_from)::bigint as before,
        sum(v_series.scored) filter (where bin_start >= bin_from)::bigint as scored,
        sum(v_series.negative) filter (where bin_start >= bin_from)::bigint as negative,
        sum(v_series.churn) filter (where bin_start >= bin_from)::bigint as churn,
        count(*) filter (where covered and bin_start >= bin_from) as bins_covered,
        count(*) filter (where covered and bin_start < bin_from) as bins_before,
        count(distinct source) filter (where covered) as sources,
        any_value(epoch(bin_to - bin_from) / 300) as size,
        any_value(epoch(bin_from - before_from) / 300) as size_before
    from v_series
    cross join bins
    where bin_start >= before_from
        and bin_start < bin_to
        and facet in ('all', 'topic')
        and lower(v_series.brand) = lower(coalesce(getvariable('brand')::varchar, v_series.brand))
    group by all
),
compared as (
    select
        figures.brand,
        figures.topic,
        figures.counted,
        coalesce(figures.before, 0) / nullif(whole.bins_before, 0) * whole.bins_covered as usual,
        figures.counted / whole.counted as share,
        case when figures.scored > 0 then figures.negative / figures.scored end as negative_share,
        figures.churn,
        coalesce(whole.bins_covered / nullif(whole.sources * whole.size, 0), 0) as covered,
        coalesce(whole.bins_before / nullif(whole.sources * whole.size_before, 0), 0) as covered_before
    from figures
    join figures as whole
        on whole.brand = figures.brand
        and whole.facet = 'all'
    where figures.facet = 'topic'
        and figures.counted > 0
),
surprising as (
    select
        brand,
        topic,
        counted,
        usual,
        counted / nullif(usual, 0) as times_usual,
        2 * (sqrt(counted + 3 / 8) - sqrt(usual + 3 / 8)) as surprise,
        share,
        negative_share,
        churn,
        covered,
        covered_before
    from compared
)
select *
from surprising
qualify row_number() over (partition by brand order by surprise desc nulls last, counted desc, topic)
    <= coalesce(getvariable('top')::integer, 20)
order by brand, surprise desc nulls last, counted desc, topic;
