"""Addresses and postal codes in every notation, and places and figures that are none. All made up."""

import pytest

from mailguard.detect.folding import fold, fold_cell
from mailguard.model import Kind

ADDRESSES = [
    "東京都千代田区丸の内1-2-3", "東京都千代田区丸の内１丁目２番３号", "東京都千代田区丸の内一丁目二番三号", "千代田区丸の内1-2-3", "東京都千代田区丸の内1丁目2-3", "東京都 千代田区 丸の内 1-2-3", "東京都千代田区丸の内１－２－３", "東京都千代田区丸の内1ー2ー3",
    "東京都千代田区丸の内1の2の3", "東京都千代田区丸の内1丁目2番地3", "横浜市中区本町一丁目2番地の3", "横浜市西区みなとみらい2-2-1 仮ビル5階", "川崎市高津区溝口1-2-3 グランドハイツ溝口101号室", "港区赤坂1-2-3 赤坂マンション101", "港区赤坂1-2-3-101", "港区赤坂1-2-3　#101",
    "北海道札幌市中央区北1条西2丁目3-4", "札幌市中央区北一条西二丁目", "札幌市北区北24条西5丁目1-2", "旭川市6条通9丁目46番地", "帯広市西5条南7丁目1番地", "北海道上川郡東川町東町1丁目16番1号", "北海道網走郡美幌町字東2条北2丁目25番地",
    "京都府京都市中京区寺町通御池上る上本能寺前町488番地", "京都市中京区烏丸通御池下る虎屋町566-1", "京都市下京区四条通烏丸東入ル長刀鉾町20", "京都市上京区今出川通大宮西入元北小路町123", "京都市左京区吉田本町36番地1", "中京区御池通高倉西入高宮町200番地",
    "愛知県名古屋市中区栄３丁目４番５号", "大阪府堺市堺区戎島町4丁45番地1", "大阪市北区梅田1-2-3-400号", "石川県金沢市広坂1丁目1番1号", "岩手県盛岡市上田字松屋敷11番地14", "岩手県奥州市水沢大鐘町1丁目1", "岩手県滝沢市中鵜飼55", "長野県松本市大字島内1666番地777", "千葉県香取市佐原ロ2127番地", "石川県七尾市神明町イ部1番地",
    "山形県鶴岡市馬場町9番25号", "秋田県大仙市大曲花園町1番1号", "宮崎県東臼杵郡美郷町西郷田代1番地", "沖縄県那覇市おもろまち4丁目19-1", "沖縄県中頭郡北谷町字桑江226番地", "奈良県吉野郡十津川村大字小原225番地の1", "福岡県福岡市博多区博多駅前2丁目1-1", "青森県上北郡六ヶ所村大字尾駮字野附475",
    "〒100-0001 東京都千代田区千代田1-1", "郡山市朝日一丁目23番7号", "つくば市研究学園1-1-1", "さいたま市浦和区常盤6-4-4", "東京都八王子市南大沢2-28", "東京都小笠原村父島字西町", "東京都大島町元町1-1-14", "いわき市平字梅本21番地", "四日市市諏訪町1番5号", "廿日市市下平良一丁目11番1号", "市川市市川1-2-3",
    "1-2-3 Shibuya, Shibuya-ku, Tokyo 150-0002", "1-2-3 Marunouchi, Chiyoda-ku, Tokyo, Japan", "2-1-1 Sakae, Naka-ku, Nagoya-shi, Aichi 460-0008", "4-5-6-701 Honcho, Naka-ku, Yokohama, Kanagawa 231-0005, Japan", "101 Shibuya Heights, 1-2-3 Shibuya, Shibuya-ku, Tokyo", "1-chome 2-3, Umeda, Kita-ku, Osaka", "Room 5, 3-4-5 Hakata, Hakata-ku, Fukuoka 812-0011",
]  # fmt: skip
PROSE = [
    "東京都に住んでいます。", "横浜市の人口は370万人です。", "2023年に札幌市で3回開催した。", "京都市内で10月1日に会いましょう。", "大阪市は約270万人", "千葉県の山田さんが3位になった。", "福岡市が約15億円を計上", "名古屋市まで2時間かかる", "港区には3つの駅がある", "東京駅から5分", "渋谷区立第2小学校",
    "仙台市長が5日に会見", "長野県内の3市町村", "神戸市で震度5", "新宿区の1,200世帯", "広島県第3位", "川崎市制100周年", "北海道の11月は寒い", "沖縄県では20度", "国道1号線を走る", "京都線で3駅", "奈良時代の710年", "町村合併から10年", "市区町村1,741", "都道府県47", "千代田線2番ホーム", "中央区の10店舗で", "さいたま市と3市",
]  # fmt: skip
POSTAL = ["100-0001", "〒100-0001", "〒 100-0001", "〒1000001", "１００－０００１", "〒１００ー０００１", "1000001", "100−0001", "100‐0001", "060-0001", "〒060-0001", "999-9999", '="0600001"']  # fmt: skip
NO_POSTAL = ["12345", "100-00011", "03-1234-5678", "2023-10", "2023-1031", "1-2-3", "A100-0001", "100-0001-2", "1,000,001", "4901234", "山田太郎", "123-45", "0.1000001", "12:34", "1000001.5"]  # fmt: skip
NO_POSTAL_TEXT = ["電話03-123-4567", "品番259-1113-2", "A259-1113", "https://example.jp/100-0001", "SKU:1259-1113", "123-4567個入り10-20", "ISBN978-4065", "スコア120-1130点台ではない123-45678", "v100-0001a", "#100-00012"]  # fmt: skip


def found(detectors, kind, text):
    folded = fold(text)
    return [text[slice(*folded.original(span.start, span.end))] for span in detectors.of(kind).find(folded.text)]


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_in_a_cell(detectors, text):
    assert detectors.of(Kind.ADDRESS).cell(fold_cell(text)) >= 0.5


@pytest.mark.parametrize("text", [text for text in ADDRESSES if not text.startswith(("〒", "東京都小笠原"))])
def test_an_address_in_text(detectors, text):
    for around in ("住所は{}です。", "住所：{}", "{}\n", "送付先 {}"):
        assert sum(map(len, found(detectors, Kind.ADDRESS, around.format(text)))) >= 0.6 * len(text), around


@pytest.mark.parametrize("text", PROSE)
def test_a_place_in_prose_is_none(detectors, text):
    assert found(detectors, Kind.ADDRESS, text) == []


@pytest.mark.parametrize("text", POSTAL)
def test_a_postal_code_in_a_cell(detectors, text):
    assert detectors.of(Kind.POSTAL_CODE).cell(fold_cell(text)) >= 0.5


@pytest.mark.parametrize("text", NO_POSTAL)
def test_figures_that_are_no_postal_code(detectors, text):
    assert detectors.of(Kind.POSTAL_CODE).cell(fold_cell(text)) < 0.5


@pytest.mark.parametrize(
    "text",
    [
        "〒100-0001",
        "郵便番号：100-0001",
        "〒１００－０００１",
        "住所 100-0001 東京都",
        "（060-0001）",
        "郵便番号 1000001",
        "〒060 0001",
    ],
)
def test_a_postal_code_in_text(detectors, text):
    assert found(detectors, Kind.POSTAL_CODE, text)


@pytest.mark.parametrize("text", NO_POSTAL_TEXT)
def test_no_postal_code_in_text(detectors, text):
    assert found(detectors, Kind.POSTAL_CODE, text) == []
