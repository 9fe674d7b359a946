"""A file that is a list of names and nothing else: a person a line, as a table of one column says it.

In: lines and groups of a text. Out: whether it is such a list. Then two lines are two persons, and the count is exact unless one
could be another: the same name again, a surname alone, a name in kana that another one may be read as (`persons` finds these).
"""

from collections.abc import Sequence

import regex

from mailguard.detect.blocks import Line
from mailguard.detect.groups import Group

_LEAST = 2
_AROUND = regex.compile(r"[\s\p{P}\p{S}0-9]*(?:様|さま|さん|殿|氏|君)?[\s\p{P}\p{S}]*")


def only_names(lines: Sequence[Line], groups: Sequence[Group]) -> bool:
    """Whether every line is one name, numbered or not, with an honorific, in brackets how it is read, or without."""
    written = [line for line in lines if line.text.strip()]
    named = {group.names[0].line.number: group for group in groups if len(group.persons) == 1 and not group.about}
    return len(written) >= _LEAST and len(groups) == len(written) and all(_bare(line, named) for line in written)


def _bare(line: Line, named: dict[int, Group]) -> bool:
    group = named.get(line.number)
    if group is None:
        return False
    rest, end = [], line.start
    for hit in sorted(group.names, key=lambda hit: hit.span.start):
        rest.append(line.text[end - line.start : hit.span.start - line.start])
        end = hit.span.end
    rest.append(line.text[end - line.start :])
    return all(map(_AROUND.fullmatch, rest))
