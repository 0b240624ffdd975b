"""The scorers by name: those that come with the program, and those that other packages bring."""

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path

from monitor.config.models import Brand
from monitor.enrich.brand_sentiment.scorer import BrandScorer
from monitor.enrich.linear.model import read_model
from monitor.enrich.linear.scorer import LinearScorer
from monitor.enrich.sentiment import Scorer, VaderScorer
from monitor.errors import ConfigError

ENTRY_POINTS = "brand_monitor.scorers"

Maker = Callable[[Sequence[Brand], Path | None], Scorer]
"""Makes a scorer for some brands; the path is the file of its model, None where none was given."""

SCORERS: Mapping[str, Maker] = {
    "vader-brand": lambda brands, _model: BrandScorer(brands),
    "linear": lambda brands, model: LinearScorer(read_model(model), brands),
    "vader": lambda _brands, _model: VaderScorer(),
}


def scorer_named(name: str, *, brands: Sequence[Brand] = (), model: Path | None = None) -> Scorer:
    """The scorer of that name, ready for texts about these brands.

    raises  ConfigError where there is none, or another package's cannot be loaded
    """
    if name in SCORERS:
        return SCORERS[name](brands, model)
    others = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    if name not in others:
        raise ConfigError(f"no scorer {name!r}; there are {', '.join((*SCORERS, *sorted(others)))}")
    try:
        maker: Maker = others[name].load()
        return maker(brands, model)
    except Exception as error:
        raise ConfigError(f"the scorer {name!r} of {others[name].value} cannot be used: {error}; mend or remove that package") from error
