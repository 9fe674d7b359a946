"""What the Content fields of a header block say about the entity below it.

In: the fields. Out: media type, parameters, encoding, name. The parts of a mailing repeat them: short ones are read once.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

from mailguard.unpack import header, sniff, writing
from mailguard.unpack.header import Headers
from mailguard.unpack.writing import Written

_KEPT, _SHORT = 1024, 2_000  # so many, of at most so many bytes
_WORDY = ("content-type", "content-disposition")
_FIELDS = frozenset({"content-type", "content-transfer-encoding", "content-disposition", "content-id"})
_AS_IS = frozenset({"", "7bit", "8bit", "binary"})
_NAMES = 5  # names that one file may have for different readers


@dataclass(frozen=True, slots=True)
class Entity:
    """ambiguous: why readers would disagree about it. name: of the file, "" if none.

    own_name: the name without what the media type says. other_names: what other readers may call it.
    written: what the fields say beside all that. second: as readers see it who take the last of several fields and
    parameters, not the first, where that makes a difference.
    """

    media_type: str
    boundary: bytes
    encoding: str
    charset: str
    disposition: str
    name: str
    own_name: str
    content_id: str
    other_names: tuple[str, ...] = ()
    written: Written = ()
    ambiguous: tuple[str, ...] = ()
    second: "Entity | None" = None


def of(headers: Headers) -> Entity:
    """The entity below these headers."""
    about = tuple(field for field in headers.fields if field[0] in _FIELDS)
    return _known(about) if sum(len(value) for _, value in about) <= _SHORT else _read(about)


def _read(fields: tuple[tuple[str, bytes], ...]) -> Entity:
    about = _reading(fields, 0)
    if not about.ambiguous:
        return about
    second = replace(_reading(fields[::-1], -1), ambiguous=(), written=())
    differs = replace(second, ambiguous=about.ambiguous, written=about.written) != about
    return replace(about, second=second) if differs else about


def _reading(fields: tuple[tuple[str, bytes], ...], which: int) -> Entity:
    """`which` of several boundaries: 0 the first, -1 the last."""
    headers = Headers(fields)
    media_type, found = header.parameters(headers.first("content-type"))
    disposition, about = header.parameters(headers.first("content-disposition"))
    media_type = media_type if "/" in media_type else sniff.TEXT
    boundaries = header.boundaries(found) if media_type.startswith("multipart/") else ()
    encoding = _encoding(headers.first("content-transfer-encoding"))
    own = header.file_names(about, ("filename", "name"))
    names = tuple(dict.fromkeys((*own, *header.file_names(found, ("name", "filename")))))
    return Entity(
        media_type=media_type,
        boundary=boundaries[which] if boundaries else b"",
        encoding=encoding,
        charset=header.named(found, "charset").decode("ascii", "replace").strip().lower()[:60],
        disposition=disposition,
        own_name=own[0] if own else "",
        name=names[0] if names else "",
        other_names=names[1:_NAMES],
        written=tuple(text for field in _WORDY for value in headers.all(field) for text in writing.parameters(value)),
        content_id=header.decode(headers.first("content-id")).strip().strip("<>")[:500],
        ambiguous=_ambiguous(headers, media_type, boundaries, encoding) + _too_many(names),
    )


_known = lru_cache(_KEPT)(_read)


def _too_many(names: tuple[str, ...]) -> tuple[str, ...]:
    return (f"a file with more than {_NAMES} names",) if len(names) > _NAMES else ()


def _ambiguous(headers: Headers, media_type: str, boundaries: tuple[bytes, ...], encoding: str) -> tuple[str, ...]:
    reasons = [
        f"two {name} headers"
        for name in ("content-type", "content-transfer-encoding", "content-disposition")
        if len({value.lower() for value in headers.all(name)}) > 1
    ]
    if media_type.startswith("multipart/"):
        if len(boundaries) > 1:
            reasons.append("two boundaries")
        if encoding not in _AS_IS:
            reasons.append("a multipart with a transfer encoding")
    return tuple(reasons)


def _encoding(value: bytes) -> str:
    value = value.split(b";", 1)[0].split(b"(", 1)[0]
    return value.strip().strip(b'"').decode("ascii", "replace").lower()
