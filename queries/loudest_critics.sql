-- Who speaks against a brand most, and who is heard?
--
-- brand           varchar    one brand; all of them unless given
-- since           timestamp  UTC; seven days before `until` unless given
-- until           timestamp  UTC, exclusive; the end of what was looked at unless given
-- top             integer    how many authors a brand; 20 unless given
--
-- brand           as it is shown
-- source          where the author writes
-- author          the name last used; the source's id where no name is known
-- negative        counted mentions of this author that are against the brand
-- counted         counted mentions of this author
-- followers       at last sight; null where the source does not say
-- engagement      reactions to the negative mentions; null where the source does not say
-- last_at         the newest negative mention, UTC
-- example         the negative mention with most reactions, cut at 200 characters; null where it was erased
-- url             its link

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
        coalesce(v_texts.author_id, v_texts.author_name) as author_key,
        chosen.scored and chosen.label = -1 as is_negative
    from chosen
    join v_texts
        on v_texts.source = chosen.source
        and v_texts.source_id = chosen.source_id
        and v_texts.created_at = chosen.created_at
),
authors as (
    select
        brand,
        source,
        author_key,
        coalesce(arg_max(author_name, (created_at, source_id)), author_key) as author,
        count(*) filter (where is_negative) as negative,
        count(*) as counted,
        arg_max(author_followers, (created_at, source_id)) filter (where author_followers is not null) as followers,
        sum(engagement) filter (where is_negative)::bigint as engagement,
        max(created_at) filter (where is_negative) as last_at,
        arg_max(
            {'text': coalesce(text, title), 'url': url},
            (coalesce(engagement, -1), created_at, source_id)
        ) filter (where is_negative and coalesce(text, title) is not null) as example
    from said
    where author_key is not null
    group by brand, source, author_key
    having count(*) filter (where is_negative) > 0
)
select
    brand,
    source,
    author,
    negative,
    counted,
    followers,
    engagement,
    last_at,
    left(example.text, 200) as example,
    example.url as url
from authors
qualify row_number() over (partition by brand order by negative desc, engagement desc nulls last, source, author_key)
    <= coalesce(getvariable('top')::integer, 20)
order by brand, negative desc, engagement desc nulls last, source, author_key;
