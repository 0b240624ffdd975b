-- When did it break, on what and where, and whom do we answer?
--
-- brand           varchar    one brand; all of them unless given
-- since           timestamp  UTC; seven days before `until` unless given
-- until           timestamp  UTC, exclusive; the end of what was looked at unless given
-- top             integer    how many devices, regions and people a brand; 20 of each unless given
--
-- brand           as it is shown
-- part            "window": the outage · "device" and "region": named by those who report it · "person": reports to answer
-- what            of a window "outage"; the device or region; the author
-- reports         counted mentions in the window that report an outage, and name the device or region, or are of this author
-- reported_from   UTC; of a window the start of its first five minutes, else the first report
-- reported_to     UTC; of a window the end of its last five minutes, exclusive, else the last report
-- usual           of a window: reports that as long a stretch brings at the rate of the seven days before; null elsewhere
-- engagement      reactions to the reports; null where the source does not say
-- answered        reports that an own handle has answered
-- example         the report with most reactions, of a person the newest one that waits for an answer, else the newest, cut at 200 characters
-- url             its link
-- covered         how much of the window was looked at, 0 to 1, over the sources that were looked at in the period or the seven days before
--
-- The window begins with the first report of a quarter of an hour that brought three or more, and more than u + 2 * sqrt(u), where u is what a quarter
-- of an hour brought in the seven days before the period. It ends with the last such quarter, where not more than an hour lies between two of them. Of
-- several windows the one with most reports is told. Devices and regions are those that the lists in the file name; regions are
-- found as they are written there. People stand in the order in which to answer: those who wait first, then by reactions.

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
        time_bucket(interval 5 minutes, until) as bin_to
    from bounds
),
reported as (
    select
        v_spoken.brand,
        v_spoken.bin_start,
        v_spoken.bin_start >= bins.bin_from as is_now,
        sum(v_spoken.counted) as reports
    from v_spoken
    cross join bins
    where v_spoken.facet = 'intent'
        and v_spoken.value = 'outage_report'
        and v_spoken.bin_start >= bins.bin_from - interval 7 days
        and v_spoken.bin_start < bins.bin_to
        and lower(v_spoken.brand) = lower(coalesce(getvariable('brand')::varchar, v_spoken.brand))
    group by all
),
seen as (
    select
        v_covered_bins.brand,
        v_covered_bins.source,
        unnest(generate_series(
            greatest(v_covered_bins.bin_from, bins.bin_from - interval 7 days),
            least(v_covered_bins.bin_to, bins.bin_to) - interval 5 minutes,
            interval 5 minutes
        )) as bin_start
    from v_covered_bins
    cross join bins
    where v_covered_bins.bin_from < bins.bin_to
        and v_covered_bins.bin_to > bins.bin_from - interval 7 days
        and lower(v_covered_bins.brand) = lower(coalesce(getvariable('brand')::varchar, v_covered_bins.brand))
),
looked as (
    select
        brand,
        bin_start,
        count(*) as sources_looked
    from seen
    group by brand, bin_start
),
rates as (
    select
        looked.brand,
        -- a bin that some source was looked at in says what is usual
        coalesce(sum(reported.reports), 0) / nullif(count(*), 0) as usual_per_bin
    from looked
    cross join bins
    left join reported
        on reported.brand = looked.brand
        and reported.bin_start = looked.bin_start
    where looked.bin_start < bins.bin_from
    group by looked.brand
),
quarters as (
    select
        reported.brand,
        reported.bin_start,
        coalesce(rates.usual_per_bin, 0) as usual_per_bin,
        sum(reported.reports) over (
            partition by reported.brand
            order by reported.bin_start
            range between interval 10 minutes preceding and current row
        ) as reports,
        min(reported.bin_start) over (
            partition by reported.brand
            order by reported.bin_start
            range between interval 10 minutes preceding and current row
        ) as quarter_from
    from reported
    left join rates
        on rates.brand = reported.brand
    where reported.is_now
),
high as (
    select
        brand,
        bin_start,
        quarter_from,
        usual_per_bin,
        coalesce(
            bin_start - lag(bin_start) over (partition by brand order by bin_start) > interval 1 hour,
            true
        ) as is_first
    from quarters
    where reports >= 3
        and reports > 3 * usual_per_bin + 2 * sqrt(3 * usual_per_bin)
),
numbered as (
    select
        *,
        count(*) filter (where is_first) over (partition by brand order by bin_start) as number
    from high
),
stretches as (
    select
        brand,
        number,
        min(quarter_from) as window_from,
        max(bin_start) + interval 5 minutes as window_to,
        any_value(usual_per_bin) as usual_per_bin
    from numbered
    group by brand, number
),
windows as (
    select
        stretches.brand,
        stretches.window_from,
        stretches.window_to,
        stretches.usual_per_bin * epoch(stretches.window_to - stretches.window_from) / 300 as usual
    from stretches
    join reported
        on reported.brand = stretches.brand
        and reported.bin_start >= stretches.window_from
        and reported.bin_start < stretches.window_to
    group by stretches.brand, stretches.window_from, stretches.window_to, stretches.usual_per_bin
    qualify row_number() over (partition by stretches.brand order by sum(reported.reports) desc, stretches.window_from) = 1
),
covered as (
    select
        windows.brand,
        sum(looked.sources_looked)
            / (any_value(known.sources) * any_value(epoch(windows.window_to - windows.window_from) / 300)) as covered
    from windows
    join (select brand, count(distinct source) as sources from seen group by brand) as known
        on known.brand = windows.brand
    join looked
        on looked.brand = windows.brand
        and looked.bin_start >= windows.window_from
        and looked.bin_start < windows.window_to
    group by windows.brand
),
chosen as materialized (
    select v_labels.*
    from v_labels
    semi join windows
        on windows.brand = v_labels.brand
        and v_labels.created_at >= windows.window_from
        and v_labels.created_at < windows.window_to
    where v_labels.created_at >= (select min(window_from) from windows)
        and v_labels.created_at < (select max(window_to) from windows)
        and v_labels.counted
        and list_contains(v_labels.intents, 'outage_report')
),
reports as (
    select
        chosen.brand,
        chosen.source,
        chosen.source_id,
        chosen.created_at,
        concat_ws(' ', v_texts.title, v_texts.text) as whole_text,
        coalesce(v_texts.text, v_texts.title) as text,
        v_texts.url,
        coalesce(v_texts.author_id, v_texts.author_name) as author_key,
        coalesce(v_texts.author_name, v_texts.author_id) as author,
        v_texts.engagement
    from chosen
    join v_texts
        on v_texts.source = chosen.source
        and v_texts.source_id = chosen.source_id
        and v_texts.created_at = chosen.created_at
),
own as (
    select *
    from v_replies
    where replied_at >= (select min(window_from) from windows)
),
told as (
    select
        reports.*,
        exists (
            from own
            where own.brand = reports.brand
                and own.source = reports.source
                and own.replies_to = reports.source_id
                and own.replied_at >= reports.created_at
        ) as is_answered
    from reports
),
-- one pattern a device, and one of all regions: what is written out is prepared once, what is joined once a text
on_devices as (
    select
        told.*,
        unnest(list_filter(
            [
                case when regexp_matches(whole_text, '\b(?:roku)s?\b', 'i') then 'Roku' end,
                case when regexp_matches(whole_text, '\b(?:fire ?(?:tv|stick))s?\b', 'i') then 'Fire TV' end,
                case when regexp_matches(whole_text, '\b(?:apple ?tv)s?\b', 'i') then 'Apple TV' end,
                case when regexp_matches(whole_text, '\b(?:chromecast|google tv)s?\b', 'i') then 'Chromecast' end,
                case when regexp_matches(whole_text, '\b(?:play ?station|ps[345])s?\b', 'i') then 'PlayStation' end,
                case when regexp_matches(whole_text, '\b(?:xbox)s?\b', 'i') then 'Xbox' end,
                case when regexp_matches(whole_text, '\b(?:nintendo|wii|nintendo switch)s?\b', 'i') then 'Nintendo' end,
                case when regexp_matches(whole_text, '\b(?:console)s?\b', 'i') then 'game console' end,
                case when regexp_matches(whole_text, '\b(?:iphone|ipad|ios)s?\b', 'i') then 'iPhone or iPad' end,
                case when regexp_matches(whole_text, '\b(?:android|pixel|galaxy)s?\b', 'i') then 'Android' end,
                case when regexp_matches(whole_text, '\b(?:smart ?tv|samsung tv|lg tv|sony tv|vizio|bravia|webos|tizen)s?\b', 'i') then 'smart TV' end,
                case when regexp_matches(whole_text, '\b(?:stick)s?\b', 'i') then 'streaming stick' end,
                case when regexp_matches(whole_text, '\b(?:set-?top box|cable box|tivo|shield)s?\b', 'i') then 'set-top box' end,
                case when regexp_matches(whole_text, '\b(?:blu-?ray)s?\b', 'i') then 'Blu-ray player' end,
                case when regexp_matches(whole_text, '\b(?:browser|chrome|firefox|safari|website|web player)s?\b', 'i') then 'web browser' end,
                case when regexp_matches(whole_text, '\b(?:laptop|pc|macbook|imac|mac|windows|desktop)s?\b', 'i') then 'computer' end,
                case when regexp_matches(whole_text, '\b(?:phone|mobile)s?\b', 'i') then 'phone' end,
                case when regexp_matches(whole_text, '\b(?:tablet|kindle)s?\b', 'i') then 'tablet' end
            ],
            lambda name: name is not null
        )) as device
    from told
),
in_regions as (
    select
        told.*,
        unnest(list_distinct(regexp_extract_all(
            whole_text,
            '\b(?:'
            || 'Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas'
            || '|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|New Hampshire'
            || '|New Jersey|New Mexico|New York|North Carolina|North Dakota|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode Island|South Carolina'
            || '|South Dakota|Tennessee|Texas|Utah|Vermont|Virginia|Washington|Wisconsin|Wyoming|Atlanta|Austin|Boston|Brooklyn|Chicago|Dallas'
            || '|Denver|Detroit|Houston|Las Vegas|Los Angeles|Miami|Minneapolis|Orlando|Philadelphia|Phoenix|Pittsburgh|Portland|San Diego'
            || '|San Francisco|Seattle|Montreal|Toronto|Vancouver|Berlin|Dublin|Glasgow|London|Madrid|Manchester|Melbourne|Mumbai|Munich|Paris'
            || '|Sydney|the Carolinas|East Coast|East coast|east coast|West Coast|West coast|west coast|Midwest|midwest|Argentina|Australia'
            || '|Austria|Belgium|Brazil|Canada|Chile|Colombia|Denmark|England|Finland|France|Germany|India|Ireland|Italy|Japan|Mexico|Netherlands'
            || '|New Zealand|Norway|Poland|Portugal|Scotland|Singapore|South Africa|Spain|Sweden|Switzerland|Turkey|UK|USA|Wales'
            || ')\b'
        ))) as region
    from told
),
named as (
    select 1 as place, 'window' as part, 'outage' as what, null as waits, null as person, told.*
    from told
    union all
    select 2, 'device', device, null, null, * exclude (device)
    from on_devices
    union all
    select 3, 'region', region, null, null, * exclude (region)
    from in_regions
    union all
    select 4, 'person', author, not is_answered, source || ':' || author_key, told.*
    from told
    where author_key is not null
),
parts as (
    select
        brand,
        place,
        part,
        person,
        arg_max(what, (created_at, source_id)) as what,
        count(*) as reports,
        min(created_at) as first_at,
        max(created_at) as last_at,
        sum(engagement)::bigint as engagement,
        count(*) filter (where is_answered) as answered,
        arg_max(
            {'text': text, 'url': url},
            (
                coalesce(waits, true),
                case when part = 'person' then epoch(created_at) else coalesce(engagement, -1) end,
                created_at,
                source_id
            )
        ) as example
    from named
    group by brand, place, part, person, case when part <> 'person' then what end
),
ranked as (
    select
        *,
        row_number() over (
            partition by brand, part
            order by case when part = 'person' then answered = reports end, case when part <> 'person' then reports end desc,
                engagement desc nulls last, reports desc, first_at, what, person
        ) as rank
    from parts
)
select
    ranked.brand,
    ranked.part,
    ranked.what,
    ranked.reports,
    case when ranked.part = 'window' then windows.window_from else ranked.first_at end as reported_from,
    case when ranked.part = 'window' then windows.window_to else ranked.last_at end as reported_to,
    case when ranked.part = 'window' then windows.usual end as usual,
    ranked.engagement,
    ranked.answered,
    left(ranked.example.text, 200) as example,
    ranked.example.url as url,
    coalesce(covered.covered, 0) as covered
from ranked
join windows
    on windows.brand = ranked.brand
left join covered
    on covered.brand = ranked.brand
where ranked.rank <= coalesce(getvariable('top')::integer, 20)
order by ranked.brand, ranked.place, ranked.rank;
