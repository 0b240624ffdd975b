"""The JSON Schema of config.yaml, each source's section filled in from its connector's settings."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from monitor.config.models import Config


def json_schema(settings: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """One schema for the whole file.

    settings  the settings class of every known source
    """
    schema = Config.model_json_schema()
    definitions = schema.setdefault("$defs", {})
    sections: dict[str, Any] = {}
    for name, section in settings.items():
        own = section.model_json_schema()
        for inner, definition in own.pop("$defs", {}).items():
            definitions[inner] = definition
        sections[name] = own
    schema["properties"]["sources"] = {"type": "object", "additionalProperties": False, "properties": sections}
    schema["properties"].pop("folder", None)
    return schema
