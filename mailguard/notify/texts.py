"""The words of the notices, per event and language; every number stands with its word.

In: a notice. Out: subject and text. Never a subject, an address, a file name or a name out of the held mail: whoever
reads the notice follows the link and logs in.
"""

from dataclasses import dataclass

from mailguard.store.suppressions import EVENT
from mailguard.store.views import Notice


@dataclass(frozen=True, slots=True)
class Words:
    """`subject` and `lead` in one language."""

    subject: str
    lead: str


JAPANESE = {
    "opened": Words("承認待ちの保留があります", "配信を保留しました。承認者が承認するまで送信されません。内容を確認してください。"),
    "first_approval": Words("ほかの承認を待っています", "承認者が1人承認しました。必要な承認がすべてそろうまで送信されません。"),
    "approved": Words("保留が承認されました", "保留が承認済みになりました。中継サーバーへの送信を始めます。"),
    "rejected": Words("保留が却下されました", "保留が却下されました。この配信は送信されません。"),
    "returned": Words("保留が差し戻されました", "承認者が保留を差し戻しました。理由を確認してください。送信はされていません。"),
    "contact_asked": Words("公開連絡先の登録に同意を求めています", "保留にある連絡先を、公開連絡先として許可リストに登録する依頼がありました。別の承認者が同意するまで有効になりません。"),
    "answered": Words("差し戻した保留に回答がありました", "送信担当者が質問に回答しました。保留は承認待ちに戻っています。承認されるまで送信されません。"),
    "withdrawn": Words("保留が取り下げられました", "送信担当者が保留を取り下げました。この配信は送信されません。"),
    "expired": Words("保留が期限切れになりました(未送信)", "期限までに承認されなかったため、期限切れ(未送信)になりました。送信はされていません。"),
    "failed": Words("送信に失敗した宛先があります", "承認済みの配信のうち、中継サーバーが受理しなかった宛先があります。"),
    "late": Words("遅れて配信しますか", "承認から時間がたっても送信されていないメールがあります。あらためて判断するまで送信されません。"),
    "deliver_late": Words("遅れて配信します", "未送信のメールを遅れて配信すると判断されました。送信済みの宛先には再送されません。"),
    "rest_stopped": Words("残りの送信を取りやめました", "承認済みの配信のうち、未送信のメールは取り下げになりました。送信済みのメールには影響ありません。"),
    "stop_begun": Words("緊急停止しました", "承認者が緊急停止しました。対象のメールは送信されず、新しく届くメールは保留になります。"),
    "stop_end_asked": Words("緊急停止の再開に2人目の同意が必要です", "承認者の1人が再開を求めました。別の承認者が同意するまで、緊急停止は続きます。"),
    "stop_ended": Words("緊急停止を終了しました", "承認者2人が再開に同意しました。承認済みのメールの送信を再開します。停止中に保留したメールには承認が必要です。"),
    "stop_let_through": Words("緊急停止中に送信する配信があります", "承認者2人が、緊急停止中でも送信する配信を認めました。ほかの配信は停止したままです。"),
    "suppressed": Words("配信停止リストの宛先に送信しませんでした", "配信停止リストに載っている宛先を含むメールが届きました。その宛先には送信していません。ほかの宛先への送信には影響ありません。"),
    "reminder": Words("承認を待っている保留があります(再通知)", "期限までの時間が少なくなりました。期限が過ぎると送信されないまま終わります。"),
    "escalated": Words("承認されていない保留があります", "担当の承認者がまだ判断していません。期限が過ぎると送信されないまま終わります。"),
    "released": Words("送信が終わりました", "承認された配信のうち、保留していたメールの送信が終わりました。"),
    "change_asked": Words("設定の変更の同意を待っています", "設定の変更が申請されました。別の承認者が同意するまで有効になりません。"),
    "change_agreed": Words("設定が変更されました", "2人目の同意があり、設定の変更が有効になりました。"),
    "change_refused": Words("設定の変更が却下されました", "申請された設定の変更は行われません。"),
    "change_expired": Words("設定の変更が期限切れになりました", "期限までに同意がなかったため、設定の変更は行われません。"),
    "password_asked": Words("あなたのパスワードの再設定が申請されました", "サーバーの管理者が、あなたの新しいパスワードを申請しました。承認者が同意すると有効になります。頼んでいないときは、すぐに承認者へ知らせてください。"),
    "password_given": Words("あなたのパスワードが再設定されました", "サーバーの管理者が決めた一度限りのパスワードになりました。ログインして自分のパスワードに変えてください。頼んでいないときや、ログインできないときは、すぐに承認者へ知らせてください。"),
    "changed": Words("設定が変更されました", "設定の変更が記録されました。"),
    "request_filed": Words("事前申請があります", "配信の事前申請が出されました。承認者が承認するまで有効になりません。"),
    "closed": Words("終了した保留に後続のメールが届きました", "却下・取り下げ・期限切れの保留に当たるメールが届きました。送信されません。"),
}  # fmt: skip

