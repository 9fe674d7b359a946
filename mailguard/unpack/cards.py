"""Address cards as a table: one person a row, what is known of them under titles that a list of persons has.

In: (title, value) pairs of each card, any number with the same title. Out: the rows, title row first. Shared by the formats of
address cards; `TITLES` are read by rules/*.toml like any other column's.
"""

from collections.abc import Iterable, Sequence

NAME, KANA, BIRTH, COMPANY, POST, NOTE = "氏名", "フリガナ", "生年月日", "会社名", "役職", "備考"
OFFICE, OFFICE_ZIP = "会社の住所", "会社の郵便番号"
PHONE, EMAIL, ZIP, ADDRESS, OTHER_NAME = "電話番号", "メールアドレス", "郵便番号", "住所", "氏名の別表記"

Card = Sequence[tuple[str, str]]


def rows(cards: Iterable[Card]) -> list[list[str]]:
    """電話番号, 電話番号2, …: as many columns of a title as a card has values; notes share one."""
    records = [record for card in cards if (record := _record(card))]
    titles = list(dict.fromkeys(title for record in records for title in record))
    return [titles, *([record.get(title, "") for title in titles] for record in records)] if titles else []


def _record(card: Card) -> dict[str, str]:
    record: dict[str, str] = {}
    met: dict[str, int] = {}
    for title, written in card:
        value = written.strip()
        if not value:
            continue
        if title == NOTE:
            record[NOTE] = f"{record[NOTE]}\n{value}" if NOTE in record else value
            continue
        met[title] = met.get(title, 0) + 1
        record[title if met[title] == 1 else f"{title}{met[title]}"] = value
    return record
