"""The file of a fitted model: small whole weights of words, a few of what else is looked at; data only, nothing in it runs.

    {"format": "brand-monitor linear 1",
     "rows": 1200, "macro_f1": 0.71,        of the fit: how many labels, and how well it did on those that it had not seen
     "step": 0.0121,                        what a word's weight is multiplied with
     "start": [-0.21, -0.34],               before any word: negative, positive; neutral is 0 throughout
     "lean": [0.4, -0.1],                   part of `start` that makes rare labels as likely as frequent ones
     "read": {"compound": [-1.2, 1.3], ...},
     "style": {"exclamations": [0.1, 0.3], ...},
     "words": {"late flight": [57, -31], ...}}

A word's two numbers lie between -127 and 127. A text's words together count by 1 / sqrt(how many different words and pairs it has).
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from monitor.enrich.linear.features import READ, STYLE
from monitor.errors import ConfigError

FORMAT = "brand-monitor linear 1"
VERSION = 1
GREATEST = 127
LARGEST_FILE = 8_000_000
_AGAIN = "make one with `monitor fit --labels FILE --out model.json` and name it under scoring.model"

Small = Annotated[int, Field(ge=-GREATEST, le=GREATEST)]
Size = Annotated[float, Field(ge=-1000, le=1000, allow_inf_nan=False)]
Word = Annotated[str, Field(min_length=1, max_length=200)]


class Model(BaseModel):
    """A fitted model, as its file has it; every pair is negative, positive."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    format: Literal["brand-monitor linear 1"] = "brand-monitor linear 1"
    rows: int = Field(ge=0)
    macro_f1: Annotated[float, Field(ge=0, le=1)] | None
    step: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
    start: list[Size] = Field(min_length=2, max_length=2)
    lean: list[Size] = Field(min_length=2, max_length=2)
    read: Mapping[str, Annotated[list[Size], Field(min_length=2, max_length=2)]]
    style: Mapping[str, Annotated[list[Size], Field(min_length=2, max_length=2)]]
    words: Mapping[Word, Annotated[list[Small], Field(min_length=2, max_length=2)]] = Field(max_length=200_000)

    @property
    def hash(self) -> str:
        """Tells it from one that scores otherwise."""
        told = self.model_dump(exclude={"rows", "macro_f1"})
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def read_model(path: Path | None) -> Model:
    """The model of a file.

    raises  ConfigError where none is named, or it cannot be read, or is of another format
    """
    if path is None:
        raise ConfigError(f"scoring.scorer: linear needs a model; {_AGAIN}")
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ConfigError(f"{path}: larger than any model; {_AGAIN}")
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: no model can be read there ({(error.strerror or 'unknown').lower()}); {_AGAIN}") from error
    try:
        told: Any = json.loads(raw, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not the JSON of a model; {_AGAIN}") from error
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        seen = str(told.get("format") if isinstance(told, dict) else type(told).__name__)[:40]
        raise ConfigError(f"{path}: its format is {seen!r}, this version reads {FORMAT!r}; {_AGAIN}")
    try:
        model = Model.model_validate(told)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))[:60]
        raise ConfigError(f"{path}: {where!r} is no part of a model ({first['msg'].lower()}); {_AGAIN}") from error
    if set(model.read) != set(READ) or set(model.style) != set(STYLE):
        raise ConfigError(f"{path}: looks at other things than this version; {_AGAIN}")
    if not all(word.isprintable() and "·" not in word for word in model.words):
        raise ConfigError(f"{path}: a word in it holds characters that are never shown; {_AGAIN}")
    return model


def write_model(model: Model, path: Path) -> int:
    """Write the file, a word a line; its size in bytes. The same model gives the same bytes."""
    told = model.model_dump()
    words = told.pop("words")
    head = json.dumps(told, indent=1, ensure_ascii=False).removesuffix("\n}")
    lines = ",\n".join(f"{json.dumps(word, ensure_ascii=False)}:[{cold},{warm}]" for word, (cold, warm) in sorted(words.items()))
    text = f'{head},\n "words": {{\n{lines}\n }}\n}}\n'
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
    return len(text.encode())


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
