"""Cells that are a person's name, in every notation, and cells that are none. Everybody here is made up."""

import pytest

from mailguard.detect.folding import fold, fold_cell
from mailguard.model import Kind

NAMES = [
    # kanji, with variants, 々, one character, spaces of any sort
    "山田太郎", "山田 太郎", "山田　太郎", "髙橋一郎", "髙橋 一郎", "山﨑 花子", "𠮷田 健", "渡邉 健太", "渡邊健太", "齋藤 美咲", "齊藤美咲", "斉藤 美咲", "濵田 誠", "德永 愛", "廣瀬 陽子", "佐々木 奈々", "佐々木奈々", "野々村 翔", "林 誠", "森 愛",
    "林誠一", "原 節", "東 幸子", "関 一", "辻 仁美", "巽 太郎", "勅使河原 宏", "小鳥遊 六花", "五十嵐 優", "長宗我部 信親", "東海林 のり子", "御手洗 潔", "喜屋武 マリ", "比嘉 大空", "金城 碧",
    # kira-kira and rare given names, put together
    "佐藤 心愛", "鈴木 希空", "高橋 陽翔", "田中 琉生", "伊藤 結愛", "山本 蒼空", "中村 颯人", "小林 碧", "加藤 凛空", "吉田 煌大", "鶴根 陽翔", "蛭畑 光子", "荒根 清雄",
    # hiragana, katakana, mixed
    "さくらい ゆきこ", "さくらいゆきこ", "やまだ たろう", "田中 さくら", "田中ゆうたろう", "鈴木 あかり", "高橋 エリカ", "佐藤マリ", "ヤマダ タロウ", "ﾔﾏﾀﾞ ﾀﾛｳ", "ｻﾄｳ ﾊﾅｺ", "田中 ひなた", "いとう あい",
    # foreign residents
    "ジョン・スミス", "マリア・サントス", "グエン・ティ・フオン", "チャン・ミン・トゥアン", "王 偉", "李 秀英", "陳 志強", "金 民秀", "朴 智恵", "ジョン スミス", "マリア＝サントス", "エミリー・ブラウン", "J・スミス", "ｼﾞｮﾝ・ｽﾐｽ",
    # romaji, both orders, long vowels
    "YAMADA Taro", "Yamada Taro", "Taro Yamada", "TARO YAMADA", "Yamada, Taro", "Ohno Yuko", "Ono Yuuko", "Oono Yuhko", "Ōno Yūko", "Yuko Ohno", "SATOH Kenichi", "Satou Ken'ichi", "Itoh Jun-ichi", "Kato Shinichiro", "Endoh Youko", "T. Yamada", "Yamada T.", "ＹＡＭＡＤＡ　Ｔａｒｏ",
    "NGUYEN THI HUONG", "John Smith", "Maria Santos", "SMITH John", "Mr. Yamada Taro", "Taro Yamada Jr.",
    # honorifics
    "山田 太郎 様", "山田太郎様", "山田太郎さん", "山田太郎 殿", "山田花子ちゃん", "山田太郎くん", "山田太郎 氏", "山田太郎先生", "鈴木 様",
    "山田 太郎（やまだ たろう）", "山田太郎(ヤマダタロウ)", "山田 太郎 (Taro Yamada)",
]  # fmt: skip
NONE = [
    "山〇〇郎", "山田＊＊", "山田○○", "林〇", "●●様", "●● ●●", "山田××", "＿＿＿", "氏名：＿＿＿", "氏名", "お名前", "XX XX", "xxx", "□□□", "山田△△", "〇〇〇〇", "***", "匿名", "（匿名希望）", "名無し", "未定", "なし", "-", "不明",
    "株式会社山田商店", "有限会社佐藤", "山田商店", "鈴木工業", "田中建設株式会社", "山田クリニック", "佐藤歯科医院", "(株)高橋", "渡辺病院", "中村税理士事務所", "本田技研工業", "森永乳業", "山崎製パン", "ヤマト運輸", "ヤマダ電機", "高島屋", "伊勢丹新宿店",
    "東京都", "横浜市", "横浜市 西区", "千葉県", "福島県", "松本市", "北海道", "渋谷区", "新宿", "高田馬場", "大阪府 堺市", "小倉駅", "長野 松本", "福岡 北九州", "九州", "京都駅", "六本木ヒルズ", "成田空港",
    "渋谷店", "千草台店", "本社", "営業部", "総務課", "第一営業部", "ノートパソコン", "弁当類", "惣菜", "牛乳", "食器洗剤", "ティッシュペーパー", "オレンジジュース", "会員 一覧", "商品 情報", "料金明細", "年会費", "セミナー参加費", "レギュラー コーヒー", "グリーン ティー",
    "エコバッグ", "トイレットペーパー", "サラダ油", "冷凍 うどん", "赤ワイン", "ギフト券", "定期購読", "メルマガ会員", "一般会員", "未入力", "確認済み", "完了", "対応中", "東日本", "国内", "平日 午前", "月曜日", "令和 五年", "第一 四半期",
    "12345", "03-1234-5678", "2023/10/31", "taro@example.jp", "A-1234", "〒100-0001", "東京都千代田区1-1", "https://example.jp", "Apple", "New York", "Sales Report", "Product Name", "Green Tea", "Hello World", "Tokyo Station", "San Francisco", "Data Base", "Total Amount",
    "", " ", "・", "様", "さん", "お客様", "ご担当者様", "お客様各位", "皆様", "会員様", "保護者様", "御中",
]  # fmt: skip


