"""What the next hop offers (RFC 5321 §4.1.1.1).

In: its reply to EHLO. Out: extensions, the limit of SIZE and the ways to log in. Unknown keywords are kept as they are.
"""

from dataclasses import dataclass

from mailguard.relay.reply import Reply


@dataclass(frozen=True, slots=True)
class Offer:
    """Upper-case keywords; `size` is the limit of SIZE, 0 if none is given; `mechanisms` are those of AUTH."""

    keywords: frozenset[str] = frozenset()
    size: int = 0
    mechanisms: frozenset[str] = frozenset()


def parse_offer(reply: Reply) -> Offer:
    """The extensions of an EHLO reply; its first line is the greeting."""
    keywords, mechanisms, size = set(), set(), 0
    for line in reply.lines[1:]:
        # "AUTH=LOGIN" is how servers before RFC 2554 said it; some still say both.
        text = line.decode("ascii", "replace").strip().upper().replace("AUTH=", "AUTH ", 1)
        keyword, _, rest = text.partition(" ")
        keywords.add(keyword)
        if keyword == "SIZE" and rest.strip().isdecimal():
            size = int(rest)
        elif keyword == "AUTH":
            mechanisms.update(rest.split())
    return Offer(frozenset(keywords), size, frozenset(mechanisms))
