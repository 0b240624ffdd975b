import re
from importlib.resources import files

import pytest
import yaml

from connectors import CONNECTORS
from monitor.config.load import load_config
from monitor.config.schema import json_schema

SETTINGS = {name: source.settings for name, source in CONNECTORS.items()}
SCHEMA = json_schema(SETTINGS)
STARTER = (files("monitor.config") / "starter.yaml").read_text(encoding="utf-8")
# the lines of the starter that wait to be switched on
WITH_COMMENTS = "\n".join(
    line.replace("# ", "", 1) if re.match(r" *# +(- \{(?:url|name)|[a-z_]+):", line) else line for line in STARTER.split("\n")
)
TYPES = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list, "null": type(None), "number": (int, float)}


def complaints(value, schema, where="config"):
    """What a small reading of JSON Schema has against a value: enough for the words that our schema uses."""
    if "$ref" in schema:
        return complaints(value, SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]], where)
    if "anyOf" in schema:
        tried = [complaints(value, option, where) for option in schema["anyOf"]]
        return min(tried, key=len)
    if "type" in schema and not isinstance(value, TYPES[schema["type"]]):
        return [f"{where} is no {schema['type']}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where} is none of {schema['enum']}"]
    if isinstance(value, list):
        return [said for item in value for said in complaints(item, schema.get("items", {}), f"{where}[]")]
    if not isinstance(value, dict):
        return []
    known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    said = [f"{where}.{key} is missing" for key in schema.get("required", ()) if key not in value]
    for key, inner in value.items():
        if key not in known and others is False:
            said.append(f"{where}.{key} is not known")
        else:
            said += complaints(inner, known.get(key, others), f"{where}.{key}")
    return said


@pytest.mark.parametrize("text", [pytest.param(STARTER, id="as it is"), pytest.param(WITH_COMMENTS, id="with its examples")])
def test_the_schema_knows_every_key_of_the_starter(text):
    assert complaints(yaml.safe_load(text), SCHEMA) == []


def test_the_schema_refuses_what_the_program_refuses():
    assert complaints({"brands": [{"name": "Acme", "rul": "a"}], "sources": {"redit": {}}, "folder": "x"}, SCHEMA) == [
        "config.brands[].rule is missing",
        "config.brands[].rul is not known",
        "config.sources.redit is not known",
        "config.folder is not known",
    ]


def test_the_starter_is_a_working_configuration(tmp_path):
    (tmp_path / "config.yaml").write_text(STARTER)
    config = load_config(tmp_path / "config.yaml", SETTINGS)
    assert [(brand.name, brand.slug) for brand in config.brands] == [("Acme", "acme")]


def test_every_key_of_the_schema_is_in_the_starter_or_in_the_documentation():
    assert {"data_dir", "brands", "sources", "threads", "detect", "rules", "publish", "scoring", "queries"} == set(SCHEMA["properties"])
    assert set(SCHEMA["$defs"]["Brand"]["properties"]) - set(yaml.safe_load(WITH_COMMENTS)["brands"][0]) == set()
