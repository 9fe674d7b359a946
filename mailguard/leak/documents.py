"""Which papers a case needs: reports to those who are to be told, the letter to the persons, or why none is due. Pure.

In: a case. Out: documents in Japanese. The letter to the persons has items 1, 2, 4, 5 and 9 (施行規則10条).
"""

from mailguard.config import Receiver
from mailguard.errors import RefusedError
from mailguard.leak import facts
from mailguard.leak.case import Case
from mailguard.leak.deadlines import Deadlines, said
from mailguard.leak.items import TITLES, items
from mailguard.leak.paper import Document, Line, Section
from mailguard.leak.words import FILL, KINDS, moment

DRAFT = "下書き: (記入) を埋め、事実を確かめてから使ってください。法律上の判断は責任者が行ってください。"


def documents(case: Case, to: str = "") -> list[Document]:
    """For receiver `to`, or for each who is to be told. Raises RefusedError when there is no such receiver."""
    chosen = _chosen(case, to)
    if not case.gone:
        return [_not_left(case)]
    if case.exempt:
        return [_not_due(case)]
    reports = [_report(case, receiver) for receiver in chosen]
    return [*(reports or [_assessment(case)]), _letter(case)]


def _chosen(case: Case, to: str) -> list[Receiver]:
    known = case.settings.receivers
    if to:
        found = [receiver for receiver in known if receiver.id == to]
        if not found:
            names = ", ".join(receiver.id for receiver in known)
            raise RefusedError("receiver_unknown", f"No such receiver. Name one of report.receivers: {names}.")
        return found
    return [receiver for receiver in known if _told(case, receiver)]


def _told(case: Case, receiver: Receiver) -> bool:
    """An outsourcer tells its client in place of the commission."""
    if case.settings.outsourcer and receiver.kind == "commission":
        return False
    if receiver.persons:
        return case.persons >= receiver.persons or any(one.inspection.problems for one in case.gone)
    return case.reportable is not False  # what nobody could look into may hold anything


def _sender(case: Case) -> tuple[str, ...]:
    settings = case.settings
    return said(case.made.date()), settings.organisation or f"組織名 {FILL}", settings.responsible or f"責任者 {FILL}"


def _report(case: Case, receiver: Receiver) -> Document:
    title = {"commission": "漏えい等報告書(下書き)", "client": "漏えい等に関する委託元への通知(下書き)"}
    return Document(
        "report",
        receiver.id,
        title.get(receiver.kind, "漏えい等に関する報告(下書き)"),
        (f"{receiver.name} 御中", *receiver.address),
        _sender(case),
        (
            Section("この下書きについて", (Line("", DRAFT),)),
            Section("報告の期限", tuple(_deadlines(case, receiver))),
            Section("報告対象事態の該当", tuple(facts.grounds(case))),
            *items(case),
        ),
    )


def _deadlines(case: Case, receiver: Receiver) -> list[Line]:
    days = Deadlines.of(case.known)
    known = Line("知った日(1日目)", said(days.known))
    prompt = f"{said(days.prompt_from)}から{said(days.prompt_to)}まで(概ね3〜5日以内。土日・祝日も数えます)"
    if receiver.kind == "client":
        note = "委託元に通知した委託先は、委員会への報告を要しません(法26条1項ただし書)。確報の期限は委託元に進みます。"
        return [known, Line("通知", f"{prompt}。速やかに"), Line("根拠", note)]
    if receiver.kind == "other":
        return [known, Line("期限", f"報告先の定めによります {FILL}"), Line("参考(委員会への速報)", prompt)]
    moved = "最終日が土日・祝日・12月29日〜1月3日に当たるときは次の開庁日"
    thirty, sixty = f"{said(days.final)}まで(30日以内。{moved})", f"{said(days.final_wrongful)}まで(60日以内。{moved})"
    final = (
        [Line("確報", sixty)]
        if case.wrongful
        else [Line("確報", thirty), Line("不正の目的のおそれがある場合の確報", sixty)]
    )
    lines = [known, Line("速報", prompt), *final]
    if case.settings.outsourcer:
        lines.append(Line("委託", "委託元に通知した場合、委員会への報告は不要です(法26条1項ただし書)"))
    if case.reportable is not True:
        lines.append(Line("注意", "検出の範囲では報告対象の事由が確かめられていません。報告の要否を判断してください。"))
    return lines


