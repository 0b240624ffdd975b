-- Why do people leave?
--
-- brand           varchar    one brand; all of them unless given
-- since           timestamp  UTC; seven days before `until` unless given
-- until           timestamp  UTC, exclusive; the end of what was looked at unless given
-- top             integer    how many reasons a brand; 20 unless given
--
-- brand           as it is shown
-- kind            "topic": what they speak of · "intent": what else they say, such as refund
-- reason          its name
-- leavers         counted mentions that say they leave and speak of it
-- share           leavers / all counted mentions of the brand that say they leave, 0 to 1; several reasons may hold for one, so it adds up to more
-- usual_share     counted mentions that speak of it / all counted mentions of the brand in the period, 0 to 1
-- times_usual     share / usual_share: above 1, leavers speak of it more than others do
-- before          leavers of as long a period right before; null where nothing was looked at then
-- covered         how much of the period was looked at, 0 to 1, over the sources that were looked at in it or in the one before
-- covered_before  the same of the period before
-- example         the leaver's mention with most reactions, cut at 200 characters; null where it was erased
-- url             its link
--
-- Counts are of whole five minutes: those that hold `since` are the first, those that hold `until` are left out.

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
figures as (
    select
        v_spoken.brand,
        v_spoken.facet,
        v_spoken.value,
        sum(v_spoken.counted) filter (where bin_start >= bin_from)::bigint as counted,
        sum(v_spoken.churn) filter (where bin_start >= bin_from)::bigint as leavers,
        sum(v_spoken.churn) filter (where bin_start < bin_from)::bigint as before
    from v_spoken
    cross join bins
    where bin_start >= before_from
        and bin_start < bin_to
        and facet in ('all', 'topic', 'intent')
        and value <> 'cancel'
        and not starts_with(value, 'switch_to:')
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
reasons as (
    select
        figures.brand,
        figures.facet as kind,
        figures.value as reason,
        figures.leavers,
        figures.leavers / whole.leavers as share,
        figures.counted / whole.counted as usual_share,
        case when looked.bins_before > 0 then coalesce(figures.before, 0) else figures.before end as before,
        coalesce(looked.bins_covered / nullif(looked.sources * epoch(bins.bin_to - bins.bin_from) / 300, 0), 0) as covered,
        coalesce(looked.bins_before / nullif(looked.sources * epoch(bins.bin_to - bins.bin_from) / 300, 0), 0) as covered_before
    from figures
    join figures as whole
        on whole.brand = figures.brand
        and whole.facet = 'all'
    cross join bins
    left join looked
        on looked.brand = figures.brand
    where figures.facet <> 'all'
        and figures.leavers > 0
    qualify row_number() over (partition by figures.brand order by figures.leavers desc, kind desc, reason)
        <= coalesce(getvariable('top')::integer, 20)
),
chosen as materialized (
    select v_labels.*
    from v_labels
    cross join bins
    where created_at >= bins.bin_from
        and created_at < bins.bin_to
        and counted
        and is_churn
        and lower(brand) = lower(coalesce(getvariable('brand')::varchar, brand))
),
said as (
    select
        chosen.brand,
        chosen.source_id,
        chosen.created_at,
        coalesce(v_texts.engagement, -1) as engagement,
        coalesce(v_texts.text, v_texts.title) as text,
        v_texts.url,
        list_concat(
            list_transform(chosen.topics, lambda name: 'topic:' || name),
            list_transform(chosen.intents, lambda name: 'intent:' || name)
        ) as reasons
    from chosen
    join v_texts
        on v_texts.source = chosen.source
        and v_texts.source_id = chosen.source_id
        and v_texts.created_at = chosen.created_at
    where coalesce(v_texts.text, v_texts.title) is not null
),
examples as (
    select
        brand,
        reason,
        arg_max({'text': text, 'url': url}, (engagement, created_at, source_id)) as example
    from (select * exclude (reasons), unnest(reasons) as reason from said)
    group by brand, reason
)
select
    reasons.brand,
    reasons.kind,
    reasons.reason,
    reasons.leavers,
    reasons.share,
    reasons.usual_share,
    reasons.share / reasons.usual_share as times_usual,
    reasons.before,
    reasons.covered,
    reasons.covered_before,
    left(examples.example.text, 200) as example,
    examples.example.url as url
from reasons
left join examples
    on examples.brand = reasons.brand
    and examples.reason = reasons.kind || ':' || reasons.reason
order by reasons.brand, reasons.leavers desc, reasons.kind desc, reasons.reason;
