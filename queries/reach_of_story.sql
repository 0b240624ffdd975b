-- How many people did a story reach?
--
-- brand           varchar    one brand; all of them unless given
-- since           timestamp  UTC; seven days before `until` unless given
-- until           timestamp  UTC, exclusive; the end of what was looked at unless given
-- term            varchar    only mentions that hold these words, without case; every mention unless given
-- mood            integer    only scored mentions with this label: -1, 0 or 1; every mention unless given
--
-- brand           as it is shown
-- source          where it was said; null: all of them together
-- mentions        counted mentions, and copies and reposts, which carry a story further; not its own, spam or muted ones
-- copies          of them those that only repeat an earlier text
-- authors         how many people wrote them; null where no author is known
-- engagement      observed: reactions to them; null where the source says none
-- views_known     of how many mentions the source counts views
-- views           observed: their views; null where none is counted
-- estimated       of how many mentions views are not known, but followers or reactions are
-- reach_estimate  estimated: how many saw those, by the formula below; null where there are none
-- unknown         of how many mentions nothing is known: neither in views nor in reach_estimate
-- covered         how much of the period the source was looked at, 0 to 1; of all together the mean
--
-- Formula of the estimate for one mention without counted views: the larger of a tenth of its author's followers, and its largest count among
-- likes, replies, reposts, quotes and score. Views and estimates are sums over mentions: who saw two of them counts twice. The two are never added.

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

chosen as materialized (
    select v_labels.*
    from v_labels
    cross join bounds
    where created_at >= bounds.since
        and created_at < bounds.until
        and not is_muted
        and not is_own
        and (
            getvariable('mood') is null
            or label = getvariable('mood')::integer
        )
        and lower(brand) = lower(coalesce(getvariable('brand')::varchar, brand))
),
seen as (
    select
        chosen.brand,
        chosen.source,
        chosen.counted,
        coalesce(v_texts.author_id, v_texts.author_name) as author,
        v_texts.engagement,
        v_texts.views,
        v_texts.reach_estimate
    from chosen
    join v_texts
        on v_texts.source = chosen.source
        and v_texts.source_id = chosen.source_id
        and v_texts.created_at = chosen.created_at
    where not v_texts.is_spam
        and (
            getvariable('term') is null
            or contains(lower(concat_ws(' ', v_texts.title, v_texts.text)), lower(getvariable('term')::varchar))
        )
),
looked as (
    select
        v_covered.brand,
        v_covered.source,
        sum(
            epoch(least(v_covered.covered_to, bounds.until)) - epoch(greatest(v_covered.covered_from, bounds.since))
        ) / any_value(epoch(bounds.until - bounds.since)) as covered
    from v_covered
    join bounds
        on v_covered.covered_from < bounds.until
        and v_covered.covered_to > bounds.since
    group by v_covered.brand, v_covered.source
),
figures as (
    select
        brand,
        source,
        count(*) as mentions,
        count(*) filter (where not counted) as copies,
        nullif(count(distinct source || ':' || author), 0) as authors,
        sum(engagement)::bigint as engagement,
        count(views) as views_known,
        sum(views)::bigint as views,
        count(reach_estimate) as estimated,
        sum(reach_estimate)::bigint as reach_estimate,
        count(*) - count(views) - count(reach_estimate) as unknown
    from seen
    group by grouping sets ((brand, source), (brand))
)
select
    figures.*,
    coalesce(
        -- in the order of the sources, so that the last digit is always the same
        list_avg(list(looked.covered order by looked.source) filter (where looked.covered is not null)),
        0
    ) as covered
from figures
left join looked
    on looked.brand = figures.brand
    and looked.source = coalesce(figures.source, looked.source)
group by all
order by figures.brand, figures.source nulls first;
