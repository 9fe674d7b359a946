"""Family and given names and their readings, from japanese-personal-name-dataset (MIT).

In: the data files of that package, read once. Out: sets, and the test whether a string is a family name followed by a given name.
All names are folded to common kanji; readings are katakana.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from mailguard.normal import VARIANTS, kana

_FAMILY = "last_name_org.csv"
_GIVEN = ("first_name_man_org.csv", "first_name_woman_org.csv", "first_name_man_opti.csv", "first_name_woman_opti.csv")
_HIRAGANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}


@dataclass(frozen=True, slots=True)
class PersonDictionary:
    """family and given as written; *_readings in katakana; *_romaji in lower case. common: family names of 50,000 people or more."""

    family: frozenset[str]
    given: frozenset[str]
    family_readings: frozenset[str]
    given_readings: frozenset[str]
    family_romaji: frozenset[str]
    given_romaji: frozenset[str]
    common: frozenset[str]

    def split(self, text: str) -> int:
        """Where the given name begins in an unspaced full name; 0 if it is none. The longer family name wins."""
        for position in range(min(len(text) - 1, 4), 0, -1):
            if text[:position] in self.family and self._is_given(text[position:]):
                return position
        return 0

    def split_reading(self, katakana: str) -> int:
        """The same for readings."""
        for position in range(min(len(katakana) - 2, 7), 0, -1):
            if katakana[:position] in self.family_readings and katakana[position:] in self.given_readings:
                return position
        return 0

    def _is_given(self, text: str) -> bool:
        return text in self.given or (len(text) > 1 and text.translate(_HIRAGANA) in self.given_readings)

    def is_given(self, text: str) -> bool:
        """Kanji or kana of a given name."""
        return text in self.given or text.translate(_HIRAGANA) in self.given_readings

    def is_family(self, text: str) -> bool:
        """Kanji or kana of a family name."""
        return text in self.family or (len(text) > 1 and text.translate(_HIRAGANA) in self.family_readings)


@lru_cache(maxsize=1)
def load() -> PersonDictionary:
    """Read the data set; about 60 ms, shared by all who ask."""
    folder = files("japanese_personal_name_dataset") / "dataset"
    rows = [line.split(",") for line in (folder / _FAMILY).read_text("utf-8").translate(VARIANTS).splitlines() if line]
    given: set[str] = set()
    readings: set[str] = set()
    romaji: set[str] = set()
    for name in _GIVEN:
        for line in (folder / name).read_text("utf-8").translate(VARIANTS).splitlines():
            reading, latin, *written = line.lstrip("\ufeff").split(",")
            readings.add(reading)
            romaji.add(latin.casefold())
            given.update(written)
    given.discard("")
    return PersonDictionary(
        family=frozenset(row[0].lstrip("\ufeff") for row in rows),
        given=frozenset(given),
        family_readings=_each(kana, [row[2] for row in rows if len(row) > 2]),
        given_readings=_each(kana, readings - {""}),
        family_romaji=_each(romanised, [row[3] for row in rows if len(row) > 3]),
        given_romaji=_each(romanised, romaji - {""}),
        common=frozenset(
            row[0].lstrip("\ufeff") for row in rows if len(row) > 1 and row[1].isdigit() and int(row[1]) >= 50_000
        ),
    )


def _each(form: Callable[[str], str], cells: Iterable[str]) -> frozenset[str]:
    """That form of each cell, made of all of them at once: three times as fast. A comma stands in none, and takes no form."""
    return frozenset(form(",".join(cells)).split(","))


def romanised(latin: str) -> str:
    """One spelling for the long vowels: Ohno, Oono, Ōno and Ono are equal."""
    text = latin.casefold().translate(str.maketrans("āīūēōâîûêô", "aiueoaiueo")).replace("'", "")
    for long, short in (
        ("ou", "o"),
        ("oo", "o"),
        ("oh", "o"),
        ("uu", "u"),
        ("tu", "tsu"),
        ("si", "shi"),
        ("ti", "chi"),
        ("hu", "fu"),
        ("zi", "ji"),
        ("mb", "nb"),
        ("mp", "np"),
    ):
        text = text.replace(long, short)
    return text.replace("tssu", "tsu").replace("sshi", "shi")


def family_of(name: str) -> str | None:
    """The family name of a full Japanese name, spaced or not; None for half a name and for foreign ones."""
    parts = name.split()
    if len(parts) == 2 and "・" not in name:
        return parts[0]
    whole = name.strip().translate(VARIANTS)
    known = load()
    position = known.split(whole) or known.split_reading(kana(whole))
    return whole[:position] if position else None
