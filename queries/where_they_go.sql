-- To whom do people go who leave?
--
-- brand           varchar    one brand; all of them unless given
-- since           timestamp  UTC; seven days before `until` unless given
-- until           timestamp  UTC, exclusive; the end of what was looked at unless given
-- top             integer    how many destinations a brand; 20 unless given
--
-- brand           the one they leave
-- goes_to         who is named as the next; null: they say they leave, not where to
-- leavers         counted mentions that say so
-- share           leavers / all counted mentions of the brand that say they leave, 0 to 1
-- before          leavers of as long a period right before; null where nothing was looked at then
-- covered         how much of the period was looked at, 0 to 1, over the sources that were looked at in it or in the one before
-- covered_before  the same of the period before
-- example         the mention with most reactions, cut at 200 characters; null where it was erased
-- url             its link
--
-- A mention that names two destinations counts for both. Periods are of whole five minutes, and end before the one that holds `until`.

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
        time_bucket(interval 5 minutes, since) - (time_bucket(interval 5 minutes, until) - time_bucket(interval 5 minutes, since)) as before_from
    from bounds
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
chosen as materialized (
    select v_labels.*
    from v_labels
    cross join bins
    where created_at >= bins.before_from
        and created_at < bins.bin_to
        and counted
        and is_churn
        and lower(brand) = lower(coalesce(getvariable('brand')::varchar, brand))
),
said as (
    select
        chosen.brand,
        chosen.created_at >= bins.bin_from as is_now,
        chosen.created_at,
        chosen.source_id,
        coalesce(v_texts.engagement, -1) as engagement,
        coalesce(v_texts.text, v_texts.title) as text,
        v_texts.url,
        list_transform(
            list_filter(chosen.intents, lambda name: starts_with(name, 'switch_to:')),
            lambda name: substr(name, 11)
        ) as destinations
    from chosen
    join v_texts
        on v_texts.source = chosen.source
        and v_texts.source_id = chosen.source_id
        and v_texts.created_at = chosen.created_at
    cross join bins
),
moves as (
    select
        * exclude (destinations),
        unnest(case when len(destinations) > 0 then destinations else [null::varchar] end) as goes_to
    from said
),
whole as (
    select
        brand,
        count(*) filter (where is_now) as leavers
    from said
    group by brand
),
places as (
    select
        moves.brand,
        moves.goes_to,
        count(*) filter (where is_now) as leavers,
        count(*) filter (where not is_now) as before,
        arg_max(
            {'text': moves.text, 'url': moves.url},
            (moves.engagement, moves.created_at, moves.source_id)
        ) filter (where is_now and moves.text is not null) as example
    from moves
    group by moves.brand, moves.goes_to
    having count(*) filter (where is_now) > 0
)
select
    places.brand,
    places.goes_to,
    places.leavers,
    places.leavers / whole.leavers as share,
    case when looked.bins_before > 0 or places.before > 0 then places.before end as before,
    coalesce(looked.bins_covered / nullif(looked.sources * sizes.size, 0), 0) as covered,
    coalesce(looked.bins_before / nullif(looked.sources * sizes.size, 0), 0) as covered_before,
    left(places.example.text, 200) as example,
    places.example.url as url
from places
join whole
    on whole.brand = places.brand
cross join (select epoch(bin_to - bin_from) / 300 as size from bins) as sizes
left join looked
    on looked.brand = places.brand
qualify row_number() over (partition by places.brand order by places.leavers desc, places.goes_to nulls last)
    <= coalesce(getvariable('top')::integer, 20)
order by places.brand, places.leavers desc, places.goes_to nulls last;
