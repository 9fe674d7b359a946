"""Tables whose cells are bare surnames: seats, shifts, groups (田中, 佐藤, 鈴木 …). One such cell says nothing, all of them do.

In: columns as decided, titles, headers and cells. Out: the same, with columns of surnames as names. Places are called as people are
(上野, 石川, 大原): a column counts only where most of its words are surnames of many people, and few are municipalities.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from mailguard.detect.categorical import Categorical
from mailguard.detect.headers import Header
from mailguard.detect.layout import HALF, Column
from mailguard.detect.mixed_cells import has_contact
from mailguard.detect.postal_codes import municipalities
from mailguard.model import Kind

_ASKED = 60  # distinct cells of a column
_LONGEST = 16  # characters of a cell that lists surnames
_LEAST, _MANY = 4, 8  # different surnames; so many are enough to allow rarer ones
_SHARE = 0.8  # of the words of a column that are surnames
_COMMON, _COMMON_OF_FEW = 0.5, 0.6  # of them that many people have
_SURE_COMMON = 0.9  # what `family` gives these
_PLACES = 0.5
_SPLIT = re.compile(r"[・、,/\n&+;:→ ]+")
_ASIDE = re.compile(
    r"[(\[][^()\[\]]{0,10}[)\]]|(?:様|さん|先生|君|くん|ちゃん|氏)$|[A-Za-z0-9①-⑳~.-]+|[○◎●◇◆□■△▲☆★※*]+"
)
_WORD = re.compile("[々一-鿿ぁ-ゖァ-ヶー]")
_PLACE_TITLE = re.compile(
    r"名称?$|name|駅|停|町|村|市$|区|県|地|場|方面|行き?先|出身|産|住所|会場|銘柄|品種|店|校|園|館|山|川|城|島|港|線|路|局|科$|種|柄|色|題|語|国|品|物|菌|花|木$|樹"
)


def surname_columns(
    columns: Sequence[Column | None],
    titles: Sequence[str],
    headers: Sequence[Header | None],
    cells: Sequence[Categorical],
    family: Callable[[str], float],
) -> list[Column | None]:
    """family: how sure a word is a surname; 0.9 and more where many people have it."""
    found = list(columns)
    words = {
        index: said
        for index, column in enumerate(columns)
        if column is None and _open(titles[index] or _first(cells[index], family), headers[index])
        if (said := _surnames(cells[index], family))
    }
    if not words or not _persons(set().union(*words.values()), family):
        return found
    for index in words:
        title, several = titles[index].strip(), any(len(_words(value)) > 1 for value in cells[index].voters)
        role = title or str(index)
        found[index] = Column(index, Kind.NAME, title, cells[index], role, "family", confidence=0.7, several=several)
    return found


def _first(cells: Categorical, family: Callable[[str], float]) -> str:
    """What may be the title of a column in a table without a header: its first cell, if it is no surname."""
    first = next(filter(None, cells[:1]), "")
    return "" if family(first) >= HALF else first


def _open(title: str, header: Header | None) -> bool:
    """Whether a title leaves it open what its cells are (早番, 1列, メンバー)."""
    if header is not None and (header.kind is not Kind.NAME or header.organisation):
        return False
    return _PLACE_TITLE.search(title) is None


def _surnames(cells: Categorical, family: Callable[[str], float]) -> set[str]:
    """The surnames of a column, or nothing where other words are too many. One may be the title of a table without a header."""
    asked = cells.voters[:_ASKED]
    if not asked or max(map(len, asked[:3])) > _LONGEST:
        return set()
    words = [set(_words(value)) for value in asked if len(value) <= _LONGEST and not has_contact(value)]
    named = [met for met in words if met and all(family(word) >= HALF for word in met)]
    others = len(asked) - len(named)
    if not named or others > max(1, (1 - _SHARE) * len(asked)):
        return set()
    return set().union(*named)


def _words(value: str) -> list[str]:
    pieces = (_ASIDE.sub("", piece) for piece in _SPLIT.split(_ASIDE.sub(" ", value)))
    return [piece for piece in pieces if _WORD.search(piece)]


def _persons(words: set[str], family: Callable[[str], float]) -> bool:
    """Whether surnames are those of people, not of places: most of them common, most of two characters or more."""
    common = sum(family(word) >= _SURE_COMMON for word in words)
    places = sum(word in _towns() for word in words)
    long = sum(len(word) > 1 for word in words)
    needed = _COMMON if len(words) >= _MANY else _COMMON_OF_FEW
    return (
        len(words) >= _LEAST
        and common >= needed * len(words)
        and 2 * long > len(words)
        and places < _PLACES * len(words)
    )


@lru_cache(maxsize=1)
def _towns() -> frozenset[str]:
    """Prefectures and municipalities without their last character: 福島, 松本, 吉田."""
    prefectures, cities = municipalities()
    bare = {re.split("[郡市](?=.)", city)[-1][:-1] for city in cities} | {city[:-1] for city in cities}
    return frozenset(bare | {prefecture[:-1] for prefecture in prefectures})
