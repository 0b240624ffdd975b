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
-- who wrote how many, and then the words of those that are shown alone
said as materialized (
    select
        chosen.brand,
        chosen.source,
        chosen.source_id,
        chosen.created_at,
        coalesce(v_texts.author_id, v_texts.author_name) as author_key,
        v_texts.engagement,
        chosen.scored and chosen.label = -1 as is_negative
    from chosen
    join v_texts
        on v_texts.source = chosen.source
        and v_texts.source_id = chosen.source_id
        and v_texts.created_at = chosen.created_at
    where author_key is not null
),
authors as (
    select
        brand,
        source,
        author_key,
        count(*) filter (where is_negative) as negative,
        count(*) as counted,
        sum(engagement) filter (where is_negative)::bigint as engagement,
        max(created_at) filter (where is_negative) as last_at
    from said
    group by brand, source, author_key
    having count(*) filter (where is_negative) > 0
),
loudest as materialized (
    select *
    from authors
    qualify row_number() over (partition by brand order by negative desc, engagement desc nulls last, source, author_key)
        <= coalesce(getvariable('top')::integer, 20)
),
known as (
    select
        said.brand,
        said.source,
        said.author_key,
        arg_max(v_texts.author_name, (said.created_at, said.source_id)) as author_name,
        arg_max(v_texts.author_followers, (said.created_at, said.source_id)) as followers,
        arg_max(
            {'text': coalesce(v_texts.text, v_texts.title), 'url': v_texts.url},
            (coalesce(said.engagement, -1), said.created_at, said.source_id)
        ) filter (where said.is_negative and coalesce(v_texts.text, v_texts.title) is not null) as example
    from said
    join loudest
        on loudest.brand = said.brand
        and loudest.source = said.source
        and loudest.author_key = said.author_key
    join v_texts
        on v_texts.source = said.source
        and v_texts.source_id = said.source_id
        and v_texts.created_at = said.created_at
    group by said.brand, said.source, said.author_key
)
select
    loudest.brand,
    loudest.source,
    coalesce(known.author_name, loudest.author_key) as author,
    loudest.negative,
    loudest.counted,
    known.followers,
    loudest.engagement,
    loudest.last_at,
    left(known.example.text, 200) as example,
    known.example.url as url
from loudest
join known
    on known.brand = loudest.brand
    and known.source = loudest.source
    and known.author_key = loudest.author_key
order by loudest.brand, loudest.negative desc, loudest.engagement desc nulls last, loudest.source, loudest.author_key;
