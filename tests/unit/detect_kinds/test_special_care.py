"""Special-care data counts with a person beside it, and never as the subject of a talk. Everybody here is made up."""

import pytest

from mailguard.detect.folding import fold, fold_cell
from mailguard.detect.ruleset import shipped_dir
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.model import Kind, Table

PHRASES = [
    "は糖尿病を患っています", "は乳がんと診断されました", "はうつ病で休職中です", "はHIV陽性と判明しました", "には喘息の既往がある", "は発達障害があり、配慮が必要です", "はコロナに感染した", "は胃癌の手術のため欠席",
    "はてんかんの持病があります", "は身体障害者手帳2級です", "は障害者手帳を所持", "は要介護3の認定", "は要支援2です", "は療育手帳B1", "は左半身麻痺がある", "は車椅子を使用", "は前科2犯です", "は窃盗の疑いで逮捕された",
    "は執行猶予中", "はDVの被害者です", "は創価学会の会員です", "はイスラム教徒のため", "はキリスト教を信仰し", "は健康診断で要再検査", "の血圧：145/95", "は心筋梗塞で入院", "は統合失調症と診断", "は白血病で療養中",
    "はストレスチェックの結果が高ストレス", "はB型肝炎の治療中", "は脳梗塞により入院", "は適応障害と診断", "はインフルエンザに罹り欠席",
    "は切迫早産で入院中", "は切迫早産のためお休み", "は突発性難聴で休職", "が帯状疱疹で欠席", "は先月流産しました", "は人工透析を受けています", "は右足骨折により欠席", "は子宮筋腫の手術で入院", "は熱中症で救急搬送",
]  # fmt: skip
SUBJECTS = [
    "講師の山田太郎先生が糖尿病と診断された方の食事を解説します。", "山田太郎教授の講演「うつ病で休職中の人を支える」", "感染症対策について山田太郎様", "山田太郎さんはシステム障害に対応した。", "山田太郎様 健康診断のご案内",
    "山田太郎さんが仏教の歴史を話す。", "佐藤花子様、介護予防教室へようこそ。", "山田太郎様の口座", "炎上した件で山田太郎さんが謝罪した。", "臆病な山田太郎さん", "山田太郎様 アレルギー：なし", "山田太郎様 既往歴：特になし",
    "山田太郎様 障害者手帳：□有 □無", "山田太郎様 病名：＿＿＿", "医師の山田太郎さんが研究する乳がんの治療を受けた患者", "障害者雇用担当の山田太郎です。", "手帳を山田太郎さんに配布した。", "山田太郎は1級建築士",
    "早産の予防について山田太郎様", "障害：ログインできない (修正 山田太郎さん)", "検査結果：PASS 担当 山田太郎さん", "AVX2 と BMI 1 が要る (taro@example.jp)", "BMI: 2, LDL 1.2.3 reported by taro@example.jp",
]  # fmt: skip


@pytest.fixture(scope="module")
def detector():
    return Detector.build(shipped_dir(), Digester(b"k" * 32))


def found(detectors, text):
    return list(detectors.care.find(fold(text).text))


@pytest.mark.parametrize("phrase", PHRASES)
def test_a_phrase_counts_with_somebody_in_its_sentence(detectors, phrase):
    assert found(detectors, f"山田太郎さん{phrase}。")
    assert found(detectors, f"会員番号12345678の方{phrase}。")
    assert not found(detectors, f"この人{phrase}。")
    assert not found(detectors, f"山田太郎さんが来た。この人{phrase}。")


@pytest.mark.parametrize("text", SUBJECTS)
def test_a_subject_is_about_nobody(detectors, text):
    assert found(detectors, text) == []


@pytest.mark.parametrize(
    "line", ["病名：糖尿病", "既往歴：喘息", "アレルギー：卵", "障害等級：2級", "健診結果：要再検査", "要介護度：要介護2", "宗教：キリスト教", "犯罪歴：窃盗"]
)  # fmt: skip
def test_a_label_counts_with_somebody_in_the_paragraph(detectors, line):
    assert found(detectors, f"氏名：山田太郎\n年齢：40歳\n{line}")
    assert found(detectors, line) == []


