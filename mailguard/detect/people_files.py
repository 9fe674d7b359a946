"""Files and sheets that are called lists of people: 会員名簿.csv, 顧客リスト.xlsx, 連絡網. Raises what is found in them.

In: the path of a part. Out: whether one of its names says so. Where content is encrypted, such a name is the only evidence.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from mailguard.detect.folding import fold
from mailguard.model import Finding, PartPath

_PEOPLE = r"(?:会員|顧客|お?客様|個人|社員|職員|従業員|生徒|児童|園児|学生|卒業生|保護者|患者|利用者|入居者|参加者|出席者|応募者|申込者|受講者|登録者|契約者|購入者|当選者|組合員|住民|役員|部員|町内会|クラス|家族|スタッフ)"
_LIST = re.compile(
    rf"名簿|連絡網|住所録|アドレス帳|電話帳|緊急連絡先|氏名一覧|名前一覧|宛名|履歴書|職務経歴書|{_PEOPLE}(?:様|情報|データ|管理)?(?:の)?(?:リスト|一覧|台帳|情報|データ|マスタ|連絡先|カルテ)"
    r"|(?<![a-z])(?:customers?|members?|employees?|students?|patients?|users?|contacts?|subscribers?|mailing)[-_ ]?(?:list|data|info|master|db|export)(?![a-z])"
    r"|(?<![a-z])(?:meibo|address[-_ ]?book|contacts|roster|kokyaku|kaiin)(?![a-z])",
    re.IGNORECASE,
)
_EMPTY = re.compile(
    r"様式|雛形|ひな形|ひながた|テンプレート|フォーマット|見本|サンプル|記入例|作成方法|作り方|マニュアル|手引|規程|規約|取扱|仕様|項目定義|template|sample|manual|format|schema", re.IGNORECASE
)  # fmt: skip

_RAISED = 0.15  # what such a name adds to how sure a finding is


def lists_people(path: PartPath) -> bool:
    """Whether a file, sheet or archive on this path is called a list of people, and no blank form of one."""
    return any(_LIST.search(name) and not _EMPTY.search(name) for name in (fold(part).text for part in path))


def surer(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings of such a file: each a little surer than by itself."""
    return tuple(replace(found, confidence=round(min(1.0, found.confidence + _RAISED), 2)) for found in findings)
