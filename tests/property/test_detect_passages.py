"""What was met before spares work and changes nothing: passages, paragraphs, short texts, headers."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailguard.demo.people import households
from mailguard.detect import ruleset
from mailguard.detect.folding import fold
from mailguard.detect.memory import Memory
from mailguard.detect.passages import cut
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.inspect.engine import Engine
from mailguard.model import BODY, Text
from mailguard.unpack.budget import Budget, Limits
from mailguard.unpack.transfer import RawPart, decode, from_base64

DIGESTER = Digester(b"test key of thirty-two bytes ...")
RULES = ruleset.load(ruleset.shipped_dir())
WARM, COLD = Detector(RULES, DIGESTER), Detector(RULES, DIGESTER, memory=0)
HOMES = households(20, 3)

LINES = [
    "いつもご利用ありがとうございます。", "", "　", " ", "\t", "\u00a0", "----", "■ お知らせ", "株式会社ことぶき商店", "担当 佐藤",
    "お問い合わせ：TEL 075-221-0000  info@kotobuki.example.co.jp", "〒600-8008 京都府京都市下京区長刀鉾町8番地",
    "配信停止：https://kotobuki.example.co.jp/stop?id=1", "・山本 健一 氏", "皆様", "山田様の件", "a\tb\tc", "\t\t", "x,y,z", "林、森",
    "生年月日：1980年1月2日", "\u200b", "\u3099x", "\u00a8x", "090ー1234", "ー 5678", "\x00", "\ud800", "１２３",
    *(home.guardian.name for home in HOMES[:6]), *(f"{home.guardian.name} 様" for home in HOMES[:6]),
    *(f"{home.guardian.name},{home.phone},{home.email}" for home in HOMES[:4]), *(home.phone for home in HOMES[:3]),
    HOMES[0].email, HOMES[0].address,
]  # fmt: skip
ENDS = ["\n", "\n\n", "\r\n\r\n", "\r\n", "\n \n", "\n\u3000\n", "\n\t\n", "\n\n\n", "\n\n\u3000", "\f", "\r", "\u2028", "\x85", "\n\u200b\n", "\n\n\u200b", "\n\n\u3099"]  # fmt: skip
TEXTS = st.lists(
    st.tuples(st.sampled_from(LINES), st.one_of(st.just("\n"), st.just("\n\n"), st.sampled_from(ENDS))), max_size=14
).map(lambda pairs: "".join(line + end for line, end in pairs))
PATHS = st.sampled_from([(BODY,), ("案内.txt",)])


@settings(max_examples=400, deadline=None)
@given(TEXTS, PATHS)
@example("山田太郎 様\n\nいつも\n\n" + "お知らせ\n" * 9 + "\n佐藤花子 様\n", (BODY,))
@example("佐藤 健太\n\n090-8123-4567\n", (BODY,))
@example("佐藤 健太\t090-8123-4567\ta@example.com\n\t\t\n山田 花子\t080-8123-4567\tb@example.com\n", (BODY,))
@example("いつもご利用ありがとうございます。\n\n・山本 健一 氏\n・山本 健一 氏\n", ("案内.txt",))
@example("あ\n\n佐藤 健太\n090-8123-4567\n\n\n事務局\n", (BODY,))
def test_passages_tell_what_the_whole_text_tells(text, path):
    assert "".join(cut(text)) == text
    whole = COLD.whole_text(Text(path, text), b"key")
    assert WARM.text(Text(path, text), b"key") == whole
    assert COLD.text(Text(path, text), b"key") == whole
    assert WARM.skeleton(text) == COLD._skeletons.whole(fold(text).text)


def _mail(home, text, to):
    body = text.encode("utf-8", "surrogatepass")
    head = f"From: news@example.co.jp\r\nTo: {to}\r\nSubject: {home.guardian.name}様へ\r\nX-Note: {home.phone}\r\n"
    return (
        head.encode() + b'Content-Type: multipart/mixed; boundary="=_1"\r\n\r\n--=_1\r\nContent-Type: text/plain; charset=utf-8'
        b"\r\n\r\n" + body + b'\r\n--=_1\r\nContent-Type: text/csv; name="a.csv"\r\n\r\n' + text[:50].encode("utf-8", "replace")
        + b"\r\n--=_1--\r\n"
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(HOMES), TEXTS), min_size=1, max_size=4))
def test_an_engine_that_has_seen_other_mails_says_the_same(mails):
    warm = Engine(WARM, DIGESTER, Limits())
    for home, text in mails:
        for to in (home.email, f'"{home.guardian.name}" <{home.email}>'):
            content = _mail(home, text, to)
            once = warm.mail(content)
            assert once == Engine(COLD, DIGESTER, Limits()).mail(content)
            assert once == warm.mail(content)


def test_memory_is_bounded_in_bytes_and_takes_nothing_heavy():
    memory = Memory(1_600)
    for key in range(100):
        memory.put(key, str(key), 50)
    assert len(memory) == 32
    assert memory.weight <= 1_600
    assert memory.get(99) == "99"
    assert memory.get(0) is None
    memory.put("heavy", "x", 101)
    assert memory.get("heavy") is None
    memory.get(68)
    memory.put("new", "x", 50)
    assert memory.get(68) == "68"
    assert memory.get(69) is None


@pytest.mark.parametrize(
    "raw",
    [b"QUJD", b"QUI=", b"QQ==", b"QQ=", b"QQ", b"Q", b"=QUJD", b"QUI=QUI=", b"QUJD\r\n=\r\n", b"Q!U\r\nJD==", b"QUI==", b"QUJDQ=", b""],
)  # fmt: skip
def test_base64_in_one_step_is_base64_in_runs(raw):
    runs = [bytes(byte for byte in run if chr(byte).isalnum() or byte in b"+/") for run in raw.split(b"=")]
    runs = [run[:-1] if len(run) % 4 == 1 else run for run in runs]
    import base64

    assert from_base64(raw) == b"".join(base64.b64decode(run + b"=" * (-len(run) % 4)) for run in runs)
    part = decode(RawPart(("a",), "text/plain", "", "base64", "", raw), Budget(Limits(), len(raw)))
    assert part.data == from_base64(raw)
