"""Address books in LDIF (RFC 2849), as LDAP servers and Thunderbird write them.

In: an LDIF file. Out: a Table, one entry a row; pictures and certificates as parts. Folded lines and base64 values are undone;
a value that is a link to a file (`:<`) is not followed. Attributes are those of RFC 4519 and 2798, and mozillaAbPersonAlpha.
"""

import binascii
import re
from collections.abc import Iterator

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import cards, charset, part_text, sniff
from mailguard.unpack.budget import Budget
from mailguard.unpack.transfer import from_base64

NAME = "Address books (LDIF)"
LIMITATIONS = "Links to files are not followed."

_BEGIN = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s|version: ?1|#[^\r\n]{0,200}[\r\n])*+dn::? ?\S", re.IGNORECASE)
_FOLD = re.compile(r"\r?\n ")  # note 2
_LINE = re.compile(r"([A-Za-z][A-Za-z0-9.-]{0,60})(?:;[A-Za-z0-9;-]{1,100})?:(:|<|) *(.*)")
_TITLES = {
    "mail": cards.EMAIL, "mozillasecondemail": cards.EMAIL, "rfc822mailbox": cards.EMAIL, "othermailbox": cards.EMAIL,
    "telephonenumber": cards.PHONE, "homephone": cards.PHONE, "mobile": cards.PHONE, "cellphone": cards.PHONE, "pager": cards.PHONE,
    "facsimiletelephonenumber": cards.PHONE, "fax": cards.PHONE, "homephone2": cards.PHONE, "ipphone": cards.PHONE,
    "postalcode": cards.ZIP, "mozillahomepostalcode": cards.ZIP, "o": cards.COMPANY, "company": cards.COMPANY,
    "title": cards.POST, "employeenumber": "社員番号", "birthday": cards.BIRTH, "dateofbirth": cards.BIRTH,
}  # fmt: skip
# Pieces of an address in the order in which Japan writes them; one address for the office, one for home.
_PLACES = (
    ("st", "l", "street", "streetaddress", "postaladdress", "mozillaworkstreet2"),
    ("mozillahomestate", "mozillahomelocalityname", "mozillahomestreet", "mozillahomestreet2", "homepostaladdress"),
)
_KANA = (
    "mozilla_phoneticlastname",
    "mozillaphoneticlastname",
    "phoneticsn",
    "mozilla_phoneticfirstname",
    "phoneticgivenname",
)
_TECHNICAL = frozenset(["dn", "objectclass", "modifytimestamp", "createtimestamp", "entryuuid", "changetype", "control", "version", "mozillausehtmlmail", "xmozillausehtmlmail"])  # fmt: skip


def matches(part: Part, sniffed: str) -> bool:
    """By its first entry, which has a distinguished name."""
    return sniffed in {sniff.TEXT, sniff.HTML, sniff.MAIL} and _BEGIN.match(part.data) is not None


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """One table, and the files inside."""
    text = part_text.decoded(part, budget)
    yield from part_text.faults(part, text)
    reader = _Reader(part, budget)
    for line in _FOLD.sub("", text).splitlines():
        yield from reader.take(line)
    rows = cards.rows([_card(entry) for entry in reader.entries if entry])
    if rows:
        budget.spend_cells(sum(map(len, rows)))
        yield Table(part.path, rows)
    if reader.loose or not rows:
        yield Text(part.path, "\n".join(reader.loose))


Entry = list[tuple[str, str]]


class _Reader:
    """The entries so far, and what stands outside of them."""

    def __init__(self, part: Part, budget: Budget) -> None:
        self.entries: list[Entry] = [[]]
        self.loose: list[str] = []
        self._part, self._budget = part, budget

    def take(self, line: str) -> Iterator[Part | Problem]:
        match = _LINE.fullmatch(line)
        if match is None:
            self.loose += [line] if line.strip(" -") else []
            if not line.strip():
                self.entries.append([])
            return
        name, sort, value = match[1].lower(), match[2], match[3]
        if name == "dn":
            self.entries.append([])
        if sort == "<":
            yield Problem(self._part.path, ProblemKind.NOT_READ, "a link to a file")
        elif sort == ":":
            yield from self._packed(name, value)
        else:
            self.entries[-1].append((name, value))

    def _packed(self, name: str, value: str) -> Iterator[Part | Problem]:
        try:
            data = from_base64(value.encode("ascii", "replace"))
        except binascii.Error:
            yield Problem(self._part.path, ProblemKind.DAMAGED, "encoded values")
            return
        if sniff.sniff(data) in {sniff.TEXT, sniff.EMPTY}:
            self.entries[-1].append((name, charset.decode(data)))
            return
        self._budget.file(self._part.depth + 1)
        self._budget.spend(len(data))
        yield Part((*self._part.path, f"({name})"), data, depth=self._part.depth + 1)


def _card(entry: Entry) -> cards.Card:
    """Named by cn or displayName, else by sn and givenName: the first that is Japanese, or the first."""
    first = dict(reversed(entry))
    structured = " ".join(
        filter(None, (first.get("sn") or first.get("surname"), first.get("givenname") or first.get("gn")))
    )
    names = [value for key, value in entry if key in {"cn", "displayname"}]
    names = [*filter(None, (*names, structured))] or [_common_name(first.get("dn", ""))]
    names.sort(key=str.isascii)
    name = names[0]
    other = list(dict.fromkeys(value for value in names if any(piece not in name for piece in value.split())))
    kana = " ".join(filter(None, (first.get(key) for key in _KANA)))
    card = [(cards.NAME, name), (cards.KANA, kana)]
    card += [(cards.ADDRESS, "".join(first.get(key, "").replace("$", "") for key in keys)) for keys in _PLACES]
    # What stands twice, or says something else than the name, is read as a note.
    told = {"cn", "displayname", "sn", "surname", "givenname", "gn", *_KANA, *(key for keys in _PLACES for key in keys)}
    card += [(_TITLES.get(key, cards.NOTE), value) for key, value in entry if key not in told | _TECHNICAL]
    again = [(key, value) for key, value in entry if key in told - {"cn", "displayname"} and value != first[key]]
    return [*card, *((cards.NOTE, value) for _, value in again), *((cards.NOTE, value) for value in other)]


def _common_name(dn: str) -> str:
    """cn=佐藤花子,mail=… (RFC 4514)."""
    head, _, rest = dn.partition("=")
    return rest.partition(",")[0] if head.strip().lower() == "cn" else ""
