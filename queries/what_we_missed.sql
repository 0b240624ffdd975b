-- Which stretches did nobody look at, source by source?
--
-- brand           varchar    one brand; all of them unless given
-- since           timestamp  UTC; seven days before `until` unless given
-- until           timestamp  UTC, exclusive; the end of what was looked at unless given
-- minutes         integer    leave out shorter stretches; 5 unless given
--
-- brand           as it is shown
-- source          a source that was looked at, or tried, for the brand at any time
-- missed_from     UTC
-- missed_to       UTC, exclusive
-- missed_minutes  its length
-- kind            "not yet": before the first look · "gap": between two · "since": after the last one · "never": no look at all
-- reason          why the last try in this stretch failed; null where none is known
-- tried_at        when that was, UTC

with bounds as (
    select
        coalesce(getvariable('since')::timestamp, end_at - interval 7 days) as since,
        end_at as until
    from (
        select
            coalesce(
                getvariable('until')::timestamp,
                (select max(covered_to) from v_looks where complete)
            ) as end_at
    )
),
tried as (
    select
        v_brands.brand,
        v_looks.source,
        v_looks.covered_from,
        v_looks.covered_to,
        v_looks.pulled_at,
        v_looks.reason
    from v_looks
    join v_brands
        on len(v_looks.brands) = 0
        or list_contains(v_looks.brands, v_brands.brand)
    where not v_looks.complete
        and lower(v_brands.brand) = lower(coalesce(getvariable('brand')::varchar, v_brands.brand))
),
seen as (
    select
        brand,
        source,
        covered_from,
        covered_to
    from v_covered
    where lower(brand) = lower(coalesce(getvariable('brand')::varchar, brand))
),
edges as (
    select brand, source, covered_from, covered_to, true as is_look from seen
    union all
    -- a stretch without length at the far end: what lies before it is the last gap
    select distinct brand, source, timestamp 'infinity', timestamp 'infinity', false
    from (select brand, source from seen union all select brand, source from tried)
),
between_looks as (
    select
        brand,
        source,
        lag(covered_to) over looks as gap_from,
        covered_from as gap_to,
        case
            when lag(covered_to) over looks is null and is_look then 'not yet'
            when lag(covered_to) over looks is null then 'never'
            when is_look then 'gap'
            else 'since'
        end as kind
    from edges
    window looks as (partition by brand, source order by covered_from)
),
missed as (
    select
        brand,
        source,
        greatest(coalesce(gap_from, bounds.since), bounds.since) as missed_from,
        least(gap_to, bounds.until) as missed_to,
        kind
    from between_looks
    cross join bounds
    where coalesce(gap_from, bounds.since) < bounds.until
        and gap_to > bounds.since
)
select
    missed.brand,
    missed.source,
    missed.missed_from,
    missed.missed_to,
    epoch(missed.missed_to - missed.missed_from) / 60 as missed_minutes,
    missed.kind,
    arg_max(tried.reason, (tried.pulled_at, tried.covered_from, tried.reason)) as reason,
    max(tried.pulled_at) as tried_at
from missed
left join tried
    on tried.brand = missed.brand
    and tried.source = missed.source
    and tried.covered_from < missed.missed_to
    and tried.covered_to > missed.missed_from
where epoch(missed.missed_to - missed.missed_from) >= 60 * coalesce(getvariable('minutes')::integer, 5)
group by all
order by missed.brand, missed.missed_from, missed.source;
