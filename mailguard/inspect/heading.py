"""The header block of a mail: what people read in it is scanned, and what it says of sender and readers is digested.

In: a mail split into its parts. Out: findings, and the `Heading` of its inspection. Mails of one mailing share most of it, so the
last ones are known again.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

from mailguard import normal
from mailguard.detect.evidence import name_digests
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.inspect.known import Found
from mailguard.model import HEADERS, SENDERS, Addressee, PartPath, Text
from mailguard.unpack.mail import Mail

_HEADS = 512  # header texts, subjects and mailboxes known again
_CHARACTERS = 2_000  # longer ones are not kept


@dataclass(frozen=True, slots=True)
class Heading:
    """Facts of an Inspection that stand in the header block; fields as there."""

    subject: str = ""
    subject_key: bytes = b""
    addressees: tuple[Addressee, ...] = ()
    authors: tuple[bytes, ...] = ()
    from_domains: tuple[str, ...] = ()
    mailing_key: bytes = b""
    list_key: bytes = b""


class Headings:
    """Reads them for one worker."""

    def __init__(self, detector: Detector, digester: Digester) -> None:
        self._detector, self._digester = detector, digester
        self._known_text = lru_cache(_HEADS)(self._text)
        self._known_addressee = lru_cache(_HEADS)(self._addressee)
        self._known_subject = lru_cache(_HEADS)(self._subject)
        self._domain = lru_cache(_HEADS)(digester.domain)
        self._email = lru_cache(_HEADS)(digester.email)
        self._mailing = lru_cache(_HEADS)(self._named)

    def found(self, mail: Mail) -> Found:
        """What people read in it, and what programs may have written there."""
        text = "\n\n".join([mail.subject, *(text for _, text in (*mail.other, *mail.within))])
        few = len(text) + sum(map(len, mail.senders)) <= _CHARACTERS
        return self._known_text(text, mail.senders) if few else self._text(text, mail.senders)

    def heading(self, mail: Mail) -> Heading:
        """What it says, as masks and digests."""
        few = len(mail.subject) <= _CHARACTERS
        subject, key = self._known_subject(mail.subject) if few else self._subject(mail.subject)
        shown = (*mail.reply_to, *mail.resent)
        return Heading(
            subject,
            key,
            (
                *[self._known_addressee(mailbox) for mailbox in (*mail.to, *mail.cc, *mail.bcc)],
                *[replace(self._known_addressee(mailbox), recipient=False) for mailbox in shown],
            ),
            tuple([self._email(normal.mailbox(address)) for _, address in (*mail.from_, *mail.sender)]),
            tuple(dict.fromkeys([address.rpartition("@")[2].lower() for _, address in mail.from_])),
            self._mailing(mail.mailing) if mail.mailing else b"",
            self._mailing(mail.mailing_list) if mail.mailing_list else b"",
        )

    def _text(self, text: str, senders: tuple[str, ...]) -> Found:
        path: PartPath = (HEADERS,)
        found = [(path, self._detector.text(Text(path, text), b""))]
        if senders:
            key = self._digester.of("senders", "\n".join(senders))
            found.append((SENDERS, self._detector.senders(senders, SENDERS, key)))
        return Found.of(found)

    def _subject(self, subject: str) -> tuple[str, bytes]:
        masked, skeleton = self._detector.subject(subject)
        return masked, self._digester.of("subject", skeleton)

    def _named(self, mailing: str) -> bytes:
        return self._digester.of("mailing name", mailing)

    def _addressee(self, mailbox: tuple[str, str]) -> Addressee:
        name, address = mailbox
        person = self._detector.japanese_name(name)
        names = name_digests(self._digester, person) if person else ()
        if person and len(names) == 1:  # a surname no dictionary knows: the greeting may say any beginning of the name
            names += tuple(self._digester.name(person[:size]) for size in (2, 1, 3) if size < len(person))
        return Addressee(self._digester.email(address), self._domain(address.rpartition("@")[2]), names)
