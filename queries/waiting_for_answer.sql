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
asked as materialized (
    select * exclude (mention_id)
    from v_asking
    where created_at >= (select since from bounds)
        and created_at < (select until from bounds)
        and lower(brand) = lower(coalesce(getvariable('brand')::varchar, brand))
),
waiting as materialized (
    from asked
    anti join v_replies
        on v_replies.brand = asked.brand
        and v_replies.source = asked.source
        and v_replies.replies_to = asked.source_id
        and v_replies.replied_at >= asked.created_at
        and v_replies.replied_at >= (select since from bounds)
),
-- first who saw how much of it, and then the words of those that are shown alone
ranked as materialized (
    select
        waiting.*,
        coalesce(v_texts.views, v_texts.reach_estimate) as seen,
        case
            when v_texts.views is not null then 'views'
            when v_texts.reach_estimate is not null then 'estimate'
        end as seen_by,
        v_texts.engagement
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
select
    ranked.brand,
    ranked.source,
    v_texts.channel,
    coalesce(v_texts.author_name, v_texts.author_id) as author,
    case
        when ranked.is_question and ranked.is_complaint then 'question and complaint'
        when ranked.is_question then 'question'
        else 'complaint'
    end as kind,
    ranked.created_at,
    epoch((select until from bounds) - ranked.created_at) / 3600 as waits_hours,
    ranked.seen,
    ranked.seen_by,
    ranked.engagement,
    left(coalesce(v_texts.text, v_texts.title), 200) as text,
    v_texts.url
from ranked
join v_texts
    on v_texts.source = ranked.source
    and v_texts.source_id = ranked.source_id
    and v_texts.created_at = ranked.created_at
order by ranked.brand, ranked.seen desc nulls last, ranked.engagement desc nulls last, ranked.created_at, ranked.source, ranked.source_id;
