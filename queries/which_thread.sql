-- Which thread drove a period?
--
-- brand           varchar    one brand; all of them unless given
-- since           timestamp  UTC; seven days before `until` unless given
-- until           timestamp  UTC, exclusive; the end of what was looked at unless given
-- top             integer    how many threads a brand; 20 unless given
--
-- brand           as it is shown
-- source          where the thread stands
-- channel         subreddit, video, site or tag
-- thread          the source's id of its first text
-- title           the title or the first words of the first text; of the period's earliest one where the first is not about the brand, or half a year older
-- url             link to that text
-- counted         counted mentions of the thread in the period
-- share           counted / all counted mentions of the brand in the period, 0 to 1
-- negative        scored mentions of the thread that are against the brand
-- negative_share  negative / scored, 0 to 1; null where nothing is scored
-- authors         how many people wrote them; null where no author is known
-- first_at        the first of them, UTC
-- last_at         the last of them, UTC

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
        and counted
        and lower(brand) = lower(coalesce(getvariable('brand')::varchar, brand))
),
said as (
    select
        v_texts.*,
        chosen.brand,
        chosen.label,
        chosen.scored,
        coalesce(v_texts.conversation_id, v_texts.source_id) as thread
    from chosen
    join v_texts
        on v_texts.source = chosen.source
        and v_texts.source_id = chosen.source_id
        and v_texts.created_at = chosen.created_at
),
threads as (
    select
        brand,
        source,
        thread,
        arg_min(channel, (created_at, source_id)) filter (where channel is not null) as channel,
        arg_min(
            {'title': coalesce(title, text), 'url': url},
            (created_at, source_id)
        ) filter (where coalesce(title, text) is not null) as earliest,
        count(*) as counted,
        count(*) filter (where scored and label = -1) as negative,
        count(*) filter (where scored) as scored,
        nullif(count(distinct coalesce(author_id, author_name)), 0) as authors,
        min(created_at) as first_at,
        max(created_at) as last_at
    from said
    group by brand, source, thread
),
top_threads as materialized (
    select
        *,
        counted / sum(counted) over (partition by brand) as share
    from threads
    qualify row_number() over (partition by brand order by counted desc, first_at, source, thread)
        <= coalesce(getvariable('top')::integer, 20)
),
root_keys as materialized (
    select
        v_labels.brand,
        v_labels.source,
        v_labels.source_id,
        v_labels.created_at
    from v_labels
    semi join top_threads
        on top_threads.brand = v_labels.brand
        and top_threads.source = v_labels.source
        and top_threads.thread = v_labels.source_id
    -- else whatever is stored would be read
    where v_labels.created_at >= (select since from bounds) - interval 183 days
),
roots as (
    select
        root_keys.brand,
        root_keys.source,
        root_keys.source_id,
        coalesce(v_texts.title, v_texts.text) as title,
        v_texts.url
    from root_keys
    join v_texts
        on v_texts.source = root_keys.source
        and v_texts.source_id = root_keys.source_id
        and v_texts.created_at = root_keys.created_at
)
select
    top_threads.brand,
    top_threads.source,
    top_threads.channel,
    top_threads.thread,
    left(coalesce(roots.title, top_threads.earliest.title), 200) as title,
    case when roots.title is not null then roots.url else top_threads.earliest.url end as url,
    top_threads.counted,
    top_threads.share,
    top_threads.negative,
    case when top_threads.scored > 0 then top_threads.negative / top_threads.scored end as negative_share,
    top_threads.authors,
    top_threads.first_at,
    top_threads.last_at
from top_threads
left join roots
    on roots.brand = top_threads.brand
    and roots.source = top_threads.source
    and roots.source_id = top_threads.thread
order by top_threads.brand, top_threads.counted desc, top_threads.first_at, top_threads.source, top_threads.thread;