ENGLISH = {
    "opened": Words("A hold is waiting for approval", "A mailing was held. Nothing is sent until an approver approves it. Please look at it."),
    "first_approval": Words("A second approval is needed", "One approver has approved. Nothing is sent until a different approver approves too."),
    "approved": Words("A hold was approved", "The hold was approved. Sending to the relay begins."),
    "rejected": Words("A hold was rejected", "The hold was rejected. This mailing will not be sent."),
    "returned": Words("A hold was sent back", "An approver sent the hold back with a question. Nothing was sent."),
    "contact_asked": Words("A public contact waits for agreement", "Somebody asked to put a contact of a hold on the allow list as a published one. It does not count until another approver agrees."),
    "answered": Words("The question about a hold was answered", "An operator answered the question. The hold waits for approval again; nothing is sent until then."),
    "withdrawn": Words("A hold was withdrawn", "An operator withdrew the hold. This mailing will not be sent."),
    "expired": Words("A hold expired (never sent)", "Nobody approved the hold in time. It expired and was never sent."),
    "failed": Words("Mail could not be sent to some recipients", "The relay did not accept some recipients of an approved mailing."),
    "late": Words("Deliver late?", "Some approved mail has not been sent in time. It is not sent until somebody decides again."),
    "deliver_late": Words("Delivering late", "It was decided to deliver the rest of an approved mailing late. Recipients that have it do not get it again."),
    "rest_stopped": Words("The rest of a mailing was stopped", "What was not sent of an approved mailing was withdrawn. Mail that was sent is not affected."),
    "stop_begun": Words("Emergency stop", "An approver has stopped mail. What the stop covers is not sent, and new mail of it is held."),
    "stop_end_asked": Words("A second person must agree to end a stop", "One approver wants to end an emergency stop. It lasts until a different approver agrees."),
    "stop_ended": Words("An emergency stop has ended", "Two approvers have ended an emergency stop. Approved mail goes out again. What was held meanwhile needs an approval."),
    "stop_let_through": Words("A mailing goes out in spite of a stop", "Two approvers let one mailing through an emergency stop. Everything else stays stopped."),
    "suppressed": Words("Recipients on the stop list were not sent to", "Mail arrived for recipients that are on the stop list. They were not sent to. Other recipients are not affected."),
    "reminder": Words("Holds are waiting for approval (reminder)", "Their time is running out. What nobody approves in time is never sent."),
    "escalated": Words("Nobody has decided on a hold", "Its approvers have not decided yet. What nobody approves in time is never sent."),
    "released": Words("Sending has finished", "The held mail of an approved mailing was sent."),
    "change_asked": Words("A change needs a second person", "Somebody asked for a change of the settings. It takes effect when a different approver agrees."),
    "change_agreed": Words("The settings were changed", "A second person agreed, and the change is in effect."),
    "change_refused": Words("A change was refused", "The change of the settings will not be made."),
    "change_expired": Words("A change expired", "Nobody agreed in time. The change of the settings will not be made."),
    "password_asked": Words("Somebody asked for a new password for you", "Whoever runs the server asked for a new password of yours. It counts when an approver agrees. If you did not ask for it, tell an approver now."),
    "password_given": Words("You were given a new password", "Your password is now one that whoever runs the server made, good for one use. Log in and choose your own. If you did not ask for it, or cannot log in, tell an approver now."),
    "changed": Words("The settings were changed", "A change of the settings was recorded."),
    "request_filed": Words("A mailing was filed in advance", "An operator filed a mailing in advance. It counts when an approver approves it."),
    "closed": Words("More mail arrived for a closed hold", "Mail arrived that belongs to a rejected, withdrawn or expired hold. It is not sent."),
}  # fmt: skip

