"""The record of holds for people outside: who asked, what was found, who decided and when, what became of the mail.

In: ids of holds. Out: lines, and one audit row that says who took them. Recipients are counts; subject and
samples are masks; names are those of staff.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from mailguard.dossier import Line
from mailguard.presets import JAPANESE, Preset
from mailguard.store.audit import CLI, Audit
from mailguard.store.context import Context
from mailguard.store.holds import Holds
from mailguard.store.part_views import Look, PartView, PartViews
from mailguard.store.people import People
from mailguard.store.queries import PAGE
from mailguard.store.views import AuditRow, Decided, HoldView, acted

RECORD_OF_PROVISION = "第三者提供: 個人情報保護法27条の根拠と、29条の記録が必要です"
ROWS = 10_000  # of the record, of one hold
Fact = tuple[str, str, str, str, str]
"""A `Line` without the hold."""
_LOOKS = {Look.VIEWED: "表示(伏せ字)", Look.UNMASKED: "伏せ字なしで表示", Look.DOWNLOADED: "取り出し"}
STATES = {
    "pending": "承認待ち", "approved": "承認済み", "returned": "差し戻し",
    "waiting": "未送信", "accepted": "送信済み", "refused": "送信失敗", "withdrawn": "送信取りやめ",
    "held": "保留中", "releasing": "送信中", "released": "送信済み", "partly": "一部送信", "failed": "送信失敗",
    "rejected": "却下(未送信)", "expired": "期限切れ(未送信)",
}  # fmt: skip


class Dossiers:
    """Writes the records of one database down."""

    def __init__(self, context: Context, holds: Holds, audit: Audit, people: People, views: PartViews) -> None:
        self._context, self._holds, self._audit, self._people = context, holds, audit, people
        self._views = views

    def take(self, hold_ids: Sequence[str], actor: str, campaign: str = "") -> list[Line]:
        """Everything about these holds, for `actor`. campaign: of which they are all; then the audit row is about it."""
        broken, head = self._audit.check(), self._audit.head()
        said = f"{broken.fault} {broken.seq}" if broken else "改ざんなし"
        lines = list(self._lines(hold_ids, None if actor == CLI else actor, campaign))
        lines.append(Line("", "検証", self._context.clock().isoformat(), "", f"末尾 {head}", said))
        with self._context.database.write() as tx:
            if campaign:
                self._audit.append(tx, actor, "campaign.exported", campaign, holds=len(hold_ids))
            for hold_id in () if campaign else hold_ids:
                self._audit.append(tx, actor, "hold.exported", hold_id)
        return lines

    def _lines(self, hold_ids: Sequence[str], viewer: str | None, campaign: str) -> Iterator[Line]:
        """What was recorded of the campaign, then hold by hold, a page of them at once."""
        names = {person.id: person.name for person in self._people.all()}
        if campaign:
            yield from self._recorded(campaign, self._audit.about([campaign], ROWS).get(campaign, ()), names)
        views = self._holds.views(hold_ids, viewer)
        while page := list(islice(views, PAGE)):
            ids = [view.row.id for view in page]
            looks, rows = self._views.of_all(ids), self._audit.about(ids, ROWS)
            for view in page:
                yield from _shown(view, looks.get(view.row.id, ()))
                yield from self._recorded(view.row.id, rows.get(view.row.id, ()), names)

    @staticmethod
    def _recorded(subject: str, rows: Sequence[AuditRow], names: dict[str, str]) -> Iterator[Line]:
        for row in rows:
            who = acted(names.get(row.actor, row.actor), names.get(row.acting_for, row.acting_for))
            yield Line(subject, "記録", row.at.isoformat(), who, f"{row.seq} {row.action}", row.detail)


def _shown(view: HoldView, looks: Sequence[PartView]) -> Iterator[Line]:
    hold_id = view.row.id
    for fact in (*_facts(view), *_found(view), *_decided(view), *_outcome(view)):
        yield Line(hold_id, *fact)
    for look in looks:
        of = f"、{look.message}" if look.message else ""
        what = f"部分 {look.part + 1} {_LOOKS[look.kind]} (版 {look.revision}{of})"
        yield Line(hold_id, "閲覧", look.at.isoformat(), look.person_name, what, look.reason)


def _facts(view: HoldView) -> Iterator[Fact]:
    row = view.row
    yield "保留", row.first_seen.isoformat(), "", "送信システム", f"{row.source_title} ({row.source_id})"
    for person in view.operators:
        yield "依頼", row.first_seen.isoformat(), person.name, "送信担当者", person.organisation
    yield "保留", row.first_seen.isoformat(), "", "件名(伏せ字)", row.subject
    yield "保留", row.last_seen.isoformat(), "", "状態", row.state.value
    if view.routed.needs.names:
        yield "保留", "", "", "承認ルート", f"{'、'.join(view.routed.needs.names)} ({view.routed.approvals}名)"
    yield "保留", "", "", "通数", str(row.messages)
    yield "保留", "", "", "宛先数", str(row.recipients)
    yield "保留", "", "", "承認の上限(宛先数)", "" if view.cap is None else str(view.cap)


def _found(view: HoldView) -> Iterator[Fact]:
    row = view.row
    yield "検出", "", "", "理由", ", ".join(row.reasons)
    yield "検出", "", "", "本人数" if row.persons_exact else "本人数(最大)", str(row.persons)
    yield "検出", "", "", "世帯数", str(row.households)
    yield "検出", "", "", "検出箇所の数", str(len(view.inspection.findings))
    for finding in view.inspection.findings:
        yield "検出", "", "", finding.kind.value, f"{finding.count}件(異なる値 {finding.distinct}件)"
    for problem in view.inspection.problems:
        yield "検出", "", "", "確認できない添付", problem.kind.value


def _decided(view: HoldView) -> Iterator[Fact]:
    for one in view.decisions:
        cap = "" if one.cap is None else f"、上限 {one.cap}"
        what = f"{one.choice} (版 {one.revision}{cap})"
        yield "判断", one.at.isoformat(), one.who, what, " ".join(filter(None, (_preset(one), one.reason)))
        for name, value in _how(one):
            yield "判断", one.at.isoformat(), one.who, name, value


def _preset(one: Decided) -> str:
    return f"[{JAPANESE.get(one.code, one.code)}]" if one.code else ""


def _how(one: Decided) -> Iterator[tuple[str, str]]:
    if one.seconds is not None:
        yield "表示から判断まで", f"{one.seconds}秒"
    if one.hasty:
        yield "注意", "短時間での承認"
    if one.code == Preset.THIRD_PARTY:
        yield "注意", RECORD_OF_PROVISION
    if one.checked:
        yield "確認項目", ", ".join(one.checked)


def _outcome(view: HoldView) -> Iterator[Fact]:
    for state, count in view.progress.recipients.items():
        yield "結果", "", "", f"宛先数: {STATES.get(state.value, state.value)}", str(count)
    for message, count in view.progress.messages.items():
        yield "結果", "", "", f"通数: {STATES.get(message.value, message.value)}", str(count)
