"""Whose contact is it: marks of an organisation in a line of text, and mailboxes that are nobody's own."""

from functools import lru_cache

import regex

_MARK = regex.compile(
    r"株式会社|有限会社|合同会社|合資会社|相互会社|\((?:株|有|同|社|財|医|学)\)|㈱|㈲|(?:一般|公益)?(?:社団|財団)法人|医療法人|学校法人|社会福祉法人"
    r"|(?:特定非営利活動|NPO)法人|協同組合|生協|共済会|商工会|事務局|事務所|実行委員会|編集部|営業所|本社|支社|(?<!(?:銀行|金庫|農協)[ ]?[^ ]{0,8})(?:支店(?![受引])|本店)|店舗|店(?=[ :(]|$)|カスタマー"
    r"|サポート(?:センター|窓口|デスク)|コールセンター|お客様(?:相談|センター|窓口)|お?問い?合わ?せ(?:先|窓口|は|:|[ ]|$)|問合せ先?(?:[: ]|$)|ご?相談窓口|受付(?:窓口|時間|センター|:)|フリーダイヤル"
    r"|発行(?:元|者|:)|配信(?:元|:)|運営(?:元|会社|:)|主催|代表(?:電話|番号)|お?振込|振り込み|\b(?:Inc|Ltd|Corp|LLC|Co)\b\.?",
    regex.IGNORECASE,
)
# A letterhead without a legal form: a line that is the name of such a body and nothing else, but for its branch.
_LETTERHEAD = regex.compile(
    r"\s*+[^\s\d、。,:@()]{3,20}(?<=銀行|信用金庫|信用組合|信金|証券|保険|学園|学院|学校|高校|大学|大学院|予備校|学習塾|幼稚園|保育園|こども園|病院|医院|クリニック|薬局"
    r"|協会|研究会|商工会|商工会議所|連合会|連盟|組合|自治会|町内会|福祉会|文化協会|財団|機構|旅館|ホテル|リゾート|市役所|区役所|町役場|村役場|県庁|府庁|都庁|道庁|教育委員会|図書館|美術館|博物館|公民館|会館"
    r"|百貨店|デパート|書店|商店|商会|薬品|工業|製作所|スクール|スタジオ|サロン)(?:[ ][^\s\d、。,:@]{1,15}(?:部|課|室|係|支店|支部|校|館|窓口|センター))?+\s*+"
)
_SHORT = 200  # characters of a line whose answer is kept for long
_STAFF = regex.compile(r"担当|代表取締役|発行責任者|編集長|取締役|社長|部長|課長|係長|店長|マネージャー")
# fmt: off
MAILBOXES = frozenset([
    "admin", "all", "bounce", "bounces", "contact", "customer", "customers", "donotreply", "event", "events", "feedback",
    "hello", "help", "helpdesk", "info", "inquiries", "inquiry", "jimu", "jimukyoku", "jinji", "koho", "kouhou", "mag",
    "magazine", "mailmagazine", "marketing", "member", "members", "melmaga", "news", "newsletter", "no-reply", "no_reply",
    "noreply", "office", "order", "orders", "otoiawase", "postmaster", "pr", "press", "privacy", "recruit", "saiyo", "saiyou",
    "sales", "secretariat", "seminar", "service", "services", "shop", "soudan", "soumu", "staff", "store", "support", "team",
    "toiawase", "unsubscribe", "webmaster",
])
# fmt: on


def names_organisation(line: str) -> bool:
    """Whether a folded line speaks of an organisation's own contact, and is not addressed to it (御中)."""
    return _known(line) if len(line) <= _SHORT else _known_long(line)


def _names_organisation(line: str) -> bool:
    return (_MARK.search(line) is not None or _LETTERHEAD.fullmatch(line) is not None) and "御中" not in line


_known = lru_cache(4096)(_names_organisation)
_known_long = lru_cache(4)(_names_organisation)  # a paragraph that is one line is asked about for each of its groups


def names_staff(line: str) -> bool:
    """Whether the person in a folded line stands there for an organisation (担当 佐藤)."""
    return _STAFF.search(line) is not None


def shared_mailbox(address: str) -> bool:
    """Whether an e-mail address is an organisation's by its local part, as info@ is (RFC 2142 and custom)."""
    local = address.partition("@")[0].casefold()
    return local in MAILBOXES or local.rstrip("0123456789-_") in MAILBOXES
