"""Words that stand where a value was not given (未定, 任意), or for somebody named elsewhere (本人, 同左): no value, and no name."""

import re
from itertools import product

BLANK = frozenset(
    [
        "-",
        "なし",
        "無し",
        "無",
        "不明",
        "未定",
        "未登録",
        "未記入",
        "未入力",
        "未回答",
        "未提出",
        "未確認",
        "未公表",
        "未選択",
        "同上",
        "無回答",
        "無記入",
        "無記名",
        "匿名",
        "任意",
        "必須",
        "空欄",
        "空白",
        "特になし",
        "特に無し",
        "特にありません",
        "ありません",
        "該当なし",
        "該当無し",
        "該当者なし",
        "該当せず",
        "対象外",
        "対象なし",
        "非公開",
        "非公表",
        "省略",
        "割愛",
        "別紙",
        "別紙参照",
        "別記",
        "別途",
        "確認中",
        "調査中",
        "調整中",
        "照会中",
        "選考中",
        "募集中",
        "保留",
        "欠番",
        "欠員",
        "空席",
        "後日",
        "後日連絡",
        "回答なし",
        "記入なし",
        "記載なし",
        "登録なし",
        "情報なし",
        "削除済",
        "削除済み",
        "null",
        "(null)",
        "<null>",
        "none",
        "n/a",
        "#n/a",
        "na",
        "<na>",
        "n.a.",
        "nan",
        "nil",
        "tbd",
        "tba",
        "unknown",
    ]
) | {""}

# In a column of names: somebody named elsewhere in the row, or nobody.
NOBODY = frozenset(
    [
        "本人",
        "ご本人",
        "御本人",
        "同左",
        "同右",
        "左記",
        "右記",
        "上記",
        "左記の通り",
        "左記と同じ",
        "左に同じ",
        "上記の通り",
        "上記と同じ",
        "上に同じ",
        "〃",
        "々",
        "同じ",
        "同様",
        "父",
        "母",
        "父親",
        "母親",
        "祖父",
        "祖母",
        "父母",
        "両親",
        "夫",
        "妻",
        "子",
        "兄",
        "姉",
        "弟",
        "妹",
        "孫",
        "家族",
        "ご家族",
        "同居人",
        "親族",
        "配偶者",
        "世帯主",
        "保護者",
        "申込者",
        "契約者",
        "代理",
        "代理人",
        "代表",
        "代表者",
        "担当",
        "担当者",
        "ご担当者",
        "名無し",
        "名前なし",
        "氏名不詳",
        "氏名不明",
        "例",
        "記入例",
        "入力例",
        "self",
        "same",
        "anonymous",
    ]
)


def _cases(letter: str) -> str:
    """Whatever is the letter without regard to case; s and k have a third form each (U+017F, U+212A)."""
    return "".join({letter, letter.upper(), *{"s": "\u017f", "k": "\u212a"}.get(letter, "")})


# Whose `casefold` is one of BLANK: a set finds them among many values far faster than folding each.
BLANK_IN_ANY_CASE = frozenset("".join(letters) for word in BLANK for letters in product(*map(_cases, word)))

_CASES = {form for word in BLANK if word for form in (word, word.upper(), word.title())}
_AROUND = ("{}", "({})", "<{}>", "[{}]", "【{}】", "{}。")
# The same as cells say them: (空白), 【未定】, NULL, なし。, --, ×.
BLANKS = frozenset(
    {form.format(word) for word in _CASES for form in _AROUND}
    | {mark * size for mark in "-ー―*×/.…?〃_=~" for size in range(1, 9)}
)
_RANK = re.compile("第?[0-9一二三四五六七八九十]{1,3}[位番号名人]")


def nobody(word: str) -> bool:
    """Whether a word is no name, whatever name it looks like: 任意, ご本人, 二位."""
    return word in BLANK or word in NOBODY or _RANK.fullmatch(word) is not None
