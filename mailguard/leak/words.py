"""Codes of the record in the Japanese of a report. What is not listed stays as it is."""

from collections.abc import Iterable
from datetime import datetime

from mailguard.lifecycle import HoldState
from mailguard.model import Kind, ProblemKind
from mailguard.store.calendar import TOKYO

FILL = "(記入)"

KINDS = {
    Kind.NAME: "氏名", Kind.NAME_KANA: "氏名のフリガナ", Kind.PHONE: "電話番号", Kind.ADDRESS: "住所", Kind.POSTAL_CODE: "郵便番号",
    Kind.EMAIL: "メールアドレス", Kind.BIRTH_DATE: "生年月日", Kind.AGE: "年齢", Kind.SEX: "性別", Kind.GRADE: "学年",
    Kind.MEMBER_NUMBER: "会員番号", Kind.EMPLOYEE_NUMBER: "社員番号", Kind.MY_NUMBER: "個人番号(マイナンバー)",
    Kind.CARD: "クレジットカード番号", Kind.BANK_ACCOUNT: "口座番号", Kind.LICENCE: "運転免許証番号", Kind.PASSPORT: "旅券番号",
    Kind.PENSION: "基礎年金番号", Kind.INSURANCE: "被保険者証の記号・番号", Kind.RESIDENCE_CARD: "在留カード番号",
    Kind.SPECIAL_CARE: "要配慮個人情報", Kind.RECIPIENT_MISMATCH: "宛先と異なる人の情報",
}  # fmt: skip
PROBLEMS = {
    ProblemKind.ENCRYPTED: "暗号化されている", ProblemKind.DAMAGED: "壊れている", ProblemKind.AMBIGUOUS: "読み方が定まらない",
    ProblemKind.TOO_DEEP: "入れ子が深い", ProblemKind.TOO_BIG: "大きい", ProblemKind.TOO_MANY: "数が多い",
    ProblemKind.RATIO: "圧縮率が異常", ProblemKind.TIMED_OUT: "時間切れ", ProblemKind.CRASHED: "読み取り中の停止",
    ProblemKind.UNKNOWN_FORMAT: "未対応の形式", ProblemKind.NOT_READ: "一部を読めない",
}  # fmt: skip
STATES = {
    HoldState.PENDING: "承認待ち(未送信)", HoldState.APPROVED: "承認済み", HoldState.REJECTED: "却下(未送信)",
    HoldState.RETURNED: "差し戻し(未送信)", HoldState.EXPIRED: "期限切れ(未送信)", HoldState.WITHDRAWN: "取り下げ",
}  # fmt: skip
ACTIONS = {
    "hold.opened": "保留を開始",
    "hold.route": "承認ルート", "hold.changed": "新しい検出項目が加わった", "hold.counted": "長い表の本人数を集計した",
    "hold.not_counted": "長い表の本人数を集計できなかった", "hold.unlocked": "別のメールのパスワードで添付を開いて確認した",
    "hold.not_unlocked": "別のメールのパスワードで添付を開けなかった", "hold.refused": "判断を認めなかった",
    "hold.first_approval": "承認(1人目)", "hold.approved": "承認", "hold.rejected": "却下", "hold.returned": "差し戻し",
    "hold.withdrawn": "取り下げ", "hold.expired": "期限切れ(未送信)", "hold.late_asked": "遅れて配信するかを確認",
    "hold.late_first": "遅れて配信(1人目)", "hold.deliver_late": "遅れて配信", "hold.rest_stopped": "残りの送信を取りやめ",
    "hold.false_positive": "誤検知とした", "hold.viewed": "内容を表示", "hold.exported": "記録を書き出した",
    "hold.answered": "差し戻しへの回答",
    "stop.begun": "緊急停止", "stop.end_asked": "再開の申し出(1人目)", "stop.ended": "緊急停止からの再開",
    "stop.exception_asked": "緊急停止中の送信の申し出(1人目)", "stop.exception": "緊急停止中の送信を認めた",
    "release.paused": "すべての送信を停止", "release.resumed": "送信を再開",
}  # fmt: skip
ACTORS = {"mail": "mailguard(メールの受信)", "time": "mailguard(期限)", "relay": "中継サーバー", "cli": "コマンド"}
_REASONS = {
    "recipient_mismatch": "宛先と異なる人の個人情報(差し込みのずれ)",
    "body_high_risk": "本文にカード番号やマイナンバーなどの番号",
    "visible_addresses": "宛先欄に社外のアドレスが並ぶ",
    "attachment_forbidden": "添付を認めない送信システムからの添付",
    "every_mailing": "配信ごとに承認が必要な送信システム",
    "differs_from_earlier_runs": "前回との違い",
}
_PLACES = {"attachment": "添付", "body": "本文", "header": "ヘッダー", "file_name": "ファイル名"}
_MEASURES = {"findings": "個人情報", "persons": "複数の人の個人情報", "names": "複数の人の氏名"}


def kinds(found: Iterable[Kind]) -> str:
    """「氏名、住所」, in the order of the kinds."""
    wanted = set(found)
    return "、".join(KINDS[kind] for kind in Kind if kind in wanted)


def reason(code: str) -> str:
    """A reason of a hold."""
    if code.startswith("problem_"):
        problem = code.removeprefix("problem_")
        return f"中身を確認できない添付({PROBLEMS[ProblemKind(problem)] if problem in set(ProblemKind) else problem})"
    place, _, measure = code.rpartition("_")
    if place in _PLACES and measure in _MEASURES:
        return f"{_PLACES[place]}に{_MEASURES[measure]}"
    return _REASONS.get(code, code)


def moment(at: datetime) -> str:
    """In Japan's time."""
    return at.astimezone(TOKYO).strftime("%Y-%m-%d %H:%M:%S")
