-- Which complaints and questions wait for an answer of ours?
--
-- brand           varchar    one brand; all of them unless given
-- since           timestamp  UTC; seven days before `until` unless given
-- until           timestamp  UTC, exclusive; the end of what was looked at unless given
-- top             integer    how many a brand; 50 unless given
--
-- brand           as it is shown
-- source          where it was said
-- channel         subreddit, video, site or tag; null where the source has none
-- author          the name; the source's id where no name is known
-- kind            "question", "complaint" or "question and complaint"
-- created_at      when it was written, UTC
-- waits_hours     from then to the end of what was looked at, or to `until`
-- seen            how many people saw it: views, or the estimate of docs/data-model.md; null where neither is known
-- seen_by         "views" or "estimate"; null where neither is known
-- engagement      reactions; null where the source does not say
-- text            its words, cut at 200 characters; null where it was erased
-- url             its link
--
-- A complaint is a counted mention that is against the brand, or says that it leaves, wants money back or reports an outage. It is answered once we
-- hold a text of an own handle in reply to it; an answer that was given elsewhere, or that we did not see, counts for none. Most seen first.

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
waiting as materialized (
    select *
    from v_answers
    where created_at >= (select since from bounds)
        and created_at < (select until from bounds)
        and lower(brand) = lower(coalesce(getvariable('brand')::varchar, brand))
        and answered_at is null
),
told as (
    select
        waiting.brand,
        v_texts.source,
        v_texts.source_id,
        v_texts.channel,
        coalesce(v_texts.author_name, v_texts.author_id) as author,
        case
            when waiting.is_question and waiting.is_complaint then 'question and complaint'
            when waiting.is_question then 'question'
            else 'complaint'
        end as kind,
        v_texts.created_at,
        epoch((select until from bounds) - v_texts.created_at) / 3600 as waits_hours,
        coalesce(v_texts.views, v_texts.reach_estimate) as seen,
        case
            when v_texts.views is not null then 'views'
            when v_texts.reach_estimate is not null then 'estimate'
        end as seen_by,
        v_texts.engagement,
        left(coalesce(v_texts.text, v_texts.title), 200) as text,
        v_texts.url
    from waiting
    join v_texts
        on v_texts.source = waiting.source
        and v_texts.source_id = waiting.source_id
        and v_texts.created_at = waiting.created_at
    qualify row_number() over (
        partition by waiting.brand
        order by seen desc nulls last, v_texts.engagement desc nulls last, v_texts.created_at, v_texts.source, v_texts.source_id
    ) <= coalesce(getvariable('top')::integer, 50)
)
select * exclude (source_id)
from told
order by brand, seen desc nulls last, engagement desc nulls last, created_at, source, source_id;
