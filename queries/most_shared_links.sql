-- Which links do people share?
--
-- brand           varchar    one brand; all of them unless given
-- since           timestamp  UTC; seven days before `until` unless given
-- until           timestamp  UTC, exclusive; the end of what was looked at unless given
-- top             integer    how many links a brand; 20 unless given
--
-- brand           as it is shown
-- link            as it stands in the texts, shortened to its canonical form
-- site            its host, without www
-- shared          counted mentions that hold it
-- copies          reposts and copies that hold it, which are not counted
-- authors         how many people shared it in counted mentions; null where no author is known
-- sources         where, with most shares first
-- negative_share  negative / scored of the counted mentions, 0 to 1; null where nothing is scored
-- engagement      reactions to the counted mentions; null where the source does not say
-- first_at        when a counted mention first held it in the period, UTC
-- example         the counted mention with most reactions, cut at 200 characters; null where all were erased

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
        and lower(brand) = lower(coalesce(getvariable('brand')::varchar, brand))
),
said as (
    select
        chosen.brand,
        chosen.source,
        chosen.source_id,
        chosen.created_at,
        coalesce(v_texts.author_id, v_texts.author_name) as author,
        coalesce(v_texts.text, v_texts.title) as text,
        v_texts.engagement,
        chosen.scored,
        chosen.label,
        chosen.counted,
        unnest(list_distinct(v_texts.links)) as link
    from chosen
    join v_texts
        on v_texts.source = chosen.source
        and v_texts.source_id = chosen.source_id
        and v_texts.created_at = chosen.created_at
    where not v_texts.is_spam
        and len(v_texts.links) > 0
),
links as (
    select
        brand,
        link,
        count(*) filter (where counted) as shared,
        count(*) filter (where not counted) as copies,
        nullif(count(distinct source || ':' || author) filter (where counted), 0) as authors,
        count(*) filter (where counted and scored) as scored,
        count(*) filter (where counted and scored and label = -1) as negative,
        sum(engagement) filter (where counted)::bigint as engagement,
        min(created_at) filter (where counted) as first_at,
        arg_max(text, (coalesce(engagement, -1), created_at, source_id)) filter (where counted and text is not null) as example
    from said
    group by brand, link
    having count(*) filter (where counted) > 0
),
top_links as (
    select *
    from links
    qualify row_number() over (partition by brand order by shared desc, authors desc nulls last, first_at, link)
        <= coalesce(getvariable('top')::integer, 20)
),
by_source as (
    select
        brand,
        link,
        string_agg(source, ', ' order by shares desc, source) as sources
    from (
        select brand, link, source, count(*) as shares
        from said
        where counted
        group by all
    )
    group by brand, link
)
select
    top_links.brand,
    top_links.link,
    regexp_extract(lower(top_links.link), '^[a-z]+://(?:www\.)?([^/:?#]+)', 1) as site,
    top_links.shared,
    top_links.copies,
    top_links.authors,
    by_source.sources,
    case when top_links.scored > 0 then top_links.negative / top_links.scored end as negative_share,
    top_links.engagement,
    top_links.first_at,
    left(top_links.example, 200) as example
from top_links
join by_source
    on by_source.brand = top_links.brand
    and by_source.link = top_links.link
order by top_links.brand, top_links.shared desc, top_links.authors desc nulls last, top_links.first_at, top_links.link;
