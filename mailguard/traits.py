"""What is remembered of a run of a mailing, and by what its runs are known: digests and kinds, no address and no name. Pure.

In: a message that was sent, or will be. Out: what it adds to its run, and the series that the run is of.
"""

import re
import unicodedata
from collections.abc import Sequence

from mailguard.digest import Digester
from mailguard.model import Envelope, Inspection, Run, Source, attached

_FIGURES = re.compile(r"[0-9]+")
_MOST = 20  # files of one message that are compared


def traits(envelope: Envelope, inspection: Inspection, digester: Digester) -> Run:
    """What one message adds to its run."""
    files = [part for part in inspection.parts if attached(part.path)][:_MOST]
    sender = "\0".join([*sorted(inspection.from_domains), envelope.login or ""])
    return Run(
        leaves=frozenset(part.key for part in files if part.key),
        shapes=frozenset(digester.of("file shape", shape("/".join(part.path))) for part in files),
        senders=frozenset([digester.of("run sender", sender)]),
        kinds=frozenset(str(finding.kind) for finding in inspection.findings),
        recipients=len(envelope.rcpt_to),
    )


def shape(name: str) -> str:
    """A file's name without what changes from run to run: figures, width, case."""
    return _FIGURES.sub("0", unicodedata.normalize("NFKC", name).lower())


def series(source: Source, inspection: Inspection, digester: Digester) -> Sequence[bytes]:
    """By what the runs of a mailing are known: its subject, then its list. Who sends undeclared mail is told by From."""
    senders = () if source.declared else tuple(domain.encode() for domain in sorted(inspection.from_domains))
    keys = [key for key in (inspection.subject_key, inspection.list_key) if key] or [b""]
    return [digester.of("series", b"\0".join([key, *senders])) for key in keys]
