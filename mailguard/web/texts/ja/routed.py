"""Who must approve, in Japanese."""

TEXTS = {
    "route.count": "現在{n}人が承認しています(必要 {needed}人)。",
    "route.undeclared": "未登録の送信システム",
    "route.needs": "{names}のため{n}名の承認が必要です",
    "route.missing": "(あと{n}名)",
    "route.missing.who": "(あと{n}名:{who})",
    "route.of": "{who}{n}名",
    "route.others": "ほか",
    "route.nowhere": "所属の登録がない承認者",
    "decide.short": "必要な承認ができる承認者がいません{missing}。",
    "decide.short.help": "このままでは承認も送信もされません(却下と差し戻しはできます)。管理者に承認者の追加を依頼してください。",
    "route.approved": "承認済み: {who}",
    "route.step": "承認上限が{n:,}件以上になると、「{names}」の承認も必要です。",
}
