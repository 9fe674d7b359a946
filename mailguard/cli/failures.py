"""What is wrong with a rule file, with file and line, and why an example of a pattern fails.

In: a folder and "file: rule: fact. Remedy." as detect says it. Out: "folder/file:line: rule: fact. Why. Remedy.".
"""

import re
from dataclasses import dataclass
from pathlib import Path

from mailguard.detect.folding import fold
from mailguard.detect.patterns import SURE_ENOUGH, believe
from mailguard.detect.ruleset import Pattern, Ruleset

_FAILURE = re.compile(r"(?P<file>[^:/]+\.toml): (?P<rule>[^:]+): (?P<fact>.*)", re.DOTALL)
_QUOTED = re.compile(r"(?:hit|miss) (?P<text>'.*?'|\".*?\") (?:does|is|matches|names)")
_LINE = re.compile(r"at line (\d+)")


@dataclass(frozen=True, slots=True)
class Failure:
    """line: 1 when nothing in the file is nearer."""

    file: Path
    line: int
    rule: str
    fact: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}: {self.fact}"


def located(folder: Path, text: str, rules: Ruleset | None = None) -> Failure | None:
    """Where a failure stands; None if the text names no rule file. rules: to say why an example fails."""
    match = _FAILURE.fullmatch(text)
    if match is None:
        return None
    file = folder / match["file"]
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    fact = match["fact"]
    example = _example(fact)
    if rules is not None and example is not None:
        fact = _with_reason(rules, match["rule"], example, fact)
    return Failure(file, _line(lines, match["rule"], match["fact"], example), match["rule"], fact)


def _example(fact: str) -> str | None:
    """The text between the quotes of Python's repr."""
    match = _QUOTED.match(fact) or re.match(r".*?(?P<text>'.*?'|\".*?\") (?:does|is|matches|names)", fact)
    return match["text"][1:-1].replace("\\\\", "\\") if match else None


def _line(lines: list[str], rule: str, fact: str, example: str | None) -> int:
    """The line of the example, else of the key that is named, else of the rule."""
    if at := _LINE.search(fact):
        return int(at[1])
    start = _start(lines, rule)
    key = "miss" if fact.startswith(("miss", "cell miss", "find miss")) else "hit"
    quoted = [f'"{example}"', f"'{example}'"] if example else []
    named = re.search(r"unknown (?:key|check) '(.+?)'|^(\w+) (?:is|are|does)\b|^'(.+?)' is no kind", fact)
    wanted = [word for word in named.groups() if word] if named else []
    inside = False
    for number, line in enumerate(lines[start:], start + 1):
        if re.match(r"\s*\w*(?:hits|misses)\b", line):
            inside = key in line.partition("=")[0]
        if inside and any(text in line for text in quoted):
            return number
        if wanted and any(re.search(rf"\b{re.escape(word)}\b", line) for word in wanted):
            return number
    return start + 1


def _start(lines: list[str], rule: str) -> int:
    """Index of the first line of a rule: its id, its table, or its key."""
    marks = (rf"\s*id\s*=\s*[\"']{re.escape(rule)}[\"']", rf"\s*\[+{re.escape(rule)}\]+", rf"\s*{re.escape(rule)}\s*=")
    for mark in marks:
        for number, line in enumerate(lines):
            if re.match(mark, line):
                return number
    return 0


def _with_reason(rules: Ruleset, rule: str, example: str, fact: str) -> str:
    """Why an example of a pattern is read as it is, put in front of the remedy."""
    for kind in rules.kinds.values():
        for pattern in kind.patterns:
            if pattern.id == rule:
                said, _, remedy = fact.partition(". ")
                return f"{said}: {_why(pattern, example)}. {remedy}"
    return fact


def _why(pattern: Pattern, example: str) -> str:
    folded = fold(example).text
    matches = list(pattern.regex.finditer(folded))
    if not matches:
        return "the regex finds nothing in it"
    best = max(matches, key=lambda match: believe(pattern, folded, *match.span()))
    sure = believe(pattern, folded, *best.span())
    found = f"the regex finds {best[0]!r}"
    if sure >= SURE_ENOUGH:
        return f"{found}, confidence {sure:.2f}"
    near = pattern.context is not None and pattern.context.search(folded) is not None
    if pattern.require_context and not near:
        return f"{found}, but no word of its context stands near"
    check = f"its check {pattern.check!r} refuses it" if pattern.check else "too little speaks for it"
    return f"{found}, but {check} (confidence {sure:.2f}, {SURE_ENOUGH:.2f} is needed)"
