"""From a file and an environment to a `Config`.

In: a path (or nothing: the embedded defaults), the environment, secret files. Out: a frozen `Config`, or a ConfigError
that says file, key and remedy; never a value that was not understood.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mailguard.config.sections import Section
from mailguard.config.whole import PREFIX, Config
from mailguard.errors import ConfigError

FILE = "_FILE"


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Config:
    """Read `path` (or only defaults and environment) into a Config; raises ConfigError with place, fact and remedy."""
    environ = os.environ if environ is None else environ
    values = _read(path) if path else {}
    known = _known_variables()
    for variable, value in environ.items():
        name = variable.upper()
        if not name.startswith(PREFIX) or name in known:
            continue
        if not name.endswith(FILE) or name.removesuffix(FILE) not in known:
            raise ConfigError(
                f"environment: {variable} is not a setting. Remove it, or see `mailguard config example`."
            )
        _place(values, name.removesuffix(FILE), _secret(variable, value, environ))
    try:
        return Config(**values)
    except ValidationError as error:
        raise ConfigError(_explain(path, error)) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file. Make one with `mailguard config example > {path}`.") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}). Check its owner and mode.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}. Correct that line.") from None


def _secret(variable: str, path: str, environ: Mapping[str, str]) -> str:
    """The content of a secret file, without the line end that editors put there."""
    if variable.removesuffix(variable[-len(FILE) :]) in environ:
        raise ConfigError(f"environment: {variable} and {variable[: -len(FILE)]} are both set. Keep one of them.")
    try:
        return Path(path).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        fact = getattr(error, "strerror", None) or "not UTF-8"
        raise ConfigError(f"environment: {variable}: {path} cannot be read ({fact}). Check path and mode.") from None


def _place(values: dict[str, Any], variable: str, value: str) -> None:
    """Put a value where `MAILGUARD_RELAY__PASSWORD` says."""
    *sections, key = variable.removeprefix(PREFIX).lower().split("__")
    for section in sections:
        values = values.setdefault(section, {})
    values[key] = value


def _known_variables() -> set[str]:
    known = set()
    for name, field in Config.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, Section):
            known |= {f"{PREFIX}{name}__{key}".upper() for key in section.model_fields}
        known.add(f"{PREFIX}{name}".upper())
    return known


def _explain(path: Path | None, error: ValidationError) -> str:
    place = str(path) if path else "configuration"
    lines = []
    for problem in error.errors():
        key = ".".join(str(step) for step in problem["loc"])
        fact = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            lines.append(f"{place}: {key} is not a setting. Remove it, or see `mailguard config example`.")
        else:
            where = f"{place}: {key}" if key else place
            lines.append(f"{where}: {fact}. Correct it; `mailguard config example` shows every setting.")
    return "\n".join(lines)
