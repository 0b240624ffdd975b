-- How soon do we answer complaints and questions?
--
-- brand           varchar    one brand; all of them unless given
-- since           timestamp  UTC; seven days before `until` unless given
-- until           timestamp  UTC, exclusive; the end of what was looked at unless given
-- step            varchar    day, week, month or all; week unless given
--
-- brand           as it is shown
-- period          UTC: the day, the Monday of the week or the first of the month in which it was asked; `since` for all
-- source          where it was said; null: all of them together
-- asked           counted mentions that ask or complain
-- answered        of them those that an own handle answered, at any time after
-- answered_share  answered / asked, 0 to 1
-- within_hour     of them those that were answered within 60 minutes
-- minutes_median  from the mention to the first answer, of those that were answered: half of them waited no longer
-- minutes_p90     nine of ten of them waited no longer
-- covered         how much of the period was looked at, 0 to 1; of all sources together the mean. Answers given while nobody looked are not known
--
-- What a complaint is, and what counts as an answer, says waiting_for_answer.sql.

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
steps as (
    select
        since,
        until,
        coalesce(getvariable('step')::varchar, 'week') as step
    from bounds
),
asked as materialized (
    select *
    from v_asking
    where created_at >= (select since from bounds)
        and created_at < (select until from bounds)
        and lower(brand) = lower(coalesce(getvariable('brand')::varchar, brand))
),
answered as (
    select
        asked.brand,
        asked.source,
        asked.source_id,
        min(v_replies.replied_at) as answered_at
    from asked
    join v_replies
        on v_replies.brand = asked.brand
        and v_replies.source = asked.source
        and v_replies.replies_to = asked.source_id
        and v_replies.replied_at >= asked.created_at
    group by asked.brand, asked.source, asked.source_id
),
timed as (
    select
        asked.brand,
        asked.source,
        epoch(answered.answered_at - asked.created_at) / 60 as answer_minutes,
        case when steps.step = 'all' then steps.since else date_trunc(nullif(steps.step, 'all'), asked.created_at) end as period
    from asked
    left join answered
        on answered.brand = asked.brand
        and answered.source = asked.source
        and answered.source_id = asked.source_id
    cross join steps
),
figures as (
    select
        brand,
        period,
        source,
        count(*) as asked,
        count(answer_minutes) as answered,
        count(*) filter (where answer_minutes <= 60) as within_hour,
        median(answer_minutes) as minutes_median,
        quantile_cont(answer_minutes, 0.9) as minutes_p90
    from timed
    group by grouping sets ((brand, period, source), (brand, period))
),
stretches as (
    select
        period,
        greatest(period, since) as stretch_from,
        least(case when step = 'all' then until else period + ('1 ' || nullif(step, 'all'))::interval end, until) as stretch_to
    from (select distinct period from figures)
    cross join steps
),
looked as (
    select
        known.brand,
        stretches.period,
        known.source,
        coalesce(
            sum(
                greatest(
                    epoch(least(v_covered.covered_to, stretches.stretch_to)) - epoch(greatest(v_covered.covered_from, stretches.stretch_from)),
                    0
                )
            ) / any_value(epoch(stretches.stretch_to - stretches.stretch_from)),
            0
        ) as covered
    from (select distinct brand, source from v_covered) as known
    cross join stretches
    left join v_covered
        on v_covered.brand = known.brand
        and v_covered.source = known.source
    group by known.brand, stretches.period, known.source
)
select
    figures.brand,
    figures.period,
    figures.source,
    figures.asked,
    figures.answered,
    figures.answered / figures.asked as answered_share,
    figures.within_hour,
    figures.minutes_median,
    figures.minutes_p90,
    coalesce(list_avg(list(looked.covered order by looked.source) filter (where looked.covered is not null)), 0) as covered
from figures
left join looked
    on looked.brand = figures.brand
    and looked.period = figures.period
    and looked.source = coalesce(figures.source, looked.source)
group by all
order by figures.brand, figures.period, figures.source nulls first;
