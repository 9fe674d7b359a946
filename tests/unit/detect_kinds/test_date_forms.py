"""Birth dates, ages, sexes, school grades and numbers: by header and content, or by keyword and check. All made up."""

import pytest

from mailguard.detect.folding import fold, fold_cell
from mailguard.model import Kind

DATES = [
    "1981-04-29", "1981/4/29", "1981.4.29", "1981年4月29日", "1981年 4月 29日", "１９８１年４月２９日", "19810429", "1981-04-29 00:00:00", "1981-04-29T00:00:00", "1981-04-29T00:00:00.000Z", "1981/04/29 0:00", "29/04/1981", "4/29/1981", "29-04-1981", "29.04.1981",
    "S56.4.29", "S56/4/29", "S56-4-29", "S56年4月29日", "s56.4.29", "Ｓ５６．４．２９", "昭和56年4月29日", "昭和56.4.29", "昭和56/4/29", "昭56.4.29", "昭和五十六年四月二十九日", "昭和 56年 4月29日", "S 56. 4.29", "S56.04.29", "S560429", "昭和56年4月29日生", "昭和56年4月29日生まれ",
    "H5/1/2", "H5.1.2", "平成5年1月2日", "平成5年01月02日", "平5.1.2", "平成元年1月8日", "H1.1.8", "H元.1.8", "平成31年4月30日", "R5.1.2", "R5/1/2", "令和5年1月2日", "令5.1.2", "R05.01.02", "令和元年5月1日", "㍻5年1月2日", "㍼56年4月29日", "T15.12.1", "大正15年12月1日", "M45.7.1",
    "1981年(昭和56年)4月29日", "昭和56年(1981年)4月29日", "S56(1981)/4/29", "Apr 29, 1981", "29 April 1981", "April 29, 1981", "29-Apr-1981", "1981年4月29日(水)", "1981-4-29 (42歳)",
]  # fmt: skip
NO_DATES = ["12345678", "1981", "090-1234-5678", "259-1113", "1981-13-01", "1981-02-30", "S99.1.1", "H32.1.1", "29歳", "S65.1.1", "R5", "20231301", "19810230", "S56", "4月29日", "10:30", "1.2.3", "192.168.1.1", "A12.3.4", "T-1000", "M8x20", "H2O", "S-1-2", "3900101", "1234567", "山田太郎"]  # fmt: skip
SHORT = [
    *((Kind.SEX, text, 0.5) for text in ("男", "女", "男性", "女性", "Male", "FEMALE", "男子", "おとこ", "オトコ", "女の子")), *((Kind.SEX, text, 0.35) for text in ("M", "F", "1", "2", "0", "9", "m", "その他", "回答しない", "無回答", "♂", "♀")),
    *((Kind.AGE, text, 0.5) for text in ("37歳", "37才", "満37歳", "0歳", "100歳", "5歳3か月", "３７歳")), *((Kind.AGE, text, 0.35) for text in ("37", "0", "105", "37.0")),
    *((Kind.GRADE, text, 0.5) for text in ("小1", "小学3年", "小学3年生", "小学校六年生", "中2", "中学2年", "高校1年", "高3", "大学3年", "年長", "年中", "年少", "未就学児", "3年生", "園児", "小３", "高専2年", "新小1", "5歳児クラス")), *((Kind.GRADE, text, 0.35) for text in ("1", "6", "3年", "2年1組", "1年A組", "3-2")),
]  # fmt: skip
NO_SHORT = [
    *((Kind.SEX, text) for text in ("男女", "山田", "男子校", "M1", "10", "女将", "")), *((Kind.AGE, text) for text in ("370", "-5", "150歳", "3年", "歳", "20代", "18歳以上", "1.5")), *((Kind.GRADE, text) for text in ("小林", "中央", "年長者", "高1234", "大手", "小1234", "中高", "一年", "2023年")),
]  # fmt: skip
NUMBERS = [
    (Kind.MY_NUMBER, "マイナンバー：1234-5678-9018"), (Kind.MY_NUMBER, "個人番号は123456789018です"), (Kind.LICENCE, "運転免許証番号：301234567890"), (Kind.PASSPORT, "旅券番号 TK1234567"), (Kind.PASSPORT, "パスポートNo. TK 1234567"),
    (Kind.PENSION, "基礎年金番号：1234-567890"), (Kind.INSURANCE, "被保険者番号：12345678"), (Kind.INSURANCE, "保険証の記号・番号：1234・567"), (Kind.RESIDENCE_CARD, "在留カード番号 AB12345678CD"), (Kind.BANK_ACCOUNT, "みずほ銀行 新宿支店 普通 1234567"),
    (Kind.BANK_ACCOUNT, "口座番号：１２３４５６７"), (Kind.CARD, "カード番号 4111 1111 1111 1111"), (Kind.CARD, "4111-1111-1111-1111"), (Kind.CARD, "クレジットカード：378282246310005"), (Kind.MEMBER_NUMBER, "会員番号：12345678"), (Kind.MEMBER_NUMBER, "お客様番号：A-1234-567"),
    (Kind.MEMBER_NUMBER, "患者ID：00012345"), (Kind.MEMBER_NUMBER, "会員番号 K0012345"), (Kind.EMPLOYEE_NUMBER, "社員番号：123456"), (Kind.EMPLOYEE_NUMBER, "社員番号E-01234"), (Kind.MEMBER_NUMBER, "学籍番号は21A1234"),
]  # fmt: skip
NO_NUMBERS = ["123456789018", "注文番号 123456789018", "4111111111111111", "4111-1111-1111-1112", "型番 TK1234567", "AB1234567CD", "1234-567890", "普通郵便 1234567 個", "在庫 301234567890", "JAN 4901234567894", "1,234,567", "会員数：12345678", "社員数：123456", "マイナンバーカードの普及率は1234万枚", "192.168.100.200", "2023-10-31 12:34:56", "カード番号：****-****-****-1234"]  # fmt: skip


