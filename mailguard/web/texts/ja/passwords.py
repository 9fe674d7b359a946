"""The own password, in Japanese."""

TEXTS = {
    "password.title": "パスワードの変更",
    "password.help": "{n}文字以上にしてください。変更すると、ほかの端末のログインはすべて終わります。変更したことは承認記録に残ります。",
    "password.given.help": "ほかの人が決めたパスワードでログインしています。自分のパスワードを決めるまで、ほかの画面は使えません。",
    "password.old": "いまのパスワード",
    "password.new": "新しいパスワード",
    "password.again": "新しいパスワード(もう一度)",
    "password.submit": "変更する",
    "password.refused": "変更できませんでした",
    "done.password": "パスワードを変更しました。",
    "refused.password_wrong": "いまのパスワードが違います。",
    "refused.password_same": "いまと違うパスワードにしてください。",
    "refused.password_short": "パスワードが短すぎます。",
    "refused.password_again": "新しいパスワードが2回で違います。",
    "refused.password_given": "先に自分のパスワードを決めてください。",
}
