-- What did it cost to ask the sources?
--
-- brand           varchar    only budgets of this one brand; those of all brands together too unless given
-- since           timestamp  UTC, windows that end after it; the first one unless given
-- until           timestamp  UTC, windows that begin before it; the last one unless given
--
-- brand           whose budget it is; null: of all brands together, what single brands used is part of it
-- source          who was asked
-- unit            usd (US dollars), units (the source's own, such as posts read) or requests; windows of requests are kept for three days only
-- budget          its name, as in v_budget
-- window_from     UTC
-- window_to       UTC, exclusive
-- used            in the window, what is set aside for a request under way included
-- by_backfill     part of it that imports used
-- allowed         in the window; null: without limit
-- used_share      used / allowed, 0 to 1; null without limit
-- mentions        mentions of the brand, or of all brands, from this source that were written in the window; one of two brands counts twice
-- per_thousand    used for a thousand of these mentions; null where there were none, and meaningless where imports brought older ones
--
-- Money first, the newest window first.

with budgets as (
    select
        v_brands.brand,
        split_part(v_budget.bucket, ' ', 1) as source,
        v_budget.unit,
        v_budget.bucket as budget,
        v_budget.window_from,
        v_budget.window_to,
        v_budget.used,
        v_budget.used_by_backfill as by_backfill,
        v_budget.allowed
    from v_budget
    left join v_brands
        on v_budget.unit = 'usd'
        and lower(v_budget.bucket) = lower(split_part(v_budget.bucket, ' ', 1) || ' usd ' || v_brands.brand)
    where v_budget.window_to > coalesce(getvariable('since')::timestamp, v_budget.window_to - interval 1 second)
        and v_budget.window_from < coalesce(getvariable('until')::timestamp, v_budget.window_from + interval 1 second)
        and (
            getvariable('brand') is null
            or lower(v_brands.brand) = lower(getvariable('brand')::varchar)
        )
),
windows as (
    select distinct brand, source, window_from, window_to
    from budgets
),
spoken as (
    select
        windows.brand,
        windows.source,
        windows.window_from,
        windows.window_to,
        sum(v_spoken.mentions)::bigint as mentions
    from windows
    join v_spoken
        on v_spoken.source = windows.source
        and v_spoken.facet = 'all'
        and v_spoken.brand = coalesce(windows.brand, v_spoken.brand)
        and v_spoken.bin_start >= windows.window_from
        and v_spoken.bin_start < windows.window_to
    where v_spoken.bin_start >= (select min(window_from) from windows)
        and v_spoken.bin_start < (select max(window_to) from windows)
        and lower(v_spoken.brand) = lower(coalesce(getvariable('brand')::varchar, v_spoken.brand))
    group by all
),
looked as (
    select distinct
        windows.brand,
        windows.source,
        windows.window_from,
        windows.window_to
    from windows
    join v_covered_bins
        on v_covered_bins.source = windows.source
        and v_covered_bins.brand = coalesce(windows.brand, v_covered_bins.brand)
        and v_covered_bins.bin_from < windows.window_to
        and v_covered_bins.bin_to > windows.window_from
),
brought as (
    select
        windows.*,
        -- 0 where we looked and nobody spoke
        case when looked.source is not null then coalesce(spoken.mentions, 0) else spoken.mentions end as mentions
    from windows
    left join spoken
        on spoken.brand is not distinct from windows.brand
        and spoken.source = windows.source
        and spoken.window_from = windows.window_from
        and spoken.window_to = windows.window_to
    left join looked
        on looked.brand is not distinct from windows.brand
        and looked.source = windows.source
        and looked.window_from = windows.window_from
        and looked.window_to = windows.window_to
)
select
    budgets.brand,
    budgets.source,
    budgets.unit,
    budgets.budget,
    budgets.window_from,
    budgets.window_to,
    budgets.used,
    budgets.by_backfill,
    budgets.allowed,
    budgets.used / nullif(budgets.allowed, 0) as used_share,
    brought.mentions,
    1000 * budgets.used / nullif(brought.mentions, 0) as per_thousand
from budgets
left join brought
    on brought.brand is not distinct from budgets.brand
    and brought.source = budgets.source
    and brought.window_from = budgets.window_from
    and brought.window_to = budgets.window_to
order by case budgets.unit when 'usd' then 1 when 'units' then 2 else 3 end, budgets.window_from desc, budgets.source, budgets.brand nulls first,
    budgets.budget;