def found(detectors, kind, text):
    return list(detectors.of(kind).find(fold(text).text))


@pytest.mark.parametrize("text", DATES)
def test_a_date_someone_may_be_born_on(detectors, text):
    assert detectors.of(Kind.BIRTH_DATE).cell(fold_cell(text)) >= 0.5


@pytest.mark.parametrize("text", ["29705", "44928", "29705.0", "1981", "1981年4月", "810429", "3560429"])
def test_what_is_a_date_only_under_its_header(detectors, text):
    assert 0.35 <= detectors.of(Kind.BIRTH_DATE).cell(fold_cell(text)) < 0.5


@pytest.mark.parametrize("text", [text for text in NO_DATES if text != "1981"])
def test_what_is_no_date(detectors, text):
    assert detectors.of(Kind.BIRTH_DATE).cell(fold_cell(text)) < 0.35


@pytest.mark.parametrize("text", DATES)
def test_a_birth_date_in_text_needs_its_word(detectors, text):
    assert found(detectors, Kind.BIRTH_DATE, f"生年月日：{text}")
    assert not found(detectors, Kind.BIRTH_DATE, f"開催日：{text.removesuffix('生まれ').removesuffix('生')}")


@pytest.mark.parametrize(("kind", "text", "least"), SHORT)
def test_short_values(detectors, kind, text, least):
    assert detectors.of(kind).cell(fold_cell(text)) >= least


@pytest.mark.parametrize(("kind", "text"), NO_SHORT)
def test_what_is_no_short_value(detectors, kind, text):
    assert detectors.of(kind).cell(fold_cell(text)) < 0.5


@pytest.mark.parametrize(("kind", "text"), NUMBERS)
def test_a_number_with_its_word(detectors, kind, text):
    assert found(detectors, kind, text)


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_a_number_without_its_word(detectors, text):
    told = {detector.kind for detector in detectors.all if list(detector.find(fold(text).text))}
    assert told <= {Kind.NAME}
