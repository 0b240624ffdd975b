-- Where did a story begin, and where did it go from there?
--
-- brand           varchar    one brand; all of them unless given
-- incident        varchar    its id: its brand, from half an hour before its onset to its end; a period instead unless given
-- since           timestamp  UTC; the incident's, or seven days before `until` unless given
-- until           timestamp  UTC, exclusive; the incident's, or the end of what was looked at unless given
-- term            varchar    only mentions that hold these words, without case; every mention unless given
-- top             integer    how many places a brand; 20 unless given
--
-- brand           as it is shown
-- place           1 is where it rose first; those where it never did stand behind, by their first mention
-- source          where it was said
-- channel         subreddit, video, site or tag; null where the source has none
-- rose_at         UTC, start of the five minutes with which it rose there; null: it never did
-- minutes_after   from where it rose first to rose_at
-- counted         counted mentions there in the period
-- usual           what as long a stretch brings there at the rate of the seven days before, hours not looked at included
-- share           counted / all counted mentions of the brand in the period, 0 to 1
-- negative_share  negative / scored, 0 to 1; null where nothing is scored
-- authors         how many people wrote them; null where no author is known
-- first_at        the first of them, UTC
-- first_text      its words, cut at 200 characters; null where it was erased
-- first_url       its link
-- covered         how much of the period the source was looked at, 0 to 1
--
-- A place has risen with the first five minutes that end a quarter of an hour of five counted mentions or more, and of more than u + 4 * sqrt(u),
-- where u is what a quarter of an hour brought there in the seven days before, on the whole or at this hour of the day, whichever is more.

with asked as (
    select
        incident.brand,
        coalesce(getvariable('since')::timestamp, incident.onset_at - interval 30 minutes, end_at - interval 7 days) as since,
        coalesce(getvariable('until')::timestamp, incident.resolved_at, end_at) as until
    from (
        select
            coalesce(
                getvariable('until')::timestamp,
                (select max(covered_to) from v_looks where complete),
                (select max(local_day) + 1 from v_daily)::timestamp
            ) as end_at
    )
    left join v_incidents as incident
        on incident.id = getvariable('incident')::varchar
    where getvariable('incident') is null
        or incident.id is not null
),
chosen as materialized (
    select
        v_labels.*,
        v_labels.created_at >= asked.since as is_now,
        epoch(asked.until - asked.since) / epoch(interval 7 days) as part_of_week
    from v_labels
    cross join asked
    where v_labels.created_at >= asked.since - interval 7 days
        and v_labels.created_at < asked.until
        and v_labels.counted
        and v_labels.brand = coalesce(asked.brand, v_labels.brand)
        and lower(v_labels.brand) = lower(coalesce(getvariable('brand')::varchar, v_labels.brand))
),
said as (
    select
        v_texts.channel,
        coalesce(v_texts.author_id, v_texts.author_name) as author,
        chosen.brand,
        chosen.source,
        chosen.source_id,
        chosen.created_at,
        chosen.label,
        chosen.scored,
        chosen.is_now,
        chosen.part_of_week,
        time_bucket(interval 5 minutes, chosen.created_at) as bin_start
    from chosen
    join v_texts
        on v_texts.source = chosen.source
        and v_texts.source_id = chosen.source_id
        and v_texts.created_at = chosen.created_at
    where getvariable('term') is null
        or contains(lower(concat_ws(' ', v_texts.title, v_texts.text)), lower(getvariable('term')::varchar))
),
places as materialized (
    select
        brand,
        source,
        channel,
        count(*) filter (where is_now) as counted,
        count(*) filter (where not is_now) as before,
        any_value(part_of_week) as part_of_week,
        count(*) filter (where is_now and scored) as scored,
        count(*) filter (where is_now and scored and label = -1) as negative,
        nullif(count(distinct author) filter (where is_now), 0) as authors,
        min(created_at) filter (where is_now) as first_at,
        arg_min(source_id, (created_at, source_id)) filter (where is_now) as first_id
    from said
    group by brand, source, channel
    having count(*) filter (where is_now) > 0
),
bins as (
    select
        brand,
        source,
        channel,
        bin_start,
        count(*) as counted
    from said
    where is_now
    group by all
),
quarters as (
    select
        brand,
        source,
        channel,
        bin_start,
        sum(counted) over (
            partition by brand, source, channel
            order by bin_start
            range between interval 10 minutes preceding and current row
        ) as counted
    from bins
),
hours as (
    select
        brand,
        source,
        channel,
        hour(bin_start) as hour_of_day,
        count(*) as before
    from said
    where not is_now
    group by all
),
compared as (
    select
        quarters.brand,
        quarters.source,
        quarters.channel,
        quarters.bin_start,
        quarters.counted,
        -- 672 quarters of an hour in seven days, 28 of them at one hour of the day
        greatest(places.before / 672, coalesce(hours.before, 0) / 28) as usual
    from quarters
    join places
        on places.brand = quarters.brand
        and places.source = quarters.source
        and places.channel is not distinct from quarters.channel
    left join hours
        on hours.brand = quarters.brand
        and hours.source = quarters.source
        and hours.channel is not distinct from quarters.channel
        and hours.hour_of_day = hour(quarters.bin_start)
),
rises as (
    select
        brand,
        source,
        channel,
        min(bin_start) as rose_at
    from compared
    where counted >= 5
        and counted > usual + 4 * sqrt(usual)
    group by all
),
looked as (
    select
        v_covered.brand,
        v_covered.source,
        sum(
            epoch(least(v_covered.covered_to, asked.until)) - epoch(greatest(v_covered.covered_from, asked.since))
        ) / any_value(epoch(asked.until - asked.since)) as covered
    from v_covered
    join asked
        on v_covered.covered_from < asked.until
        and v_covered.covered_to > asked.since
    group by v_covered.brand, v_covered.source
)
select
    places.brand,
    row_number() over (
        partition by places.brand order by rises.rose_at nulls last, places.first_at, places.source, places.channel nulls last
    ) as place,
    places.source,
    places.channel,
    rises.rose_at,
    epoch(rises.rose_at - min(rises.rose_at) over (partition by places.brand)) / 60 as minutes_after,
    places.counted,
    places.before * places.part_of_week as usual,
    places.counted / sum(places.counted) over (partition by places.brand) as share,
    case when places.scored > 0 then places.negative / places.scored end as negative_share,
    places.authors,
    places.first_at,
    left(coalesce(v_texts.text, v_texts.title), 200) as first_text,
    v_texts.url as first_url,
    coalesce(looked.covered, 0) as covered
from places
join v_texts
    on v_texts.source = places.source
    and v_texts.source_id = places.first_id
    and v_texts.created_at = places.first_at
left join rises
    on rises.brand = places.brand
    and rises.source = places.source
    and rises.channel is not distinct from places.channel
left join looked
    on looked.brand = places.brand
    and looked.source = places.source
qualify place <= coalesce(getvariable('top')::integer, 20)
order by places.brand, place;
