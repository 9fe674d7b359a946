"""The nouns, in the order a message meets them. Frozen; nothing here changes anything.

Clear text of a mail lives only in `Message`, `Part`, `Text` and `Table`. What leaves the scanner worker
(`Inspection` and all it holds) carries masks, counts and keyed digests.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

PartPath = tuple[str, ...]
"""Where a part is: ("名簿.zip", "会員.csv"). The names below stand where a mail gives none."""

BODY = "(body)"  # the text/plain a reader sees
HTML = "(html)"  # the text/html a reader sees
HEADERS = "(headers)"  # the header block of the mail itself
SENDERS = (HEADERS, "(senders)")  # what From and the like say beside who sends: what is data there holds as in a file
UNNAMED = "(attachment)"  # an attachment without a file name
MAIL = "(mail)"  # a message/rfc822 without a file name
FILE_NAME = "ファイル名"  # where a finding stands that is in the name of a file


class Kind(StrEnum):
    """What a finding is about; the strings are the public ones of `mailguard scan --json`."""

    NAME = "name"
    NAME_KANA = "name_kana"
    PHONE = "phone"
    ADDRESS = "address"
    POSTAL_CODE = "postal_code"
    EMAIL = "email"
    BIRTH_DATE = "birth_date"
    AGE = "age"
    SEX = "sex"
    GRADE = "grade"
    MEMBER_NUMBER = "member_number"
    EMPLOYEE_NUMBER = "employee_number"
    MY_NUMBER = "my_number"
    CARD = "card"
    BANK_ACCOUNT = "bank_account"
    LICENCE = "licence"
    PASSPORT = "passport"
    PENSION = "pension"
    INSURANCE = "insurance"
    RESIDENCE_CARD = "residence_card"
    SPECIAL_CARE = "special_care"
    RECIPIENT_MISMATCH = "recipient_mismatch"


class ProblemKind(StrEnum):
    """Why a part could not be inspected. Every one of them holds."""

    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    AMBIGUOUS = "ambiguous"
    TOO_DEEP = "too_deep"
    TOO_BIG = "too_big"
    TOO_MANY = "too_many"
    RATIO = "ratio"
    TIMED_OUT = "timed_out"
    CRASHED = "crashed"
    UNKNOWN_FORMAT = "unknown_format"
    NOT_READ = "not_read"


class Action(StrEnum):
    """What the machine decides about a message."""

    PASS = "pass"  # noqa: S105 - an action, no password
    HOLD = "hold"


class SourceMode(StrEnum):
    """What a source's mail is held for."""

    FINDINGS = "findings"
    EVERY_MAILING = "every_mailing"
    NO_ATTACHMENTS = "no_attachments"
    MONITOR = "monitor"


@dataclass(frozen=True, slots=True)
class Source:
    """A sending system (送信システム). `operators` are person ids, none of whom may approve its mail.

    declared: recognised by login or network. A From header alone excludes the operators of whom it names, and vouches
    for nothing: two approvers.
    """

    id: str
    title: str
    operators: tuple[str, ...] = ()
    mode: SourceMode = SourceMode.FINDINGS
    organisation: str = ""
    logins: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    from_domains: tuple[str, ...] = ()
    declared: bool = True


@dataclass(frozen=True, slots=True)
class Envelope:
    """RFC 5321 envelope as received. Addresses are the raw paths without angle brackets; "" is the null sender.

    login: name of SMTP AUTH; tls: the client sent under TLS. suppressed: recipients on the stop list, accepted and never
    sent to. from_domains: of the header From, which stands here while a mail is held; None: not read yet.
    """

    mail_from: str
    rcpt_to: tuple[str, ...]
    mail_options: tuple[str, ...] = ()
    rcpt_options: tuple[tuple[str, ...], ...] = ()
    login: str | None = None
    client: str = ""
    helo: str = ""
    tls: bool = False
    suppressed: tuple[str, ...] = ()
    from_domains: tuple[str, ...] | None = None

    def without(self, listed: Sequence[bool]) -> "Envelope":
        """Without the recipients that are on the stop list: `listed` says so of each of `rcpt_to`."""
        kept = [place for place, stopped in enumerate(listed) if not stopped]
        spared = tuple(self.rcpt_to[place] for place in range(len(listed)) if listed[place])
        return replace(
            self,
            rcpt_to=tuple(self.rcpt_to[place] for place in kept),
            rcpt_options=tuple(self.rcpt_options[place] for place in kept if place < len(self.rcpt_options)),
            suppressed=(*self.suppressed, *spared),
        )


