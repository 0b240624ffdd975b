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
                (select max(covered_to) from v_looks where complete),
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
        v_spoken.brand,
        v_spoken.facet,
        v_spoken.value as topic,
        sum(v_spoken.counted) filter (where bin_start >= bin_from)::bigint as counted,
        sum(v_spoken.counted) filter (where bin_start < bin_from)::bigint as before,
        sum(v_spoken.scored) filter (where bin_start >= bin_from)::bigint as scored,
        sum(v_spoken.negative) filter (where bin_start >= bin_from)::bigint as negative,
        sum(v_spoken.churn) filter (where bin_start >= bin_from)::bigint as churn
    from v_spoken
    cross join bins
    where bin_start >= before_from
        and bin_start < bin_to
        and facet in ('all', 'topic')
        and lower(v_spoken.brand) = lower(coalesce(getvariable('brand')::varchar, v_spoken.brand))
    group by all
),
looked as (
    select
        v_covered_bins.brand,
        sum(greatest(epoch(least(v_covered_bins.bin_to, bins.bin_to)) - epoch(greatest(v_covered_bins.bin_from, bins.bin_from)), 0)) / 300
            as bins_covered,
        sum(greatest(epoch(least(v_covered_bins.bin_to, bins.bin_from)) - epoch(greatest(v_covered_bins.bin_from, before_from)), 0)) / 300
            as bins_before,
        count(distinct v_covered_bins.source) as sources
    from v_covered_bins
    cross join bins
    where v_covered_bins.bin_to > before_from
        and v_covered_bins.bin_from < bins.bin_to
    group by v_covered_bins.brand
),
compared as (
    select
        figures.brand,
        figures.topic,
        figures.counted,
        coalesce(figures.before, 0) / nullif(looked.bins_before, 0) * looked.bins_covered as usual,
        figures.counted / whole.counted as share,
        case when figures.scored > 0 then figures.negative / figures.scored end as negative_share,
        figures.churn,
        coalesce(looked.bins_covered / nullif(looked.sources * epoch(bins.bin_to - bins.bin_from) / 300, 0), 0) as covered,
        coalesce(looked.bins_before / nullif(looked.sources * epoch(bins.bin_from - bins.before_from) / 300, 0), 0) as covered_before
    from figures
    join figures as whole
        on whole.brand = figures.brand
        and whole.facet = 'all'
    cross join bins
    left join looked
        on looked.brand = figures.brand
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