def _letter(case: Case) -> Document:
    """To the persons concerned, in polite words; without the names of staff."""
    made = {section.number: section for section in items(case)}
    first = min((one.first_at for one in case.gone if one.first_at), default=None)
    count = sum(one.reached + one.doubtful for one in case.gone)
    outline = (
        Line(
            "",
            f"{moment(first)[:10] if first else FILL} に当社が送信した電子メールに、あなたの個人データが誤って含まれていました。",
        ),
        Line("", f"このメールは {count:,}件の宛先に届いた可能性があります。経緯: {FILL}"),
    )
    data = (Line("", "、".join(KINDS[kind] for kind in case.kinds) or FILL),)
    cause = (Line("", f"{FILL} (分かりやすい言葉で)"),)
    other = (
        Line("お問い合わせ窓口", case.settings.contact or FILL),
        Line("お願い", "心当たりのない電子メール、電話、郵便物にご注意ください。"),
        Line("今後の対応", FILL),
    )
    when = "" if case.reportable else "報告対象に当たるときは、"
    due = f"{when}本人への通知が必要です({case.article}2項)"
    return Document(
        "notice",
        "",
        "個人データの漏えいに関するお詫びとお知らせ(文案)",
        (f"{FILL} 様",),
        _sender(case),
        (
            Section("この文案について", (Line("", f"{DRAFT} {due}。"),)),
            Section(TITLES[0], outline, 1),
            Section("漏えいした個人データの項目", data, 2),
            Section(TITLES[3], cause, 4),
            Section(TITLES[4], made[5].lines, 5),
            Section(TITLES[8], other, 9),
        ),
    )


def _assessment(case: Case) -> Document:
    """Nobody is to be told by law or configuration: why, for the files of the organisation."""
    why = (
        Line("結論", "送信されたデータは、検出の範囲では報告対象の事由に当たりません。委員会への報告は任意です。"),
        Line("注意", "不正の目的のおそれがある場合は、人数にかかわらず報告の対象です。責任者が確かめてください。"),
    )
    return _inside(case, "not_due", "漏えい等報告の要否の記録(報告対象に当たらない)", why, items(case))


def _not_due(case: Case) -> Document:
    why = (
        Line(
            "結論",
            f"高度な暗号化その他の必要な措置を講じたデータのため、委員会への報告と本人への通知は不要と考えられます({case.rule}1号)。",
        ),
        Line("根拠", "送信された添付は暗号化されたままで、mailguard は持っているどのパスワードでも開けませんでした。"),
        Line(
            "確かめること",
            f"電子政府推奨暗号など適切な方式で、鍵やパスワードが同じ経路で送られておらず、推測できないこと {FILL}",
        ),
    )
    return _inside(case, "not_due", "漏えい等報告の要否の記録(高度な暗号化)", why, _each(case))


def _not_left(case: Case) -> Document:
    waiting = sum(one.waiting for one in case.mailings)
    text = "次のメールは mailguard が保留し、送信していません。中継サーバーが受理した宛先は 0件です。"
    why = [Line("結論", text)]
    if case.broken:
        why.append(Line("注意", "記録に改ざんの跡があるため、この文書は送信されていないことの証明になりません。"))
    elif waiting:
        why.append(Line("注意", f"承認済みで送信待ちの宛先が {waiting:,}件あります。止めない限り送信されます。"))
    else:
        why.append(
            Line("漏えい等の該当", "個人データは組織の外に出ていないため漏えいに当たらず、委員会への報告は不要です。")
        )
        if any(one.undecided for one in case.mailings):
            why.append(Line("注意", "まだ判断されていない保留があります。承認されると送信されます。"))
    return _inside(case, "not_left", "送信されていないことの記録(漏えいなし)", tuple(why), _each(case))


def _each(case: Case) -> tuple[Section, ...]:
    return tuple(
        Section(f"{one.id} の記録", (*facts.mailing(one), *facts.recipients((one,)), *facts.timeline(one)))
        for one in case.mailings
    )


def _inside(case: Case, kind: str, title: str, why: tuple[Line, ...], rest: tuple[Section, ...]) -> Document:
    conclusion = Section("判定", (*why, *(facts.grounds(case) if case.gone else ())))
    return Document(
        kind, "", title, (), _sender(case), (conclusion, *rest, Section("記録の検証", tuple(facts.verified(case))))
    )