@dataclass(frozen=True, slots=True)
class Message:
    """One mail. `content` is header and body with CRLF line ends, never altered. `received_at` is aware UTC."""

    id: str
    envelope: Envelope
    content: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes still to be opened. `media_type` and `charset` are what the sender declared ("" if nothing).

    other_names: what some readers call the file instead of the last name of its path.
    """

    path: PartPath
    data: bytes
    media_type: str = ""
    charset: str = ""
    depth: int = 0
    inline: bool = False  # shown within the HTML body by Content-ID
    other_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """Readable text of one part; a form feed separates pages."""

    path: PartPath
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one part, as read: title lines and header still in place, rows of any length.

    The header is found by `detect`, which knows what a header looks like.
    """

    path: PartPath
    rows: list[list[str]]

    @property
    def length(self) -> int:
        """Rows in all."""
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class LongTable(Table):
    """A table too long to hold: `rows` are its first ones. rest: reads the others, a batch at a time; at_most: rows there may be."""

    rest: Callable[[], Iterator[list[list[str]]]]
    at_most: int

    @property
    def length(self) -> int:
        """Rows in all, at most."""
        return self.at_most


@dataclass(frozen=True, slots=True)
class Problem:
    """A part that could not be inspected, or only in part. `key` is the digest of the leaf's bytes.

    listing: a name on its path says that it is a list of people (会員名簿.zip): the only evidence of what is in it.
    picture: an image like any other whose text nothing here reads; the policy says whether that holds.
    """

    path: PartPath
    kind: ProblemKind
    detail: str = ""
    key: bytes = b""
    listing: bool = False
    picture: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """Values of one kind in one place (a column, a paragraph).

    count: cells or places; distinct: different normalised values; samples: masked at birth, at most 3;
    digests: keyed, of normalised values, at most `DIGESTS`; domains: for e-mail addresses, digests of their domains;
    key: digest of the decoded leaf (attachment) or paragraph (body) that holds the values;
    blocks: the rows or groups of lines in which the values stand, as in `Person`; () when there are more than `DIGESTS`;
    organisation: the values stand in a block that names an organisation.
    """

    rule: str
    kind: Kind
    path: PartPath
    where: str
    count: int
    distinct: int
    samples: tuple[str, ...]
    digests: tuple[bytes, ...] = ()
    domains: tuple[bytes, ...] = ()
    confidence: float = 1.0
    key: bytes = b""
    blocks: tuple[str, ...] = ()
    organisation: bool = False


DIGESTS = 64  # a finding with more distinct values than this cannot be somebody's own data


@dataclass(frozen=True, slots=True)
class Person:
    """One person in the data, as digests. `block` ties what stands in the same row or paragraph.

    names: full name, and family name alone where it is known; contacts: e-mail addresses, phones, addresses;
    emails: those of the contacts that are e-mail addresses of one person's own (not info@).
    identified: another identifier stands beside the name, or the name stands in a list.
    greeted: the text speaks to this person (「山田太郎様」).
    organisation: named as the contact of an organisation, in its block (「株式会社… 担当 佐藤」).
    """

    path: PartPath
    block: str
    names: tuple[bytes, ...] = ()
    contacts: tuple[bytes, ...] = ()
    emails: tuple[bytes, ...] = ()
    identified: bool = False
    greeted: bool = False
    organisation: bool = False
    key: bytes = b""


PEOPLE = 64  # persons of one part listed one by one; beyond it only the count is kept


