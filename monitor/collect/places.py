"""Places in a source's own section of the configuration: each named once, and those that are about a brand."""

from collections.abc import Iterable, Sequence

from monitor.collect.connector import Place, SourceSettings


def told_apart(key: str, names: Sequence[str]) -> None:
    """See that no place is named twice.

    key     where they stand in the section
    names   as they are compared
    raises  ValueError, which the configuration tells with its line
    """
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ValueError(f"{key}: {twice} stands there twice; remove one")


def add_places(settings: SourceSettings, about: Iterable[tuple[str, str | None]]) -> None:
    """Add to `places` the channels that are about a brand; to be called while the section is being read.

    about  channel and brand; None: it is about no brand
    """
    own = (Place(channel=channel, about=brand) for channel, brand in about if brand)
    # frozen for everybody else: these places follow from the section's other keys
    object.__setattr__(settings, "places", tuple(dict.fromkeys((*settings.places, *own))))