_OTHER_JA = Words("保留に変化がありました", "保留の状態が変わりました。")
_OTHER_EN = Words("A hold changed", "The state of a hold has changed.")


_LABELS = {
    "ja": {
        "about": "対象", "day": "日付", "hold": "保留", "source": "送信システム", "subject": "件名(伏せ字)", "holds": "保留数", "persons": "本人数",
        "recipients": "宛先数", "messages": "通数", "spared": "送信しなかった宛先数(この通知の時点)",
    },
    "en": {
        "about": "About", "day": "Day", "hold": "Hold", "source": "Sending system", "subject": "Subject (masked)", "holds": "Holds",
        "persons": "Persons in the data", "recipients": "Recipients", "messages": "Messages", "spared": "Recipients not sent to, so far",
    },
}  # fmt: skip
_UNITS = {
    "ja": {"holds": "件", "persons": "人分", "recipients": "件", "messages": "通", "spared": "件"},
    "en": {},
}  # fmt: skip


def compose(notice: Notice, link: str, language: str) -> tuple[str, str]:
    """(subject, text): Japanese first with English below, the other way round for who reads English."""
    ja, en = _said(notice, link, "ja"), _said(notice, link, "en")
    first, second = (en, ja) if language == "en" else (ja, en)
    about = f" / {notice.hold_id}" if notice.hold_id and notice.holds == 1 else ""
    return f"[mailguard] {first[0]}{about}", f"{first[1]}\n----------\n{second[1]}"


def _said(notice: Notice, link: str, language: str) -> tuple[str, str]:
    words, other = (ENGLISH, _OTHER_EN) if language == "en" else (JAPANESE, _OTHER_JA)
    chosen = words.get(notice.event, other)
    labels, units, colon = _LABELS[language], _UNITS[language], ": "
    facts = [
        labels[key] + colon + (f"{value:,}{units.get(key, '')}" if isinstance(value, int) else value)
        for key, value in _facts(notice)
    ]
    link = "" if notice.event == EVENT else f"\n{link}\n"
    return chosen.subject, chosen.lead + "\n\n" + "".join(f"{fact}\n" for fact in facts) + link


def _facts(notice: Notice) -> list[tuple[str, str | int]]:
    """What a notice says, each with the key of its label."""
    source: tuple[str, str | int] = ("source", notice.source_title)
    if notice.event == EVENT:
        return [("day", notice.hold_id), source, ("spared", notice.recipients), ("messages", notice.messages)]
    if not notice.hold_id:
        return [("about", notice.source_title)] if notice.source_title else []
    which: tuple[str, str | int] = ("hold", notice.hold_id) if notice.holds == 1 else ("holds", notice.holds)
    numbers: list[tuple[str, str | int]] = [
        ("persons", notice.persons), ("recipients", notice.recipients), ("messages", notice.messages),
    ]  # fmt: skip
    return [which, source, *([("subject", notice.subject)] if notice.subject else []), *numbers]
