"""Streams of a PDF, unpacked under the budget: Deflate twice over makes gigabytes of kilobytes.

In: a stream of pikepdf. Out: its bytes, or a LimitError. What other filters there are grow little; pikepdf undoes them.
"""

import pikepdf

from mailguard.model import ProblemKind
from mailguard.unpack import streams
from mailguard.unpack.budget import Budget, LimitError
from mailguard.unpack.member import collect

_DEFLATE = ("/FlateDecode", "/Fl")
_GROWING = (*_DEFLATE, "/LZWDecode", "/LZW", "/RunLengthDecode", "/RL")
_MOST = 1_032  # times that Deflate grows at most (zlib's technical notes); LZW and run lengths grow less


def filters(stream: pikepdf.Stream) -> list[str]:
    """Names, the outermost first."""
    named = stream.get("/Filter", stream.get("/F"))
    if isinstance(named, pikepdf.Name):
        return [str(named)]
    return [str(name) for name in named if isinstance(name, pikepdf.Name)] if isinstance(named, pikepdf.Array) else []


def swells(stream: pikepdf.Stream, budget: Budget) -> bool:
    """Whether it unpacks to more than a member of an archive may. Pictures are not unpacked, and do not count."""
    if stream.get("/Subtype") == "/Image":
        return False
    growing = [name for name in filters(stream) if name in _GROWING]
    raw = int(stream.get("/Length", 0)) if isinstance(stream.get("/Length", 0), int) else 0
    if not growing or (len(growing) == 1 and raw * _MOST <= budget.limits.member_bytes):
        return False
    try:
        decoded(stream, budget)
    except LimitError:
        return True
    except (pikepdf.PdfError, pikepdf.DataDecodingError, NotImplementedError, ValueError):
        return False
    return False


def decoded(stream: pikepdf.Stream, budget: Budget) -> bytes:
    """All filters undone. Raises LimitError, and the errors of pikepdf for what is damaged or no data (JPEG)."""
    names = filters(stream)
    data = stream.read_raw_bytes()
    packed = len(data)
    growing = [name for name in names if name in _GROWING]
    small = not growing or (len(growing) == 1 and packed * _MOST <= budget.limits.ratio_floor_bytes)
    if not small and names == growing and set(names) <= set(_DEFLATE) and not _predicted(stream):
        for _ in names:
            data = _inflated(data, packed, budget)
        return data
    if not small and packed * _MOST ** len(growing) > budget.limits.member_bytes:
        raise LimitError(ProblemKind.RATIO, "may unpack to far more than its size")
    data = stream.read_bytes()
    budget.spend(len(data))
    return data


def _predicted(stream: pikepdf.Stream) -> bool:
    return "/DecodeParms" in stream or "/DP" in stream


def _inflated(data: bytes, packed: int, budget: Budget) -> bytes:
    """As much as can be had of it, as readers do; damaged from the first byte is a ValueError."""
    out, fault = collect(streams.one(streams.Inflate(streams.ZLIB), data), packed, budget)
    if fault and not out:
        raise ValueError("no Deflate data")
    return out
