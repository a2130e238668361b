"""Stored JSON documents: strict immutable models, and how one is read."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from camcore.errors import RunError

AnyDocument = TypeVar("AnyDocument", bound="Document")


class Document(BaseModel):
    """A stored JSON object, or a part of one: strict types, finite numbers, immutable.

    A field whose name differs from its JSON key has the key as `validation_alias` and `serialization_alias`.
    Unknown keys are ignored.
    """

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object. Fields that were never set are left out."""
        return self.model_dump(exclude_unset=True)


class _Versioned(BaseModel):
    format_version: Any = None


def read_document(path: Path, model: type[AnyDocument], format_version: int, remedy: str) -> AnyDocument:
    """Read a JSON document; `remedy` is the sentence that ends an error.

    Raises:
        RunError: The file is missing, damaged, or of another format version.
    """
    try:
        text = path.read_bytes()
        version = _Versioned.model_validate_json(text).format_version
        if version == format_version:  # compared first: a newer document is newer, not damaged
            return model.model_validate_json(text)
    except FileNotFoundError as error:
        raise RunError(f"{path} is missing. {remedy}") from error
    except OSError as error:
        raise RunError(f"{path} is damaged ({error}). {remedy}") from error
    except ValidationError as error:
        raise RunError(f"{path} is damaged ({describe_damage(error)}). {remedy}") from error
    raise RunError(
        f"{path} has format version {version!r}; this camcore reads {format_version}. Update camcore, or"
        f" {remedy[:1].lower()}{remedy[1:]}"
    )


def describe_damage(error: ValidationError) -> str:
    """Return the first thing that is wrong with a document."""
    first = error.errors(include_url=False)[0]
    if first["type"] == "value_error":
        return str(first["ctx"]["error"])
    place = ".".join(str(part) for part in first["loc"])
    return f"no usable {place!r}" if place else first["msg"]
