"""Made-up people for tables, one a place in each list: names, readings, spellings in Latin letters, contacts."""

FAMILIES = ["佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺"]
GIVENS = ["太郎", "花子", "健一", "直美", "翔太", "美咲"]
FAMILY_KANA = ["サトウ", "スズキ", "タカハシ", "タナカ", "イトウ", "ワタナベ"]
GIVEN_KANA = ["タロウ", "ハナコ", "ケンイチ", "ナオミ", "ショウタ", "ミサキ"]
FAMILY_LATIN = ["Sato", "Suzuki", "Takahashi", "Tanaka", "Ito", "Watanabe"]
GIVEN_LATIN = ["Taro", "Hanako", "Kenichi", "Naomi", "Shota", "Misaki"]
SPOUSES = ["由美", "大輔", "恵子", "拓也", "真理子", "和也"]
CHILDREN = ["陽菜", "蓮", "結衣", "湊", "莉子", "颯太"]
MANY = len(FAMILIES)
NAMES = [f"{family}　{given}" for family, given in zip(FAMILIES, GIVENS, strict=True)]
KANA = [f"{family} {given}" for family, given in zip(FAMILY_KANA, GIVEN_KANA, strict=True)]
PHONES = [f"090-31{number:02}-4{number:02}7" for number in range(MANY)]
MAILS = [f"m{number}x@mail.example.jp" for number in range(MANY)]
ADDRESSES = [f"新潟県長岡市大手通2丁目{number + 1}-7" for number in range(MANY)]
NOTHING = [""] * MANY


def joined(left, right):
    """Two columns as one, with a blank."""
    return [f"{one} {other}" for one, other in zip(left, right, strict=True)]


def table(header, *columns):
    """Rows of columns; header: None for none."""
    rows = list(map(list, zip(*columns, strict=True)))
    return rows if header is None else [header, *rows]
