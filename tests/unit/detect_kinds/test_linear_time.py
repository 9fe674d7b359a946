"""No rule takes more than linear time, whatever is repeated in the text."""

import time

import pytest

from mailguard.detect.folding import fold

REPEATED = [
    "0", "09", "090-", "〇九〇ー", "03(", "+81 ", "a.", "a@", "taro at ", "@例え.", "東京都", "港区赤坂", "1-2-", "一丁目", "A, ", "病名：", "糖尿病", "障害者手帳", "健康診断", "前科", "昭和5", "生年月日：", "1981/", "会員番号", "山田太郎", "ー", "・", "x1", "tel.", "[0", "https://a", "Jan 1 ", "を@に",
]  # fmt: skip


@pytest.mark.parametrize("piece", REPEATED)
def test_repeats_cost_linear_time(detectors, piece):
    text = fold(piece * (20_000 // len(piece))).text
    for detector in detectors.all:
        if str(detector.kind) in {"name", "name_kana"}:
            continue
        begin = time.process_time()
        for _ in detector.find(text):
            pass
        detector.cell(text[:200])
        assert time.process_time() - begin < 3, detector.kind
