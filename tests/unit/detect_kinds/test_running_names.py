import pytest

from mailguard.detect import kinds, ruleset


@pytest.fixture(scope="module")
def name():
    return kinds.build(ruleset.load(ruleset.shipped_dir())).name


def found(name, text: str) -> list[str]:
    return [text[span.start : span.end] for span in name.find(text)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("担当は田中ゆうたろうです。", ["田中ゆうたろう"]),
        ("田中ゆうたろうさん", ["田中ゆうたろう"]),
        ("佐藤さくらこが来た。", ["佐藤さくらこ"]),
        ("鈴木はるかに会う。", ["鈴木はるか"]),
        ("鈴木はるかは欠席です。", ["鈴木はるか"]),
    ],
)
def test_a_given_name_in_hiragana_is_found_to_its_end_and_no_further(name, text, names):
    assert found(name, text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("本日、王 小明が登壇します。", ["王 小明"]),
        ("王 小明さん", ["王 小明"]),
        ("参加者: 王 小明、李 秀英", ["王 小明", "李 秀英"]),
        ("林 田中 鈴木", ["田中", "鈴木"]),  # three family names, not one person called 林 田中
    ],
)
def test_a_spaced_chinese_name_is_one_name(name, text, names):
    assert found(name, text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("マイケル・コースの財布を販売します。", []),
        ("ケイト・スペードの新作", []),
        ("ポール・スミス様", ["ポール・スミス"]),
        ("マイケル・クラインの財布", ["マイケル・クライン"]),
    ],
)
def test_a_maker_named_after_a_person_is_one_only_with_an_honorific(name, text, names):
    assert found(name, text) == names
