"""The annotated configuration file, generated from the fields: nothing is told twice, so nothing can lag behind."""

from typing import Any

from pydantic import SecretStr

from mailguard.config.sections import Section
from mailguard.config.whole import Config


def example() -> str:
    """The annotated configuration file, generated from the fields above."""
    lines = ["# mailguard: every setting with its default. Remove what you do not change."]
    sections = []
    for name, field in Config.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, Section):
            sections.append((name, section))
        else:
            lines += ["", f"# {field.description}", _line(name, field.default)]
    for name, section in sections:
        lines += ["", f"[{name}]  # {(section.__doc__ or '').strip()}"]
        for key, field in section.model_fields.items():
            lines += [f"# {field.description}", _line(key, field.default)]
    return "\n".join(lines) + "\n"


def _line(name: str, value: Any) -> str:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return f"# {name} =" if value is None else f"{name} = {_toml(value)}"


def _toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case Section():
            return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value) + " }"
        case tuple():
            return "[" + ", ".join(_toml(item) for item in value) + "]"
        case _:
            return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
