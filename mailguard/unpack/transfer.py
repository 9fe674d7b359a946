"""Transfer decoding of one leaf (RFC 2045 §6).

In: a `RawPart`. Out: its bytes as a `Part`, or the Problem that no decoding is agreed on. Reads damage as far as it goes.
"""

import binascii
from dataclasses import dataclass

from mailguard.model import Part, PartPath, Problem, ProblemKind
from mailguard.unpack.budget import Budget, LimitError

_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
_RUNS = 1_000  # base64 runs in one part; a mail that was glued together has two or three
_AS_IS = {"", "7bit", "8bit", "binary"}
_UU = {"x-uuencode", "uuencode", "x-uue"}


@dataclass(frozen=True, slots=True)
class RawPart:
    """One leaf of the MIME tree, undecoded. `raw` has the line ends of the mail; `encoding` is in lower case.

    inline: the HTML body shows it by its Content-ID. depth: containers above it. other_names: see `Part`.
    """

    path: PartPath
    media_type: str
    charset: str
    encoding: str
    disposition: str
    raw: bytes
    inline: bool = False
    depth: int = 0
    content_id: str = ""
    other_names: tuple[str, ...] = ()

    def fingerprint(self) -> bytes:
        """Everything that changes its reading; the fields length-prefixed, so that none passes for another.

        Without the Content-ID, which is new in each message: what it does to the reading is in `inline`.
        """
        fields = (
            self.media_type,
            self.charset,
            self.encoding,
            self.disposition,
            self.inline,
            self.depth,
            self.path,
            self.other_names,
        )
        head = ascii(fields).encode("ascii")
        return b"".join((len(head).to_bytes(8, "big"), head, self.raw))


def decode(raw: RawPart, budget: Budget) -> Part | Problem:
    """The bytes of a leaf; the budget counts them."""
    try:
        budget.file(raw.depth)
        data = decoded(raw.raw, raw.encoding)
        budget.spend(len(data))
        budget.member(len(data), len(raw.raw))
    except LimitError as limit:
        return Problem(raw.path, limit.kind, limit.detail)
    except (binascii.Error, ValueError) as error:
        return Problem(raw.path, ProblemKind.DAMAGED, type(error).__name__)
    return Part(raw.path, data, raw.media_type, raw.charset, raw.depth, raw.inline, raw.other_names)


def decoded(raw: bytes, encoding: str) -> bytes:
    """The bytes under a transfer encoding; raises LimitError, binascii.Error or ValueError."""
    if encoding in _AS_IS:
        return raw
    if encoding == "base64":
        return from_base64(raw)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(raw)
    if encoding in _UU:
        return from_uu(raw)
    raise LimitError(ProblemKind.AMBIGUOUS, "unknown transfer encoding")


def from_base64(raw: bytes) -> bytes:
    """Decode each run between paddings: a decoder that stops at the first `=` misses what was glued on."""
    if (whole := _one_run(raw)) is not None:
        return whole
    packed = raw.translate(None, _NOT_BASE64)
    runs = packed.split(b"=", 3 * _RUNS)
    if len(runs) > 3 * _RUNS:
        raise LimitError(ProblemKind.DAMAGED, f"more than {_RUNS} base64 runs in one part")
    return b"".join(binascii.a2b_base64(_padded(run)) for run in runs if run)


def _one_run(raw: bytes) -> bytes | None:
    """What undamaged base64 decodes to, in one step; None when runs must be looked for."""
    first = raw.find(b"=")
    if first >= 0 and raw[first:].strip(b"=\r\n \t"):
        return None
    try:
        return binascii.a2b_base64(raw)
    except binascii.Error:
        return None


def _padded(run: bytes) -> bytes:
    run = run[:-1] if len(run) % 4 == 1 else run
    return run + b"=" * (-len(run) % 4)


def from_uu(raw: bytes) -> bytes:
    """The lines between `begin` and `end`; a damaged line is an error."""
    out = []
    for line in raw.splitlines():
        if line.startswith(b"begin ") or not line.strip():
            continue
        if line.strip() == b"end":
            break
        out.append(binascii.a2b_uu(line))
    return b"".join(out)
