"""The record of one campaign for people outside: who asked, what was found, who decided, who stopped it, and who was reached.

In: the id of a campaign. Out: lines, those of each of its holds among them, and one audit row that says who took them.
Recipients are counts; subject and samples are masks; names are those of staff.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mailguard.dossier import Line
from mailguard.store.audit import CLI
from mailguard.store.campaign_views import CampaignRow
from mailguard.store.campaigns import Campaigns
from mailguard.store.dossiers import STATES, Dossiers, Fact
from mailguard.store.reach import About, Reached, Reaches
from mailguard.store.stops import Stop, Stops

_SCOPES = {"all": "すべてのメール", "source": "送信システム", "campaign": "この配信"}
_REACHED = {
    Reached.ACCEPTED: "送信済み(中継サーバー受理)", Reached.IN_DOUBT: "届いたか不明", Reached.WAITING: "未送信",
    Reached.REFUSED: "送信失敗", Reached.WITHDRAWN: "送信取りやめ", Reached.REJECTED: "却下(未送信)",
    Reached.EXPIRED: "期限切れ(未送信)", Reached.SUPPRESSED: "配信停止リスト",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CampaignDossiers:
    """Writes the records of one database down."""

    dossiers: Dossiers
    campaigns: Campaigns
    stops: Stops
    reach: Reaches

    def take(self, campaign_id: str, actor: str) -> list[Line]:
        """Everything about a campaign, for `actor`. Raises NotFoundError, also for what `actor` does not see."""
        viewer = None if actor == CLI else actor
        row = self.campaigns.get(campaign_id, viewer)
        facts = (*_facts(row), *self._stopped(row, viewer), *self._reached(row, viewer))
        lines = [Line(campaign_id, *fact) for fact in facts]
        return lines + self.dossiers.take(self.campaigns.hold_ids(campaign_id), actor, campaign=campaign_id)

    def _stopped(self, row: CampaignRow, viewer: str | None) -> Iterator[Fact]:
        for stop in self.stops.since(row.first_hold, row.first_seen, viewer):
            yield from _steps(stop)

    def _reached(self, row: CampaignRow, viewer: str | None) -> Iterator[Fact]:
        counts = self.reach.counts(About(campaign=row.id), viewer)
        for state, count in counts.items():
            yield "結果", "", "", f"宛先数: {_REACHED[state]}", str(count)
        yield "結果", "", "", "宛先数: 合計", str(sum(counts.values()))


def _facts(row: CampaignRow) -> Iterator[Fact]:
    yield "配信", row.first_seen.isoformat(), "", "送信システム", f"{row.source_title} ({row.source_id})"
    yield "配信", row.first_seen.isoformat(), "", "件名(伏せ字)", row.subject
    yield "配信", row.last_seen.isoformat(), "", "最後のメール", ""
    for state, count in row.states.items():
        yield "配信", "", "", f"保留の数: {STATES.get(state.value, state.value)}", str(count)
    yield "配信", "", "", "通数", str(row.messages)
    yield "配信", "", "", "宛先数", str(row.recipients)
    yield "配信", "", "", "二重送信(まとめた通数)", str(row.folded)
    yield "検出", "", "", "理由", ", ".join(row.reasons)
    yield (
        "検出",
        "",
        "",
        "本人数(保留ごとの合計)" if row.persons_exact else "本人数(保留ごとの合計、最大)",
        str(row.persons),
    )


def _steps(stop: Stop) -> Iterator[Fact]:
    scope = _SCOPES[stop.scope.value]
    yield "緊急停止", stop.at.isoformat(), stop.name, f"{stop.id} 緊急停止({scope})", stop.reason
    if stop.asked_at:
        yield "緊急停止", stop.asked_at.isoformat(), stop.asked_name, f"{stop.id} 再開を求めた(1人目)", stop.asked
    if stop.ended_at:
        yield "緊急停止", stop.ended_at.isoformat(), stop.ended_name, f"{stop.id} 再開に同意した(2人目)", ""