@pytest.mark.parametrize("text", NAMES)
def test_a_cell_is_a_name(detectors, text):
    assert detectors.name.cell(fold_cell(text)) >= 0.5


@pytest.mark.parametrize("text", NONE)
def test_a_cell_is_none(detectors, text):
    assert detectors.name.cell(fold_cell(text)) < 0.5


@pytest.mark.parametrize(
    "text",
    [
        "山〇〇郎様",
        "林〇様",
        "●●様",
        "山田＊＊様",
        "氏名：＿＿＿",
        "氏名：〇〇〇〇",
        "お名前：○○ ○○様",
        "△△様",
        "□□様",
        "氏名：＊＊＊＊",
        "山田××様",
        "Ａ様",
        "Ｘ様",
        "XX様",
    ],
)
def test_a_masked_name_in_text_is_no_finding(detectors, text):
    assert list(detectors.name.find(fold(text).text)) == []


@pytest.mark.parametrize(
    "text",
    ["ヤマダタロウ", "ヤマダ　タロウ", "ﾔﾏﾀﾞﾀﾛｳ", "ﾔﾏﾀﾞ ﾀﾛｳ", "やまだたろう", "やまだ　たろう", "スズキキヨウコ", "ワタナベ ケンタ", "ヤマダ・タロウ", "シオタ シゲカ", "クロヤマタケヒコ", "カマツカノゾミ", "ﾂﾁﾉ ﾘｸ", "オオノ ユウコ", "オーノ ユーコ"],
)  # fmt: skip
def test_a_cell_is_furigana(detectors, text):
    assert detectors.of(Kind.NAME_KANA).cell(fold_cell(text)) >= 0.5


@pytest.mark.parametrize(
    "text",
    ["山田太郎", "トウキョウト", "さっぽろし", "サービス", "カスタマーセンター", "ノートパソコン", "ヨコハマシ ニシク", "ティッシュペーパー", "コーヒー", "カ", "12", "カブシキガイシャ", "レギュラー コーヒー", "ショウヒンメイ", "オレンジジュース"],
)  # fmt: skip
def test_a_cell_is_no_furigana(detectors, text):
    assert detectors.of(Kind.NAME_KANA).cell(fold_cell(text)) < 0.5
