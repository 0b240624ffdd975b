-- Where do people and our labels disagree?
--
-- brand           varchar    one brand; all of them unless given
-- since           timestamp  UTC; the first mention that was labelled unless given
-- until           timestamp  UTC, exclusive; the last one unless given
-- top             integer    how many a brand; 100 unless given
--
-- brand           as it is shown
-- mention_id      source:id, as in `monitor label export`
-- human_label     -1, 0, 1: what a person says
-- label           ours
-- apart           how far they lie apart: 2 is praise taken for blame, or the other way about
-- brand_compound  the score on which our label rests, -1 to 1
-- why             our reason; null where the scorer gives none
-- scorer          who gave our label
-- weight          how many mentions it stands for; null where somebody chose it instead of chance
-- labelled_at     when the label was taken in, UTC
-- created_at      when the mention was written, UTC
-- text            its words, cut at 300 characters
-- url             its link
-- of_labelled     how many labelled mentions of the brand we have a label for, in the same period
-- disagree        on how many of them people and we disagree
--
-- Of a text that we left without a label nothing is said. What it means for the negative share is told by every digest.

with labelled as (
    select
        *,
        count(*) over (partition by brand) as of_labelled,
        count(*) filter (where human_label <> label) over (partition by brand) as disagree
    from v_human_labels
    where label is not null
        and created_at >= coalesce(getvariable('since')::timestamp, created_at)
        and created_at < coalesce(getvariable('until')::timestamp, created_at + interval 1 day)
        and lower(brand) = lower(coalesce(getvariable('brand')::varchar, brand))
),
apart as (
    select *
    from labelled
    where human_label <> label
    qualify row_number() over (partition by brand order by abs(human_label - label) desc, weight desc nulls last, created_at desc, mention_id)
        <= coalesce(getvariable('top')::integer, 100)
)
select
    brand,
    mention_id,
    human_label,
    label,
    abs(human_label - label) as apart,
    brand_compound,
    why,
    scorer,
    weight,
    labelled_at,
    created_at,
    left(coalesce(text, title), 300) as text,
    url,
    of_labelled,
    disagree
from apart
order by brand, abs(human_label - label) desc, weight desc nulls last, created_at desc, mention_id;
