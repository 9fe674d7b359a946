import pytest

from mailguard.model import Kind


@pytest.mark.parametrize(
    ("text", "kind", "role", "piece"),
    [
        ("氏名", Kind.NAME, "", "full"),
        ("保護者氏名", Kind.NAME, "保護者", "full"),
        ("保護者　氏名", Kind.NAME, "保護者", "full"),
        ("氏名（保護者）", Kind.NAME, "保護者", "full"),
        ("児童氏名カナ", Kind.NAME_KANA, "児童", "full"),
        ("児童氏名（ﾌﾘｶﾞﾅ）", Kind.NAME_KANA, "児童", "full"),
        ("保護者姓", Kind.NAME, "保護者", "family"),
        ("姓", Kind.NAME, "", "family"),
        ("名", Kind.NAME, "", "given"),
        ("セイ", Kind.NAME_KANA, "", "family"),
        ("メイ", Kind.NAME_KANA, "", "given"),
        ("last_name", Kind.NAME, "", "family"),
        ("firstName", Kind.NAME, "", "given"),
        ("customer_name", Kind.NAME, "customer", "full"),
        ("guardian_name", Kind.NAME, "guardian", "full"),
        ("guardian_name_kana", Kind.NAME_KANA, "guardian", "full"),
        ("shimei", Kind.NAME, "", "full"),
        ("氏名2", Kind.NAME, "2", "full"),
        ("保護者電話番号", Kind.PHONE, "保護者", "full"),
        ("保護者メールアドレス", Kind.EMAIL, "保護者", "full"),
        ("〒", Kind.POSTAL_CODE, "", "full"),
        ("会員番号", Kind.MEMBER_NUMBER, "", "full"),
    ],
)
def test_a_header_says_kind_whose_and_which_half(rules, text, kind, role, piece):
    header = rules.header_kind(text)
    assert header is not None
    assert (header.kind, header.role, header.piece) == (kind, role, piece)


def test_half_of_a_childs_name(rules):
    family, given = rules.header_kind("お子様のお名前(姓)"), rules.header_kind("お子様のお名前(名)")
    assert (family.piece, given.piece) == ("family", "given")
    assert family.role == given.role != ""


@pytest.mark.parametrize(
    "text", ["会社名", "店舗名", "企業名", "store_name", "corporateName", "学校名", "companyname", "会社名カナ"]
)
def test_organisations_are_never_persons(rules, text):
    header = rules.header_kind(text)
    assert header.organisation
    assert header.kind is None


def test_the_phone_of_a_shop_stays_a_phone(rules):
    header = rules.header_kind("店舗電話番号")
    assert header.kind is Kind.PHONE
    assert header.organisation


@pytest.mark.parametrize("text", ["name", "名称", "city", "prefecture"])
def test_bare_words_need_content(rules, text):
    assert not rules.header_kind(text).strong


@pytest.mark.parametrize(
    "text",
    ["page", "hotel_rate", "image", "message", "備考", "lat", "単価", "url", "", " ", "メール配信可否", "x" * 500],
)
def test_other_headers_mean_nothing_personal(rules, text):
    header = rules.header_kind(text)
    assert header is None or header.kind is None