HEADERS = [
    ("病名", ["糖尿病", "高血圧症", "喘息"]), ("既往歴", ["なし", "心筋梗塞", "胃癌"]), ("アレルギー", ["卵", "なし", "花粉症"]), ("障害者手帳", ["身体2級", "なし", "療育B1"]), ("要介護度", ["要介護1", "要支援2", "要介護3"]),
    ("健康診断結果", ["A", "B", "要再検査"]), ("血圧", ["120/80", "145/95", "130/85"]), ("宗教", ["キリスト教", "仏教", "なし"]), ("犯罪歴", ["なし", "窃盗", "なし"]), ("服薬", ["あり", "なし", "降圧剤"]), ("disability", ["deaf", "none", "blind"]),
    ("medical_history", ["asthma", "none", "diabetes"]), ("配慮事項", ["聴覚障害", "車椅子", "卵アレルギー"]), ("お子様のアレルギー", ["卵", "そば", "なし"]), ("障害種別", ["身体", "知的", "精神"]), ("傷病名", ["骨折", "うつ病", "腰椎椎間板ヘルニア"]),
]  # fmt: skip


@pytest.mark.parametrize(("title", "cells"), HEADERS)
def test_a_column_counts_beside_names_and_not_alone(detector, title, cells):
    people = [["氏名", title], *zip(["山田太郎", "佐藤花子", "鈴木一郎"], cells, strict=True)]
    things = [["件数", title], *zip(["12", "345", "67"], cells, strict=True)]
    assert Kind.SPECIAL_CARE in kinds_in(detector, people)
    assert Kind.SPECIAL_CARE not in kinds_in(detector, things)


@pytest.mark.parametrize(
    ("title", "cells"),
    [
        ("障害番号", ["INC-1", "INC-2", "INC-3"]), ("システム障害内容", ["回線断", "停電", "故障"]), ("健診受診日", ["2023/4/1", "2023/4/2", "2023/4/3"]), ("備考", ["来店", "電話済", "再送"]), ("手帳サイズ", ["A5", "B6", "A6"]),
        ("年金手帳番号", ["1234-567890", "1234-567891", "1234-567892"]), ("判定", ["合格", "不合格", "合格"]), ("診療科", ["内科", "外科", "眼科"]), ("趣味", ["読書", "散歩", "料理"]),
    ],
)  # fmt: skip
def test_other_columns_beside_names_are_none(detector, title, cells):
    people = [["氏名", title], *zip(["山田太郎", "佐藤花子", "鈴木一郎"], cells, strict=True)]
    assert Kind.SPECIAL_CARE not in kinds_in(detector, people)


def test_a_phrase_in_the_remarks_of_a_persons_row_counts(detector):
    rows = [["氏名", "備考"], ["山田太郎", "来店済み"], ["佐藤花子", "糖尿病で通院中のため配慮"], ["鈴木一郎", ""]]
    assert Kind.SPECIAL_CARE in kinds_in(detector, rows)
    assert Kind.SPECIAL_CARE not in kinds_in(detector, [["件数", "備考"], *(["12", row[1]] for row in rows[1:])])


@pytest.mark.parametrize(
    "text", ["糖尿病", "気管支喘息", "乳がん", "統合失調症", "要介護3", "うつ病", "左下肢機能障害", "胃潰瘍・高血圧症"]
)
def test_an_illness_is_known_by_itself(detectors, text):
    assert detectors.care.cell(fold_cell(text)) >= 0.5


@pytest.mark.parametrize(
    "text",
    [
        "山田太郎",
        "病院",
        "臆病",
        "症例",
        "障害者支援課",
        "病棟",
        "東京都千代田区1-1",
        "システム障害",
        "健康",
        "営業部",
        "株式会社健康社",
    ],
)
def test_other_cells_are_not(detectors, text):
    assert detectors.care.cell(fold_cell(text)) < 0.5


def kinds_in(detector, rows):
    evidence = detector.table(Table(("a.csv",), tuple(tuple(row) for row in rows)), b"key")
    return {finding.kind for finding in evidence.findings}
