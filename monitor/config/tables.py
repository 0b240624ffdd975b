"""The section `publish.tables`: questions whose answers are written as files beside each copy."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Table(BaseModel):
    """One question and the file that its answer is written to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    query: str = Field(min_length=1, description="name of a question, shipped or of your own folder")
    params: Mapping[str, str | int | float | date] = Field(
        default_factory=dict, description="its parameters, as in `monitor query --param`"
    )
    # no folder and no dot in front: it cannot leave the folder of the tables, nor hide there
    file: str = Field(
        default="",
        pattern=r"^([^./\\\x00-\x1f][^/\\\x00-\x1f]*\.(csv|xlsx))?$",
        description="its name, ending in .csv or .xlsx; QUERY.xlsx if left out",
    )

    @model_validator(mode="before")
    @classmethod
    def _name(cls, given: Any) -> Any:
        if isinstance(given, dict) and "query" in given and not given.get("file"):
            return {**given, "file": f"{given['query']}.xlsx"}
        return given
