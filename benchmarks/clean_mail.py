"""Clean bulk mail, made up from a seed: what companies send every day and nobody should have to approve.

In: a seed. Out: `CleanMail`s with the verdict that each should get. `strict` is False where the strict policy holds by its
letter ("in attachments any finding holds": a shop's phone on a flyer); the relaxed policy passes every one of them.
"""

import html
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import clean_attachments as attached
import clean_bodies as bodies
import clean_files as make
from clean_words import Company, companies, persons

from mailguard.demo.people import Household

COMPANIES = 40
PER_TEMPLATE = 8
_TRACKED = "https://click.{domain}/t/{number:016x}?u={user:012d}&amp;c=7f3a"


@dataclass(frozen=True, slots=True)
class CleanMail:
    """content: for the wire; recipients of its envelope; strict: the strict policy should pass it."""

    template: str
    content: bytes
    sender: Company
    recipients: tuple[str, ...]
    strict: bool


def mails(seed: int) -> Iterator[CleanMail]:
    """All templates in turn, filled in anew each time."""
    rng = Random(seed)
    senders = companies(seed, COMPANIES)
    people = persons(seed + 7, 600)
    plans = [(body, maker, one, strict) for body, maker, one, strict in _plans() for _ in range(PER_TEMPLATE)]
    for number, (body, maker, one, strict) in enumerate(plans):
        company, home = senders[number % len(senders)], people[number]
        subject, text = body(rng, company, home)
        if one and maker is not None and home.guardian.family not in text:
            text = f"{home.guardian.name} 様\n\n{text}"
        files = [maker(rng, company, home)] if maker else []
        to = _to(rng, home) if one else rng.choice([f"news@{company.domain}", home.email])
        recipients = (home.email,) if one else tuple(other.email for other in people[number : number + 3])
        page = _page(rng, company, text) if rng.random() < 0.4 else ""
        content = make.mail(f"{company.name} <info@{company.domain}>", to, subject, text, files, page)
        name = body.__name__ + (f" + {maker.__name__}" if maker else "") + (" (html)" if page else "")
        yield CleanMail(name, content, company, recipients, strict)


def _plans() -> Iterator[tuple[bodies.Body, attached.Maker | None, bool, bool]]:
    """Body, attachment, whether it is for one recipient, whether the strict policy passes it."""
    yield from ((body, None, False, True) for body in bodies.MANY)
    yield from ((body, None, True, True) for body in bodies.ONE)
    yield from ((bodies.greeted, maker, True, True) for maker in attached.OF_ONE)
    yield from ((bodies.newsletter, maker, False, True) for maker in (*attached.PASS, *attached.CARDS))
    yield from ((bodies.newsletter, maker, False, False) for maker in attached.HOLD)


def _to(rng: Random, home: Household) -> str:
    name = home.guardian.name.replace("　", rng.choice(["　", " ", ""]))
    return rng.choice([home.email, f'"{name}" <{home.email}>', f'"{name} 様" <{home.email}>'])


def _page(rng: Random, company: Company, text: str) -> str:
    """The same text as marketing tools lay it out: tables, tracked links, a pixel."""
    link = _TRACKED.format(domain=company.domain, number=rng.randrange(2**60), user=rng.randrange(10**12))
    cells = [html.escape(block).replace("\n", "<br>") for block in text.split("\n\n")]
    rows = "".join(f'<tr><td style="padding:8px"><p>{cell}</p></td></tr>' for cell in cells)
    button = f'<tr><td align="center"><a href="{link}">{rng.choice(["詳しく見る", "お申し込みはこちら", "今すぐ予約"])}</a></td></tr>'
    pixel = f'<img src="{link}" width="1" height="1" alt="">'
    return f'<table width="600" cellpadding="0"><tr><td><table width="100%">{rows}{button}</table></td></tr></table>{pixel}'
