"""What the Content fields of a header block say about the entity below it.

In: the fields. Out: media type, parameters, encoding, name. The parts of a mailing repeat them: short ones are read once.
"""

from dataclasses import dataclass
from functools import lru_cache

from mailguard.unpack import header, sniff
from mailguard.unpack.header import Headers, Parameters

_KEPT, _SHORT = 1024, 2_000  # so many, of at most so many bytes
_FIELDS = frozenset({"content-type", "content-transfer-encoding", "content-disposition", "content-id"})
_AS_IS = frozenset({"", "7bit", "8bit", "binary"})


@dataclass(frozen=True, slots=True)
class Entity:
    """ambiguous: why readers would disagree about it. name: of the file, "" if none.

    own_name: the name without what the media type says. other_names: what other readers may call it.
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
    ambiguous: tuple[str, ...] = ()


def of(headers: Headers) -> Entity:
    """The entity below these headers."""
    about = tuple(field for field in headers.fields if field[0] in _FIELDS)
    return _known(about) if sum(len(value) for _, value in about) <= _SHORT else _read(about)


def _read(fields: tuple[tuple[str, bytes], ...]) -> Entity:
    headers = Headers(fields)
    media_type, found = header.parameters(headers.first("content-type"))
    disposition, about = header.parameters(headers.first("content-disposition"))
    media_type = media_type if "/" in media_type else sniff.TEXT
    encoding = _encoding(headers.first("content-transfer-encoding"))
    own_name = header.file_name(about, ("filename", "name"))
    declared = header.file_name(found, ("name", "filename"))
    name = own_name or declared
    return Entity(
        media_type=media_type,
        boundary=header.named(found, "boundary"),
        encoding=encoding,
        charset=header.named(found, "charset").decode("ascii", "replace").strip().lower()[:60],
        disposition=disposition,
        own_name=own_name,
        name=name,
        other_names=(declared,) if declared not in {"", name} else (),
        content_id=header.decode(headers.first("content-id")).strip().strip("<>")[:500],
        ambiguous=_ambiguous(headers, media_type, found, encoding),
    )


_known = lru_cache(_KEPT)(_read)


def _ambiguous(headers: Headers, media_type: str, found: Parameters, encoding: str) -> tuple[str, ...]:
    reasons = [
        f"two {name} headers"
        for name in ("content-type", "content-transfer-encoding", "content-disposition")
        if len({value.lower() for value in headers.all(name)}) > 1
    ]
    if media_type.startswith("multipart/"):
        if len({value for key, value in found if key == "boundary"}) > 1:
            reasons.append("two boundaries")
        if encoding not in _AS_IS:
            reasons.append("a multipart with a transfer encoding")
    return tuple(reasons)


def _encoding(value: bytes) -> str:
    value = value.split(b";", 1)[0].split(b"(", 1)[0]
    return value.strip().strip(b'"').decode("ascii", "replace").lower()
