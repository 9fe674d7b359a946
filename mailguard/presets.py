"""Reasons that mean something in law, as stable codes; the page has their words, the record keeps the code.

個人情報保護法: what is sent to the person it is about is no provision to a third party; 27条5項 (entrustment, joint use) makes
the receiver no third party; 27条1項 asks for consent or another ground, and 29条 for a record of what was provided.
"""

from enum import StrEnum


class Preset(StrEnum):
    """Why somebody decides as he does; the strings are public."""

    OWN_DATA = "own_data"
    PUBLIC = "public"
    ENTRUSTED = "entrusted"
    THIRD_PARTY = "third_party"
    FALSE_POSITIVE = "false_positive"
    WRONG_ATTACHMENT = "wrong_attachment"
    WRONG_RECIPIENT = "wrong_recipient"
    NOT_NEEDED = "not_needed"
    NO_GROUND = "no_ground"
    TO_CONFIRM = "to_confirm"
    SEND_AGAIN = "send_again"
    OTHER = "other"


PRESETS: dict[str, tuple[Preset, ...]] = {
    "approve": (
        Preset.OWN_DATA,
        Preset.PUBLIC,
        Preset.ENTRUSTED,
        Preset.THIRD_PARTY,
        Preset.FALSE_POSITIVE,
        Preset.OTHER,
    ),
    "reject": (
        Preset.WRONG_ATTACHMENT,
        Preset.WRONG_RECIPIENT,
        Preset.NOT_NEEDED,
        Preset.NO_GROUND,
        Preset.OTHER,
    ),
    "return": (Preset.TO_CONFIRM, Preset.WRONG_ATTACHMENT, Preset.WRONG_RECIPIENT, Preset.NOT_NEEDED, Preset.OTHER),
    "withdraw": (Preset.SEND_AGAIN, Preset.WRONG_ATTACHMENT, Preset.WRONG_RECIPIENT, Preset.OTHER),
}
"""Which of them go with a choice of a person (`lifecycle.Choice`); a choice that is not here takes none."""

JAPANESE: dict[str, str] = {
    Preset.OWN_DATA: "本人宛て",
    Preset.PUBLIC: "公開情報",
    Preset.ENTRUSTED: "委託・共同利用",
    Preset.THIRD_PARTY: "第三者提供(記録要)",
    Preset.FALSE_POSITIVE: "誤検知",
    Preset.WRONG_ATTACHMENT: "添付誤り",
    Preset.WRONG_RECIPIENT: "宛先誤り",
    Preset.NOT_NEEDED: "不要な個人情報",
    Preset.NO_GROUND: "提供の根拠なし",
    Preset.TO_CONFIRM: "要確認",
    Preset.SEND_AGAIN: "取り下げ、添付を外して再送",
    Preset.OTHER: "その他",
}
"""Their words in the record and on the Japanese page."""
