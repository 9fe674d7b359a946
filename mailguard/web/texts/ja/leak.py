"""Drafts of a report of a leak, in Japanese."""

TEXTS = {
    "leak.title": "漏えい等報告の下書き",
    "leak.help": "承認記録から、報告書と本人への通知の下書きを作ります。送信されていない保留では、送信されていないことの記録になります。作成は承認記録に残ります。",
    "leak.open": "下書きを作る",
    "leak.known": "知った日(1日目)",
    "leak.known.help": "組織のだれかが知った日。速報・確報の期限はこの日から数えます。",
    "leak.to": "報告先",
    "leak.to.all": "報告が必要なすべての報告先",
    "leak.wrongful": "不正の目的のおそれがある(確報は60日以内)",
    "leak.encrypted": "送信されたのは高度に暗号化された添付だけで、パスワードは知られていない",
    "leak.submit": "下書きを表示(印刷用)",
    "leak.submit.md": "Markdown で保存",
    "leak.record": "承認記録を印刷用に保存",
    "leak.back": "保留に戻る",
    "action.report.drafted": "漏えい等報告の下書きを作成",
    "refused.known_bad": "知った日は 2026-11-20 のように入力してください。",
    "refused.known_later": "知った日に、まだ来ていない日は使えません。",
    "refused.receiver_unknown": "その報告先は設定にありません。",
    "refused.nothing_named": "対象の保留を指定してください。",
}
