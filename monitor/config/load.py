"""Reads config.yaml whole before anything uses it; an error names file, line, key and the way out."""

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from monitor.config.models import Config
from monitor.errors import ConfigError

_MOST_KEYS = 200_000
_DEEPEST = 50
Lines = Mapping[tuple[str | int, ...], int]
_HINTS = {
    "missing": "is missing",
    "extra_forbidden": "no such key",
    "too_short": "is empty; give at least one",
    "string_too_short": "is empty; give at least one letter",
    "is_instance_of": "is no list; write [one, two] or a line with `- one` for each",
    "sequence_str": "is no list; write [one, two] or a line with `- one` for each",
    "model_type": "holds no keys; write {key: value} or a line `key: value` for each",
    "dict_type": "holds no keys; write {key: value} or a line `key: value` for each",
}


def find_config(given: Path | None) -> Path:
    """The file to use: the given one, $MONITOR_CONFIG, ./config.yaml, /etc/brand-monitor, ./demo.

    raises  ConfigError where none of them exists
    """
    candidates = _candidates(given)
    for path in candidates:
        if path.is_file():
            return path
    looked = ", ".join(str(path) for path in candidates)
    raise ConfigError(f"no configuration at {looked}; `monitor init` writes one, --config names one")


def is_configured(given: Path | None) -> bool:
    """Whether a configuration was named, or lies where one is looked for: for commands that can do without."""
    named = given or os.environ.get("MONITOR_CONFIG")
    return bool(named) or any(path.is_file() for path in _candidates(given))


def _candidates(given: Path | None) -> list[Path]:
    from_environment = os.environ.get("MONITOR_CONFIG")
    named = given or (Path(from_environment) if from_environment else None)
    return [named] if named else [Path("config.yaml"), Path("/etc/brand-monitor/config.yaml"), Path("demo/config.yaml")]


def load_config(path: Path, settings: Mapping[str, type[BaseModel]]) -> Config:
    """The whole configuration, each source's section read by its connector's settings.

    settings  the settings class of every known source
    raises    ConfigError with every problem found, one a line
    """
    raw, lines = _read(path)
    problems: list[str] = []
    sources = raw.get("sources", {})
    sources = {} if sources is None else sources
    sections: dict[str, BaseModel] = {}
    if isinstance(sources, dict):
        for name, section in sources.items():
            where = ("sources", name)
            if name not in settings:
                problems.append(
                    _line(path, lines, where, f"sources.{name}: no such source{_nearest(str(name), settings)} ({', '.join(settings)})")
                )
                continue
            try:
                sections[name] = settings[name].model_validate({} if section is None else section)
            except ValidationError as error:
                problems.extend(_problems(path, lines, error, settings[name], prefix=where))
    if "folder" in raw:
        # a field of ours, no key of the file
        problems.append(_line(path, lines, ("folder",), "folder: no such key"))
    try:
        whole = Config.model_validate({**raw, "sources": {} if isinstance(sources, dict) else sources, "folder": path.parent.absolute()})
    except ValidationError as error:
        problems.extend(_problems(path, lines, error, Config, prefix=()))
    if problems:
        raise ConfigError("\n".join(problems))
    _check_abouts(path, lines, whole, raw)
    return whole.model_copy(update={"sources": sections})


def _read(path: Path) -> tuple[dict[str, Any], Lines]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); check the path and its rights") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        raw = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        # ValueError: a date such as 2026-02-30
        mark = getattr(error, "problem_mark", None)
        at = f":{mark.line + 1}" if mark else ""
        seen = " ".join(str(getattr(error, "problem", None) or error).split())
        raise ConfigError(f"{path}{at}: not YAML ({seen}); check indentation, colons and quotes") from None
    except RecursionError:
        raise ConfigError(f"{path}: nested too deeply; a configuration needs a few levels") from None
    if not isinstance(raw, dict):
        raise ConfigError(f"{path}: holds no keys; start with `brands:` or run `monitor init`")
    lines: dict[tuple[str | int, ...], int] = {}
    for where, line in _walk(node, ()):
        if len(lines) > _MOST_KEYS or len(where) > _DEEPEST:
            raise ConfigError(f"{path}:{line}: its anchors (&, *) make more of it than a configuration can hold; write the keys out")
        if where in lines:
            raise ConfigError(f"{path}:{line}: {_dotted(where)} stands here and on line {lines[where]}; keep one")
        lines[where] = line
    return raw, lines


def _walk(node: yaml.Node | None, where: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            path = (*where, key.value)
            yield path, key.start_mark.line + 1
            yield from _walk(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield (*where, index), value.start_mark.line + 1
            yield from _walk(value, (*where, index))


def _problems(path: Path, lines: Lines, error: ValidationError, model: type[BaseModel], *, prefix: tuple[str | int, ...]) -> Iterator[str]:
    for problem in error.errors():
        where = (*prefix, *problem["loc"])
        kind, seen = problem["type"], problem["input"]
        if kind == "extra_forbidden":
            text = f"no such key{_nearest(str(where[-1]), _keys_at(model, problem['loc'][:-1]))}"
        elif kind in _HINTS:
            text = _HINTS[kind]
        elif kind == "value_error":
            text = str(problem["ctx"]["error"])
        else:
            text = f"{problem['msg']}; got {seen!r}"
        join = " " if text.startswith(("is ", "holds ")) else ": "
        yield _line(path, lines, where, f"{_dotted(where)}{join}{text}" if where else text)


def _keys_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    current: type[BaseModel] | None = model
    for part in loc:
        if isinstance(part, int) or current is None:
            continue
        current = _model_in(current.model_fields[part].annotation) if part in current.model_fields else None
    return [name for name, field in current.model_fields.items() if not field.exclude] if current else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in getattr(annotation, "__args__", ()) if (found := _model_in(part))), None)


def _nearest(seen: str, known: Mapping[str, Any] | list[str]) -> str:
    close = difflib.get_close_matches(seen, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else ""


def _check_abouts(path: Path, lines: Lines, config: Config, raw: Mapping[str, Any]) -> None:
    """Every `about`, wherever it stands, names a brand.

    raises  ConfigError at the first that does not
    """
    names = {brand.name.casefold() for brand in config.brands}
    for where, about in (found for key in ("sources", "threads") for found in _abouts(raw.get(key), (key,))):
        if about.casefold() not in names:
            near = _nearest(about, [brand.name for brand in config.brands])
            raise ConfigError(_line(path, lines, where, f"{_dotted(where)}.about: no brand {about!r}{near}"))


def _abouts(value: Any, where: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, dict):
        if isinstance(value.get("about"), str):
            yield where, value["about"]
        for key, inner in value.items():
            yield from _abouts(inner, (*where, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _abouts(inner, (*where, index))


def _line(path: Path, lines: Lines, where: tuple[str | int, ...], text: str) -> str:
    while where and where not in lines:
        where = where[:-1]
    return f"{path}:{lines[where]}: {text}" if where else f"{path}: {text}"


def _dotted(where: tuple[str | int, ...]) -> str:
    text = ""
    for part in where:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text