@dataclass(frozen=True, slots=True)
class Addressee:
    """One visible address: digests of address and domain, and of the display name where it is a person's name.

    recipient: in To, Cc or Bcc; Reply-To and Resent-* only show it.
    """

    address: bytes
    domain: bytes
    names: tuple[bytes, ...] = ()
    recipient: bool = True


@dataclass(frozen=True, slots=True)
class PartInfo:
    """One line of the part tree on the page; `key` is the digest of its decoded bytes.

    characters, rows: of the text and the tables read from it, not counting parts inside it.
    blank: it was read to its end, and nothing is written in it. passed: why something in it is not read and holds
    nothing, "icon", "inline", "signature" or "macros"; "" where all of it is read, or a Problem tells.
    opened: where the password was found that opened it: "mail" the same mail, "other" another one of the sender, "list" the
    configured list; "" if it needed none.
    """

    path: PartPath
    media_type: str
    size: int
    depth: int = 0
    key: bytes = b""
    characters: int = 0
    rows: int = 0
    opened: str = ""
    blank: bool = False
    passed: str = ""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the worker found in one message. persons and households count what is *in the data*.

    persons_exact is false where the rows do not tell; then `persons` is the possible maximum.
    subject is masked; subject_key and body_key are digests of skeletons, equal for a whole mailing: names, contacts and
    what links carry taken out, in the subject figures too.
    people lists the first `PEOPLE` persons of each part; `crowded` names the parts that have more.
    uncounted: keys of the leaves of which only the beginning was read. Then `persons` is the most there may be,
    persons_least what the beginning has (0 where it does not tell), and households those of the beginning.
    passwords: what the mail tells that may open the next one of its sender, sealed by the worker for workers alone;
    passwords_key: equal for equal ones.
    mailing_key, list_key: of what the tool that sends says of its mailing or its list in the header; b"" if it does not.
    """

    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    persons: int = 0
    persons_exact: bool = True
    households: int = 0
    people: tuple[Person, ...] = ()
    crowded: tuple[PartPath, ...] = ()
    parts: tuple[PartInfo, ...] = ()
    subject: str = ""
    subject_key: bytes = b""
    body_key: bytes = b""
    addressees: tuple[Addressee, ...] = ()
    authors: tuple[bytes, ...] = ()
    from_domains: tuple[str, ...] = ()
    ruleset: str = ""
    persons_least: int = 0
    uncounted: tuple[bytes, ...] = ()
    passwords: bytes = b""
    passwords_key: bytes = b""
    mailing_key: bytes = b""
    list_key: bytes = b""

    @property
    def encrypted(self) -> bool:
        """Whether something in the message stayed locked."""
        return any(problem.kind is ProblemKind.ENCRYPTED for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The machine's word on one message.

    reasons: stable codes, the gravest first; evidence: keys of all leaves and paragraphs that hold it;
    findings: what only envelope and content together show (recipient_mismatch).
    watched: why it would be held if that were not only monitored; then it passes.
    """

    action: Action
    reasons: tuple[str, ...] = ()
    evidence: tuple[bytes, ...] = ()
    findings: tuple[Finding, ...] = ()
    watched: tuple[str, ...] = ()


def attached(path: PartPath) -> bool:
    """Whether a path lies in an attachment, or inside something hidden in a body, rather than where a reader looks first."""
    return bool(path) and (path[0] not in {BODY, HTML, HEADERS} or len(path) > 1)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a mailing, or what one message adds to it. recipients 宛先数, messages 通数.

    leaves, shapes: digests of its files, and of their names without figures; senders: of From domain and SMTP login;
    kinds: of what was found. At most `TRAITS` of each are kept.
    """

    leaves: frozenset[bytes] = frozenset()
    shapes: frozenset[bytes] = frozenset()
    senders: frozenset[bytes] = frozenset()
    kinds: frozenset[str] = frozenset()
    messages: int = 1
    recipients: int = 1
    last_seen: datetime | None = None


TRAITS = 50  # of each sort that a run keeps
