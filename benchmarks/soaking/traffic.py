"""What is sent: a seeded mix of clean mail and of mailings that must be held, and who must decide them how.

No two mails are the same: one that comes twice is the same mail sent again, which its hold has only once.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from mails import Mail, MailClass, build, members, own_prices, same_prices

BLOCK = 20
_LETTERS = str.maketrans("0123456789.", "abcdefghijz")


class Fate(StrEnum):
    """What becomes of a mailing: approve and reject are the approvers' decisions, wait is left alone to the end."""

    CLEAN = "clean"
    APPROVE = "approve"
    REJECT = "reject"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Mailing:
    """Mails of one kind; held ones carry a list of their own, and so become holds of their own."""

    kind: MailClass
    fate: Fate


@dataclass(frozen=True, slots=True)
class Item:
    """One mail. key: (seed, number) as in its Message-ID, by which the next hop knows it."""

    key: tuple[int, int]
    mail: Mail
    fate: Fate


def _listed(fate: Fate, seed: int) -> Mailing:
    file = ("members.csv", members(4_000, seed))
    kind = MailClass(f"{fate}-{seed}", f"held, {fate}", lambda _number, _seed: [same_prices(10_000), file], held=True)
    return Mailing(kind, fate)


def mailings() -> list[Mailing]:
    """The mix: half text alone, a quarter with the same files, a tenth with a file each, the rest held."""
    text = Mailing(MailClass("text", "text alone"), Fate.CLEAN)
    same = Mailing(
        MailClass("same", "the same two files", lambda _n, _s: [same_prices(20_000), same_prices(9_000)]), Fate.CLEAN
    )
    own = Mailing(MailClass("own", "a file each", lambda n, s: [own_prices(n, s, 8_000)]), Fate.CLEAN)
    held = [
        _listed(fate, 100 + index) for index, fate in enumerate((Fate.APPROVE, Fate.REJECT, Fate.WAIT, Fate.APPROVE))
    ]
    return [*[text] * 12, *[same] * 6, *[own] * 2, *held]


def stream(seed: int, messages: int) -> Iterator[Item]:
    """`messages` mails in blocks of one mailing."""
    rng, mix, made = random.Random(seed), mailings(), 0
    first = list({mailing.kind.key: mailing for mailing in mix}.values())  # every mailing soon, then as they come
    block = seed * 1_000_000
    while made < messages:
        block += 1
        mailing = first.pop() if first else rng.choice(mix)
        for mail in build(mailing.kind, min(BLOCK, messages - made), block):
            made += 1
            yield Item((block, mail.number), _marked(mail, block), mailing.fate)


def _marked(mail: Mail, block: int) -> Mail:
    """People are made up anew in each block, and some of them come twice. In letters: figures might be a number of somebody."""
    mark = f"{block}.{mail.number}".translate(_LETTERS)
    return replace(mail, wire=(f"X-Mark: {mark}\r\n".encode() + mail.wire[0], *mail.wire[1:]))
