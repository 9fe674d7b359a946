"""Texts of a mailing: a greeting, and behind it what all its mails share.

In: the Evidence of one such text, and another text's greeting in the same place. Out: the Evidence of that other text.
The greeting stands in a paragraph of its own, is one name and greets: nothing else in the Evidence depends on who it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailguard.detect.blocks import Line
from mailguard.detect.evidence import Evidence, name_digests
from mailguard.detect.greeting import literal_name
from mailguard.detect.groups import Hit
from mailguard.detect.mask import mask
from mailguard.detect.organisation import names_organisation
from mailguard.detect.passages import Passage
from mailguard.detect.span import Span
from mailguard.digest import Digester
from mailguard.model import Kind

RULE = "name.greeting"  # of the name in a line that is 「X 様」 alone


def lone(lines: Sequence[Line]) -> Span | None:
    """The name in the first line, where it is 「X 様」 and all other lines are blank."""
    if _more(lines):
        return None
    stretch = literal_name(lines[0])
    return Span(Kind.NAME, *stretch, RULE, 0.85) if stretch else None


def greeting(passage: Passage) -> Hit | None:
    """The one hit of a passage that is 「X 様」 and nothing else, if it speaks of no organisation."""
    if len(passage.hits) != 1 or not passage.greets:
        return None
    hit = passage.hits[0]
    if hit.span.rule != RULE or hit.line.number != passage.lines[0].number or _more(passage.lines):
        return None
    return None if names_organisation(passage.lines[0].text) else hit


def _more(lines: Sequence[Line]) -> bool:
    return any(line.text.strip() for line in lines[1:])


@dataclass(frozen=True, slots=True)
class Mailing:
    """The Evidence of one text, and where in it the greeting's finding and person stand."""

    evidence: Evidence
    finding: int
    person: int

    @classmethod
    def of(cls, evidence: Evidence, hit: Hit, digester: Digester) -> "Mailing | None":
        """None where the greeting is not the addressee's, or where its place cannot be told."""
        key = _key(digester, hit)
        findings = [index for index, found in enumerate(evidence.findings) if found.key == key]
        people = [index for index, person in enumerate(evidence.people) if person.key == key]
        if len(findings) != 1 or len(people) != 1 or not evidence.people[people[0]].greeted:
            return None
        return cls(evidence, findings[0], people[0])

    def to(self, hit: Hit, digester: Digester) -> Evidence:
        """The same with another greeting."""
        names, key = name_digests(digester, hit.value), _key(digester, hit)
        findings, people = list(self.evidence.findings), list(self.evidence.people)
        findings[self.finding] = replace(
            findings[self.finding], samples=(mask(Kind.NAME, hit.value),), digests=names[:1], key=key
        )
        people[self.person] = replace(people[self.person], names=names, key=key)
        return replace(self.evidence, findings=tuple(findings), people=tuple(people))


def _key(digester: Digester, hit: Hit) -> bytes:
    """As `TextReader.key_of` makes it for a paragraph of one line."""
    return digester.of("paragraph", hit.line.text.strip())
