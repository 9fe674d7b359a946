"""The files of the two incidents, made up from a seed, in the published numbers.

Plus One Kyoiku (October 2023): 2,000 registrations with 3,732 name cells; 3,719 persons in 1,740 households.
Willnext (June 2022): 5,212 members with member number, name and e-mail address.
"""

import csv
import io
import zipfile
from dataclasses import dataclass
from random import Random

from mailguard.demo.people import Household, Somebody, households

SUBJECT = "冬のスキースクール最新情報"
REGISTRATIONS, NAME_CELLS, PERSONS, HOUSEHOLDS = 2_000, 3_732, 3_719, 1_740
MEMBERS = 5_212
_REPEATED = NAME_CELLS - PERSONS  # persons who stand in the list twice
_SIBLINGS = REGISTRATIONS - HOUSEHOLDS  # later registrations of a household that is already there
_BOTH = NAME_CELLS - REGISTRATIONS - _REPEATED  # first registrations that name guardian and child

Rows = list[list[str]]


@dataclass(frozen=True, slots=True)
class _Entry:
    household: Household
    guardian: Somebody | None
    child: Somebody | None


def _entries(seed: int) -> list[_Entry]:
    """2,000 registrations: 1,740 first ones, then a sibling's for 260 households, 13 of which name the guardian again."""
    homes = households(HOUSEHOLDS, seed)
    first = [
        _Entry(home, home.guardian, home.children[0] if index < _BOTH else None) for index, home in enumerate(homes)
    ]
    later = [
        _Entry(home, home.guardian if index < _REPEATED else None, home.children[1])
        for index, home in enumerate(homes[:_SIBLINGS])
    ]
    entries = first + later
    Random(seed).shuffle(entries)
    return entries


REGISTRATION_HEADER = [
    "登録番号", "メールアドレス", "お子様氏名", "お子様氏名（フリガナ）", "保護者氏名", "保護者氏名（フリガナ）", "性別", "生年月日", "学年",
    "電話番号", "郵便番号", "住所", "メール配信",
]  # fmt: skip


def registrations(seed: int = 20231031) -> Rows:
    """The distribution list with child and guardian side by side: header and 2,000 rows."""
    rows = [REGISTRATION_HEADER]
    for number, entry in enumerate(_entries(seed), 1):
        home, child, guardian = entry.household, entry.child, entry.guardian
        subject = child or home.guardian
        rows.append([
            f"R{number:05}", home.email, child.name if child else "", child.kana if child else "",
            guardian.name if guardian else "", guardian.kana if guardian else "", subject.sex, subject.birth.replace("-", "/"),
            subject.grade, home.phone, home.postal_code, home.address, "1",
        ])  # fmt: skip
    return rows


PERSON_HEADER = [
    "会員番号", "氏名", "フリガナ", "続柄", "性別", "生年月日", "学年", "メールアドレス", "電話番号", "郵便番号", "住所", "メール配信", "登録日",
]  # fmt: skip


def one_person_a_row(seed: int = 20231031) -> Rows:
    """The same people with one person in a row and the contacts of the household repeated: header and 3,732 rows."""
    rows = [PERSON_HEADER]
    for entry in _entries(seed):
        home = entry.household
        for who in (entry.child, entry.guardian):
            if who is not None:
                rows.append([
                    f"M{len(rows):06}", who.name, who.kana, "本人" if who.grade else "保護者", who.sex, who.birth, who.grade,
                    home.email, home.phone, home.postal_code, home.address, "可", "2023/09/01",
                ])  # fmt: skip
    return rows


def members(seed: int = 20220630) -> Rows:
    """Willnext's file: member number, name, e-mail address; header and 5,212 rows."""
    rows = [["会員番号", "氏名", "メールアドレス"]]
    for index, home in enumerate(households(MEMBERS, seed, children=0)):
        rows.append([f"{100_000 + index * 7}", home.guardian.name, home.email])
    return rows


def csv_bytes(rows: Rows, encoding: str = "cp932") -> bytes:
    """Rows as CSV with CRLF, as Excel writes it."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(encoding)


class _Cp932Info(zipfile.ZipInfo):
    """A member whose name is stored in cp932 without the UTF-8 flag, as the Windows Explorer in Japan does."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - zipfile's own hook
        return self.filename.encode("cp932"), self.flag_bits


def zip_bytes(name: str, data: bytes) -> bytes:
    """A ZIP with one member under a cp932 file name; the same input gives the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = _Cp932Info(name, date_time=(2023, 10, 31, 9, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(info, data)
    return buffer.getvalue()
