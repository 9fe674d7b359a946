"""Findings and problems as programs read them, in `scan --json` and in the API: masks and counts, never a value."""

from collections.abc import Mapping
from typing import Any

from mailguard.model import Finding, PartInfo, Problem

_LISTING = ", its name says that it is a list of people"


def finding_json(finding: Finding) -> dict[str, Any]:
    """The names are public."""
    return {
        "kind": finding.kind.value,
        "rule": finding.rule,
        "path": list(finding.path),
        "where": finding.where,
        "count": finding.count,
        "distinct": finding.distinct,
        "samples": list(finding.samples),
        "confidence": finding.confidence,
    }


def problem_json(problem: Problem) -> dict[str, Any]:
    """A part that could not be inspected; listing: its name says that it is a list of people."""
    return {
        "path": list(problem.path),
        "kind": problem.kind.value,
        "detail": problem.detail,
        "listing": problem.listing,
    }


def problem_line(problem: Mapping[str, Any]) -> str:
    """The same, as `problem_json` makes it, in one line for people at a terminal."""
    what = f"{problem['kind']} {problem['detail']}".strip()
    return f"{' › '.join(problem['path'])}: {what}{_LISTING if problem['listing'] else ''}"


def part_json(part: PartInfo) -> dict[str, Any]:
    """A line of the part tree: what it is and how much was read from it."""
    return {
        "path": list(part.path),
        "media_type": part.media_type,
        "size": part.size,
        "characters": part.characters,
        "rows": part.rows,
        "blank": part.blank,
        "passed": part.passed,
    }
