"""The header block of a part. The parts of a mailing repeat theirs: a short one is read once.

In: a header block. Out: what it says about the entity below it, and the writing in it.
"""

from dataclasses import dataclass
from functools import lru_cache

from mailguard.model import ProblemKind
from mailguard.unpack import entity, header, writing
from mailguard.unpack.budget import Limits
from mailguard.unpack.entity import Entity
from mailguard.unpack.header import Headers
from mailguard.unpack.writing import Written

_KEPT, _SHORT = 1024, 2_000  # so many blocks, of at most so many bytes


@dataclass(frozen=True, slots=True)
class PartHead:
    """written: in fields that do not describe the content. problem: kind and detail of what is wrong with the block."""

    about: Entity
    written: Written
    problem: tuple[ProblemKind, str] | None


def read(block: bytes, limits: Limits, *, digest: bool) -> PartHead:
    """The head of a part; in a multipart/digest a part without a type is a mail (RFC 2046 §5.1.5)."""
    return _known(block, limits, digest) if len(block) <= _SHORT else _read(block, limits, digest)


def _read(block: bytes, limits: Limits, digest: bool) -> PartHead:  # noqa: FBT001 - called through the cache
    headers = header.parse(block, limits) if block else Headers(())
    fields = headers.fields
    if digest and not headers.first("content-type"):
        fields = (*fields, ("content-type", b"message/rfc822"))
    return PartHead(entity.of(Headers(fields)), writing.within(headers), headers.problem)


_known = lru_cache(_KEPT)(_read)
