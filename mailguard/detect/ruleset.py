"""The shipped rules: one TOML file per kind, read strictly, each with its own hits and misses.

In: a folder of *.toml. Out: a `Ruleset`, or ConfigError "file: rule: fact. Remedy.". Never a half-read set of rules.
Files without a `kind`, `headers.toml` apart, belong to others (policies) and are left alone.
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import regex

import mailguard
from mailguard.detect import checks
from mailguard.detect.header_rule import HeaderRule, HeaderWords
from mailguard.detect.headers import Header, Headers
from mailguard.errors import ConfigError
from mailguard.model import Kind

__all__ = ["Examples", "Header", "KindRules", "Pattern", "Ruleset", "load", "shipped_dir"]

_HEADERS_FILE = "headers.toml"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One regular expression and what makes it believable.

    confidence: as matched; unchecked: when `check` refuses (0: no hit); in_context: when a word of `context` stands near.
    For long texts, in lower case: one of `literals` stands in each match; `anchor` matches in each line that `regex` matches in;
    words: those of a context without which there is no match. Empty: no such thing is known.
    """

    id: str
    regex: "regex.Pattern[str]"
    confidence: float
    check: str = ""
    unchecked: float = 0.0
    context: "regex.Pattern[str] | None" = None
    require_context: bool = False
    in_context: float = 0.95
    hits: tuple[str, ...] = ()
    misses: tuple[str, ...] = ()
    literals: tuple[str, ...] = ()
    anchor: "re.Pattern[str] | None" = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Examples:
    """What the whole detector must and must not say, beyond its patterns."""

    cell_hits: tuple[str, ...] = ()
    cell_misses: tuple[str, ...] = ()
    find_hits: tuple[str, ...] = ()
    find_misses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KindRules:
    """One file. words: named lists that the detector of this kind reads."""

    kind: Kind
    file: str
    header: HeaderRule
    patterns: tuple[Pattern, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    examples: Examples = Examples()


@dataclass(frozen=True, slots=True)
class Ruleset:
    """All rules. version: changes with any rule file and with any release of mailguard."""

    version: str
    kinds: Mapping[Kind, KindRules]
    headers: Headers

    def header_kind(self, text: str) -> Header | None:
        """What a column header means; None if nothing personal."""
        return self.headers.kind_of(text)

    def of(self, kind: Kind) -> KindRules:
        """The rules of a kind; empty ones if no file speaks of it."""
        return self.kinds.get(kind) or KindRules(kind, "", HeaderRule(kind))


def shipped_dir() -> Path:
    """The rules of an installed wheel, or those of the source tree."""
    package = Path(mailguard.__file__).parent
    inside = package / "rules"
    return inside if inside.is_dir() else package.parent / "rules"


def load(folder: Path) -> Ruleset:
    """Read every rule file of a folder."""
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise ConfigError(f"{folder}: no rule files here. Name a folder with *.toml rules.")
    digest = hashlib.sha256(mailguard.__version__.encode())
    kinds: dict[Kind, KindRules] = {}
    words = HeaderWords()
    for path in paths:
        raw = _read(path)
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
        if path.name == _HEADERS_FILE:
            words = _header_words(raw)
        elif "kind" in raw:
            rules = _kind_rules(path.name, raw)
            if rules.kind in kinds:
                raise ConfigError(
                    f"{path.name}: kind: {rules.kind} has a file already. Put its rules into {kinds[rules.kind].file}."
                )
            kinds[rules.kind] = rules
    headers = Headers(words, tuple(rules.header for rules in kinds.values()))
    return Ruleset(digest.hexdigest()[:12], MappingProxyType(kinds), headers)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path.name}: file: cannot be read: {error}. Mend the file.") from error


