"""The nine items of a report (施行規則8条1項各号, 別記様式第一), filled in as far as the record knows. Pure."""

from collections.abc import Iterator

from mailguard.leak import facts
from mailguard.leak.case import Case
from mailguard.leak.deadlines import said
from mailguard.leak.paper import Line, Section
from mailguard.leak.words import FILL, KINDS, PROBLEMS, moment
from mailguard.model import Kind

TITLES = (
    "概要", "漏えい等が発生し、又は発生したおそれがある個人データの項目", "漏えい等が発生し、又は発生したおそれがある個人データに係る本人の数",
    "原因", "二次被害又はそのおそれの有無及びその内容", "本人への対応の実施状況", "公表の実施状況", "再発防止のための措置", "その他参考となる事項",
)  # fmt: skip
SHOWN = 20  # holds that a report tells of one by one; numbers are those of all


def items(case: Case) -> tuple[Section, ...]:
    """In the order of the form."""
    made = (_outline, _data, _number, _cause, _secondary, _told, _published, _prevention, _other)
    return tuple(
        Section(title, tuple(lines(case)), number)
        for number, (title, lines) in enumerate(zip(TITLES, made, strict=True), 1)
    )


def _outline(case: Case) -> Iterator[Line]:
    first = min((one.first_at for one in case.gone if one.first_at), default=None)
    last = max((one.last_at for one in case.gone if one.last_at), default=None)
    when = FILL
    if first and last:
        when = moment(first) if first == last else f"{moment(first)} から {moment(last)} まで"
    yield Line("事案", "電子メールの送信による個人データの漏えい(又はそのおそれ)")
    yield Line("発生日時", when)
    yield Line("発覚日", said(case.known))
    yield Line("発見者・発覚の経緯", FILL)
    yield from facts.recipients(case.gone)
    for one in case.gone[:SHOWN]:
        yield from facts.mailing(one)
    if len(case.gone) > SHOWN:
        yield Line("ほかの保留", f"{len(case.gone) - SHOWN:,}件: {'、'.join(one.id for one in case.gone[SHOWN:])}")
    yield Line("経緯", f"{FILL} 記録による時系列は 9 に示します。")


def _data(case: Case) -> Iterator[Line]:
    yield Line("項目", "、".join(KINDS[kind] for kind in case.kinds) or FILL)
    for kind in case.kinds:
        values = sum(found.distinct for one in case.gone for found in one.inspection.findings if found.kind is kind)
        yield Line(KINDS[kind], f"{values:,}件(異なる値の数、表や文書ごとの合計)")
    for one in case.gone:
        for problem in one.inspection.problems:
            yield Line("中身を確認できない添付", f"{PROBLEMS[problem.kind]}: 中にある項目 {FILL}")
    yield Line("媒体", "電子メールの本文・添付ファイル")


def _number(case: Case) -> Iterator[Line]:
    yield Line("本人の数", facts.persons(case))
    if case.households:
        yield Line("世帯数", f"{case.households:,}世帯")
    if any(one.counting for one in case.gone):
        yield Line("集計", "長い表の人数を集計しています。終わった後で下書きを作り直してください。")
    if any(one.inspection.problems for one in case.gone):
        yield Line("含まれない人数", f"中身を確認できない添付の分は含みません {FILL}")
    yield Line("数え方", "データに含まれる本人の数です。宛先の数ではありません。")


def _cause(case: Case) -> Iterator[Line]:
    yield Line("主な原因", f"{FILL} (誤った添付、宛先の誤り、確認の不足など)")
    for one in case.gone[:SHOWN]:
        if one.monitored:
            yield Line(one.id, "監視のみの設定であったため、保留されずに送信された")
            continue
        for event in one.events:
            if event.what.startswith(("承認", "遅れて配信")):
                reason = f"。理由「{event.words}」" if event.words else ""
                yield Line(one.id, f"{moment(event.at)} に {event.who} が{event.what}{reason}")
    yield Line("承認の際に見落とした理由", FILL)


def _secondary(case: Case) -> Iterator[Line]:
    yield Line("二次被害", f"{FILL} (有・無・不明)")
    fears = ["迷惑メール、なりすましのメールや電話"]
    if case.law.grounds[1].met:
        fears.append("カード・口座の不正な利用")
    if case.law.grounds[0].met:
        fears.append("要配慮個人情報が知られることによる不利益")
    if Kind.MY_NUMBER in case.kinds:
        fears.append("個人番号の不正な利用")
    yield Line("考えられるおそれ", "、".join(fears) + f" {FILL}")


def _told(case: Case) -> Iterator[Line]:
    yield Line("本人への通知", f"{FILL} (通知済み・予定・していない、日付、方法)。文案を添えています。")
    yield Line("受信者への削除の依頼", f"{FILL} (対象: 届いた宛先 {sum(one.reached for one in case.gone):,}件)")
    yield Line("問い合わせ窓口", case.settings.contact or FILL)


def _published(case: Case) -> Iterator[Line]:
    del case
    yield Line("公表", f"{FILL} (公表済み・予定・しない、日付、方法、公表の文面)")


def _prevention(case: Case) -> Iterator[Line]:
    stopped = [
        event
        for one in case.gone
        for event in one.events
        if event.what in {"残りの送信を取りやめ", "すべての送信を停止", "緊急停止"}
    ]
    for event in stopped:
        yield Line("実施済み", f"{moment(event.at)} に {event.who} が{event.what}")
    if any(one.monitored for one in case.gone):
        yield Line("検討", f"監視のみの設定を解除し、承認されるまで保留する {FILL}")
    yield Line("実施済みの措置", FILL)
    yield Line("今後の措置と完了の予定", FILL)


def _other(case: Case) -> Iterator[Line]:
    if case.settings.outsourcer:
        yield Line("委託", f"委託を受けて取り扱うデータです。委託元: {FILL}")
    others = "、".join(receiver.name for receiver in case.settings.receivers)
    yield Line("報告先", f"{others}。ほかの報告先 {FILL}")
    for one in case.gone[:SHOWN]:
        yield from facts.timeline(one)
    for one in case.kept:
        yield Line("漏えいしていないもの", f"{one.id}({one.state}): どの宛先にも送信していません")
    yield from facts.verified(case)
