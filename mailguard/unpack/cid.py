"""What an HTML body shows of the other parts, by Content-ID (RFC 2392).

In: pages and parts. Out: the Content-IDs, and the parts marked that are shown inline.
"""

import re
from dataclasses import replace
from urllib.parse import unquote

from mailguard.model import Part
from mailguard.unpack import sniff
from mailguard.unpack.budget import Budget, Limits
from mailguard.unpack.transfer import RawPart, decode

_CID = re.compile(rb"cid:([^\"'<>\s)]{1,500})", re.IGNORECASE)


def named(page: bytes) -> frozenset[str]:
    """The Content-IDs that a page refers to."""
    return frozenset(unquote(cid.decode("utf-8", "replace")) for cid in _CID.findall(page))


def shown_inline(parts: list[RawPart], limits: Limits) -> tuple[RawPart, ...]:
    """Mark what the HTML body shows."""
    if not any(part.content_id for part in parts):
        return tuple(parts)
    shown = {cid for part in parts if part.media_type == sniff.HTML for cid in shown_by(part, limits)}
    return tuple(replace(part, inline=part.content_id in shown) if part.content_id else part for part in parts)


def shown_by(page: RawPart, limits: Limits) -> frozenset[str]:
    """The Content-IDs that an HTML body refers to."""
    part = decode(page, Budget(limits, len(page.raw)))
    return named(part.data) if isinstance(part, Part) else frozenset()