@dataclass(frozen=True, slots=True)
class _Place:
    file: str
    rule: str

    def error(self, fact: str, remedy: str) -> ConfigError:
        return ConfigError(f"{self.file}: {self.rule}: {fact}. {remedy}.")

    def known(self, raw: Any, keys: str) -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise self.error("is no table", f"Write [{self.rule}] with keys of {keys}")
        unknown = set(raw) - set(keys.split())
        if unknown:
            raise self.error(f"unknown key {min(unknown)!r}", f"Known are: {keys}")
        return raw

    def strings(self, raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
        value = raw.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise self.error(f"{key} is no list of texts", f'Write {key} = ["…"]')
        return tuple(value)

    def share(self, raw: Mapping[str, Any], key: str, default: float | None = None) -> float:
        value = raw.get(key, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
            raise self.error(f"{key} is no number from 0 to 1", f"Write {key} = 0.9")
        return float(value)


def _header_words(raw: dict[str, Any]) -> HeaderWords:
    place = _Place(_HEADERS_FILE, "words")
    keys = "organisation thing person kin staff filler hits misses"
    place.known(raw, keys)
    return HeaderWords(**{key: place.strings(raw, key) for key in keys.split()})


def _kind_rules(file: str, raw: dict[str, Any]) -> KindRules:
    place = _Place(file, "kind")
    place.known(raw, "kind header pattern words examples")
    try:
        kind = Kind(raw["kind"])
    except ValueError:
        raise place.error(f"{raw['kind']!r} is no kind", f"Kinds are: {' '.join(Kind)}") from None
    patterns = raw.get("pattern", [])
    if not isinstance(patterns, list):
        raise place.error("pattern is no list", "Write [[pattern]]")
    words = _Place(file, "words")
    lists = raw.get("words", {})
    words.known(lists, " ".join(lists) if isinstance(lists, dict) else "…")
    return KindRules(
        kind,
        file,
        _header(_Place(file, "header"), kind, raw.get("header", {})),
        tuple(_pattern(file, entry) for entry in patterns),
        MappingProxyType({key: words.strings(lists, key) for key in lists}),
        _examples(_Place(file, "examples"), raw.get("examples", {})),
    )


def _header(place: _Place, kind: Kind, raw: Any) -> HeaderRule:
    place.known(raw, "rank exact contains not weak family given hits misses")
    rank = raw.get("rank", 0)
    if not isinstance(rank, int):
        raise place.error("rank is no whole number", "Write rank = 0")
    lists = {key: place.strings(raw, key) for key in ("exact", "contains", "weak", "family", "given", "hits", "misses")}
    return HeaderRule(kind, rank=rank, refused=place.strings(raw, "not"), file=place.file, **lists)


def _examples(place: _Place, raw: Any) -> Examples:
    keys = "cell_hits cell_misses find_hits find_misses"
    place.known(raw, keys)
    return Examples(**{key: place.strings(raw, key) for key in keys.split()})


def _pattern(file: str, raw: Any) -> Pattern:
    place = _Place(file, str(raw.get("id", "pattern")) if isinstance(raw, dict) else "pattern")
    place.known(
        raw, "id regex confidence check unchecked context require_context in_context literals anchor hits misses"
    )
    if not isinstance(raw.get("id"), str) or not isinstance(raw.get("regex"), str):
        raise place.error("id or regex is missing", "Give both as texts")
    context = place.strings(raw, "context")
    require = raw.get("require_context", False)
    if not isinstance(require, bool) or (require and not context):
        raise place.error("require_context has no context", 'Write context = ["…"]')
    check = raw.get("check", "")
    if check and check not in checks.CHECKS:
        raise place.error(f"unknown check {check!r}", f"Checks are: {' '.join(sorted(checks.CHECKS))}")
    hits, misses = place.strings(raw, "hits"), place.strings(raw, "misses")
    if not hits or not misses:
        raise place.error("hits or misses are missing", "Give at least one example of each")
    return Pattern(
        id=raw["id"],
        regex=_compiled(place, raw["regex"]),
        confidence=place.share(raw, "confidence"),
        check=check,
        unchecked=place.share(raw, "unchecked", 0.0),
        context=_compiled(place, "|".join(map(regex.escape, context))) if context else None,
        require_context=require,
        in_context=place.share(raw, "in_context", 0.95),
        hits=hits,
        misses=misses,
        literals=tuple(word.lower() for word in place.strings(raw, "literals")),
        anchor=_anchor(place, raw),
        words=tuple(word.lower() for word in context) if require else (),
    )


def _anchor(place: _Place, raw: Mapping[str, Any]) -> "re.Pattern[str] | None":
    """As given, else one of the literals."""
    given = raw.get("anchor")
    if given is None:
        literals = place.strings(raw, "literals")
        return re.compile("|".join(re.escape(word.lower()) for word in literals)) if literals else None
    try:
        return re.compile(given)
    except (re.error, TypeError) as error:
        raise place.error(f"anchor does not compile: {error}", "Mend the anchor, or take it out") from error


def _compiled(place: _Place, pattern: str) -> "regex.Pattern[str]":
    try:
        compiled = regex.compile(pattern, regex.IGNORECASE | regex.VERSION0)
    except regex.error as error:
        raise place.error(f"regex does not compile: {error}", "Mend the regex") from error
    if compiled.search(""):
        raise place.error("regex matches the empty text", "Make it ask for something")
    return compiled
