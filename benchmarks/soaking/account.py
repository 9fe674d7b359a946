"""The account of a soak: pure. In: what clients heard, what the next hop took, what was approved. Out: what is wrong.

Every mail that heard 250 was relayed, or is held, or was released after an approval. Nothing that needs an approval
arrived without one. Nothing arrived twice but where a reply may have got lost.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from soaking.next_hop import Key
from soaking.traffic import Fate


@dataclass(frozen=True, slots=True)
class Books:
    """begun: every mail and its fate. heard: "" (handed over) or a hold. approved: ids. repeats: how often at most more."""

    begun: Mapping[Key, Fate]
    heard: Mapping[Key, str]
    refused: Mapping[Key, str]
    approved: Collection[str]
    taken: Mapping[Key, int]
    repeats: Counter[Key]


def wrong(books: Books) -> list[str]:
    """One sentence for each mail that is not as it must be."""
    faults = [f"{key}: refused with {reply}" for key, reply in books.refused.items()]
    faults += [f"{key}: arrived, and nobody sent it" for key in books.taken if key not in books.begun]
    for key, fate in books.begun.items():
        faults += (f"{key} ({fate}): {fault}" for fault in _one(books, key, fate))
    return faults


def _one(books: Books, key: Key, fate: Fate) -> Iterator[str]:
    taken, may_repeat = books.taken.get(key, 0), books.repeats[key]
    hold = books.heard.get(key)
    if fate in {Fate.REJECT, Fate.WAIT}:
        if taken:
            yield "arrived without an approval"
        if hold == "":
            yield "was not held"
        return
    if hold is None:
        if taken > may_repeat:
            yield f"arrived {taken} times, and its client heard nothing"
        return
    due = hold == "" or hold in books.approved
    if due and not taken:
        yield "lost: its client heard 250"
    if taken > due + may_repeat:
        yield f"arrived {taken} times" if due else "is held and arrived"


def counts(books: Books) -> dict[str, int]:
    """The totals for people."""
    heard = books.heard.values()
    return {
        "begun": len(books.begun),
        "heard 250": len(books.heard),
        "handed over": sum(hold == "" for hold in heard),
        "held and released": sum(bool(hold) and hold in books.approved for hold in heard),
        "held to the end": sum(bool(hold) and hold not in books.approved for hold in heard),
        "arrived": sum(map(bool, books.taken.values())),
        "arrived again (a reply got lost)": sum(number - 1 for number in books.taken.values() if number > 1),
        "clean mail held": sum(books.begun[key] is Fate.CLEAN and bool(hold) for key, hold in books.heard.items()),
    }
