"""Made-up sentences in the style of bulk mail, with and without persons: what encyclopaedias do not have.

In: the person dictionary. Out: documents as in sentences.jsonl. Names are drawn anew for each; the same seed gives the same sentences.
"""

import random
from collections.abc import Iterator

from mailguard.detect.person_dictionary import PersonDictionary

_WITH = (
    "{f}{g}様", "{f} {g} 様", "{f}様、いつもお世話になっております。", "担当の{f}{g}です。", "担当の{f}が承ります。", "講師は{f}{g}氏です。",
    "講師:{f}{g}(大学教授)", "登壇者 {f} {g}(広報部長)", "営業部の{f}と申します。", "このたび{f}{g}が着任いたしました。", "代表取締役社長 {f}{g}",
    "{f}{g}先生による講演会を開催します。", "ゲストに{f}{g}さんをお迎えします。", "司会は{f}{g}、解説は{F}{G}です。", "お申し込みは{f}{g}まで。",
    "当選者は{f}{g}、{F}{G}の2名です。", "{f}部長と{F}課長が出席します。", "受講者の{f}{g}さんから感想をいただきました。", "文責 {f}{g}", "{f}より",
)  # fmt: skip
_WITHOUT = (
    "{p}店では春のセールを開催します。", "{p}駅から徒歩5分です。", "{p}区にお住まいの方が対象です。", "{p}記念館の特別展のご案内です。", "{p}運輸でお届けします。",
    "株式会社{p}からのお知らせです。", "{p}商店の新商品をご紹介します。", "会場は{p}会館です。", "{p}市民ホールで開催します。", "{p}工業の決算説明会です。",
    "{p}支店は移転しました。", "{p}通りの店舗です。", "{p}公園に集合してください。", "{p}大学との共同研究です。", "お客様各位", "担当者様",
    "ホテル{p}に宿泊できます。", "{p}産のお米をお届けします。", "{p}病院の診療時間のお知らせです。", "{f}{g}記念館は本日休館です。", "{f}{g}賞の応募を受け付けています。",
    "ヨーロッパへのツアーをご案内します。", "プレミアムクラブの会員サービスです。", "キャンペーンのお知らせ", "アプリをダウンロードしてください。",
)  # fmt: skip
_EACH = 12


def sentences(persons: PersonDictionary, seed: int = 3) -> Iterator[dict]:
    """Each pattern a few times."""
    draw = random.Random(seed)
    families = sorted(name for name in persons.common if len(name) > 1)
    givens = sorted(name for name in persons.given if 1 < len(name) < 4)
    for pattern in _WITH + _WITHOUT:
        for _ in range(_EACH):
            yield _sentence(pattern, draw, families, givens, named=pattern in _WITH)


def _sentence(pattern: str, draw: random.Random, families: list[str], givens: list[str], *, named: bool) -> dict:
    text, names = "", []
    pieces = pattern.replace("{f} {g}", "{n}").replace("{f}{g}", "{m}").replace("{F}{G}", "{m}").replace("{F}", "{f}")
    for number, piece in enumerate(pieces.split("{")):
        if number:
            space = " " if piece[0] == "n" else ""
            name = draw.choice(families) + (space + draw.choice(givens) if piece[0] in "nm" else "")
            if named:
                names.append([len(text), len(text) + len(name)])
            text += name
        text += piece[2:] if number else piece
    return {"text": text, "names": names}
