"""The facts of a case in lines: numbers, times, who did what. Shared by every document. Pure."""

from collections.abc import Iterator

from mailguard.leak.case import Case, Event, Mailing
from mailguard.leak.paper import Line
from mailguard.leak.words import FILL, kinds, moment, reason
from mailguard.policy import Ground, GroundCheck

_MET = {True: "該当", False: "該当せず(検出の範囲で)", None: "不明(中身を確認できない添付あり)"}


def recipients(mailings: tuple[Mailing, ...]) -> Iterator[Line]:
    """Whom it reached, and whom it did not."""
    reached, missed = sum(one.reached for one in mailings), sum(one.not_reached for one in mailings)
    yield Line("届いた宛先数", f"{reached:,}件(中継サーバーが受理した数)")
    if doubtful := sum(one.doubtful for one in mailings):
        yield Line("届いた可能性のある宛先数", f"{doubtful:,}件(中継サーバーの返事が失われ、確かめられない数)")
    yield Line("届いていない宛先数", f"{missed:,}件")
    if waiting := sum(one.waiting for one in mailings):
        yield Line("うち送信待ち", f"{waiting:,}件(まだ止めることができます)")


def persons(case: Case) -> str:
    """As the law counts them; where the number is unknown, the possible maximum."""
    if case.exact:
        return f"{case.persons:,}人"
    return f"最大 {case.persons:,}人(正確な数が分からないため、可能性のある最大の人数)"


def mailing(one: Mailing) -> Iterator[Line]:
    """What identifies it."""
    yield Line("番号" if one.monitored else "保留番号", one.id)
    yield Line("送信システム", one.source)
    yield Line("件名(伏せ字)", one.subject or "(件名なし)")
    yield Line("状態", one.state)
    yield Line("通数", f"{one.messages:,}通")
    yield Line("個人データの項目", kinds(finding.kind for finding in one.inspection.findings) or "検出なし")
    yield Line("本人数", f"{'' if one.exact and not one.counting else '最大 '}{one.persons:,}人")
    yield Line("受付日時", moment(one.seen))
    yield Line("保留の対象となる理由" if one.monitored else "保留理由", "、".join(reason(code) for code in one.reasons))


def timeline(one: Mailing) -> Iterator[Line]:
    """What was done, in order."""
    for event in _in_order(one):
        words = f"「{event.words}」" if event.words else ""
        yield Line(moment(event.at), f"{event.who}: {event.what}{words}")


def _in_order(one: Mailing) -> list[Event]:
    sent = []
    if one.first_at and one.left:
        sent.append(Event(one.first_at, "中継サーバー", "最初の宛先に送信"))
    if one.last_at and one.left and one.last_at != one.first_at:
        sent.append(Event(one.last_at, "中継サーバー", "最後の宛先に送信"))
    return sorted([*one.events, *sent], key=lambda event: event.at)


def grounds(case: Case) -> Iterator[Line]:
    """Each ground of the law against the data."""
    yield Line("根拠", f"{case.article}1項・{case.rule}")
    view = case.law
    for number, check in enumerate(view.grounds, 1):
        yield Line(f"{number}号", _ground(case, check))
    mine = view.my_number
    if mine.count or mine.met is None:
        count = f"{mine.count:,}人分(基準: {mine.more_than:,}人を超える)"
        yield Line("番号法29条の4", f"個人番号(マイナンバー): {_MET[mine.met]}。{count}")


def _ground(case: Case, check: GroundCheck) -> str:
    if check.ground is Ground.SPECIAL_CARE:
        return f"要配慮個人情報: {_MET[check.met]}"
    if check.ground is Ground.FINANCIAL_DAMAGE:
        return f"財産的被害のおそれ: {_MET[check.met]}"
    if check.ground is Ground.WRONGFUL_PURPOSE:
        return f"不正の目的のおそれ: {'該当(申告による)' if case.wrongful else f'機械では判断しません {FILL}'}"
    most = "" if check.exact else "最大 "
    return f"本人の数: {_MET[check.met]}。{most}{check.count:,}人(基準: {check.more_than:,}人を超える)"


def verified(case: Case) -> Iterator[Line]:
    """How the facts can be checked."""
    yield Line("記録の末尾", str(case.head))
    if case.broken:
        yield Line(
            "記録の検証",
            f"記録 {case.broken.seq} に改ざんの跡があります({case.broken.fault})。事実をほかの資料で確かめてください。",
        )
    else:
        yield Line("記録の検証", f"改ざんなし({moment(case.made)} に検証)")
