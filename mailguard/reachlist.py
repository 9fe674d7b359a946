"""Who was reached as a file: CSV for a spreadsheet, JSON for programs.

In: rows, counts that add up to them, and how many addresses are masks only. Out: text in Japanese words and stable codes.
"""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mailguard.dossier import as_csv

FORMATS = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
HEADINGS = ("保留番号", "メール番号", "宛先", "状態", "中継サーバーの応答", "日時")
STATES = {
    "accepted": "送信済み(中継サーバー受理)", "in_doubt": "不明(届いた可能性あり)", "waiting": "未送信(待ち)",
    "refused": "送信失敗", "withdrawn": "取り下げ(未送信)", "rejected": "却下(未送信)", "expired": "期限切れ(未送信)",
    "suppressed": "配信停止リスト(未送信)",
}  # fmt: skip


class Recipient(NamedTuple):
    """One recipient; at: ISO 8601."""

    hold: str
    message: str
    address: str
    state: str
    reply: str
    at: str


def written(rows: Sequence[Recipient], counts: Mapping[str, int], masked: int, at: str, form: str) -> str:
    """As `csv` or `json`; at: the moment that it describes."""
    if form == "json":
        facts = {"at": at, "counts": dict(counts), "total": len(rows), "masked": masked}
        return json.dumps(facts | {"recipients": [row._asdict() for row in rows]}, ensure_ascii=False, indent=1) + "\n"
    totals = [("", "", "合計", STATES[state], str(count), at) for state, count in counts.items()]
    totals.append(("", "", "合計", "すべて", str(len(rows)), at))
    if masked:
        totals.append(("", "", "伏せ字のみの宛先", "", str(masked), at))
    return as_csv(HEADINGS, [*(row._replace(state=STATES[row.state]) for row in rows), *totals])
