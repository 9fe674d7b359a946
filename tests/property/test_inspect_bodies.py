"""A body of a mailing, of which all but the first line is known, is read as it is read alone."""

import base64
import quopri

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailguard.demo.people import households
from mailguard.detect import ruleset
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.inspect.engine import Engine
from mailguard.unpack.budget import Limits

DIGESTER = Digester(b"test key of thirty-two bytes ...")
DETECTOR = Detector(ruleset.load(ruleset.shipped_dir()), DIGESTER)
HOMES = households(30, 9)
NEWS = "いつもご利用ありがとうございます。\r\n"
GREETINGS = st.one_of(
    st.builds(
        lambda home, gap, end: home.guardian.name + gap + end,
        st.sampled_from(HOMES),
        st.sampled_from(["", " ", "\u3000"]),
        st.sampled_from(["様", "殿", "さま", "様、", "様 090-1234-5678", "様 <html>", "の件"]),
    ),
    st.sampled_from(["会員の皆さま", "株式会社ことぶき", "氏名", "dn: x", "BEGIN:VCARD", "𠮷田 様", "ﾔﾏﾀﾞ 様", "山" * 40, "", "\ufeff山田 様"]),
)  # fmt: skip
BELOW = (
    NEWS, NEWS * 12, "\r\n", "\r\n\r\n", "\n\n", "担当 佐藤花子 090-8123-4567\r\n", "山田太郎,090-1234-5678\r\n" * 4, "氏名：山田太郎\r\n氏名：林花子\r\n",
    "%PDF-", "<p>", "<https://example.jp/?a=1&b=2>\r\n", "&#65;", "&amp;", "\\u5c71", "begin 644 a.txt\r\n", "-----BEGIN PGP MESSAGE-----\r\n", "\x01\x02\x03",
    "\x00", "\x1b$B", "\ue000" * 30, "①■☆", "Subject: x\r\nFrom: y\r\n", "x" * 70 + "\r\n", (base64.b64encode(b"name\n" * 60).decode() + "\r\n"),
    "=E5=B1=B1" * 4, "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n", "> 引用\r\n", "N;ENCODING=QUOTED-PRINTABLE:=E5\r\n", "\x7f",
)  # fmt: skip
ENCODINGS = {
    "8bit": lambda data: data,
    "base64": base64.encodebytes,
    "quoted-printable": quopri.encodestring,
    "unknown": lambda data: data,
}
HEADS = ("", "X-Note: 山田太郎\r\n", "Cc: c@example.jp\r\n", "Content-Disposition: attachment\r\n", "Content-Type: text/html\r\n")  # fmt: skip


def _mail(greeting: str, below: str, *, to: str = "a@example.jp", encoding: str = "8bit", head: str = "") -> bytes:
    start = f"From: n@example.jp\r\nTo: {to}\r\nSubject: x\r\n{head}Content-Transfer-Encoding: {encoding}\r\n\r\n"
    return start.encode() + ENCODINGS[encoding](f"{greeting}\r\n{below}".encode())


def _engine(limits: Limits = Limits()) -> Engine:  # noqa: B008 - frozen
    return Engine(DETECTOR, DIGESTER, limits)


WARM, COLD = _engine(), _engine()
COLD._greeted._closed = True


@settings(max_examples=150, deadline=None)
@given(
    GREETINGS,
    GREETINGS,
    st.lists(st.sampled_from(BELOW), max_size=4),
    st.sampled_from([home.email for home in HOMES] + ["山田 <y@example.jp>"]),
    st.sampled_from(sorted(ENCODINGS)),
    st.sampled_from(HEADS),
)
@example("林 様", "長谷川 麗子 様", ["あ" * 335 + "い", "%PDF-"], "a@example.jp", "8bit", "")
@example("長谷川 麗子 様", "林 様", [NEWS * 77, "<p>"], "a@example.jp", "8bit", "")
@example("林 様", "長谷川 麗子 様", ["あ" * 100 + "\x01" * 2], "a@example.jp", "8bit", "")
@example("林 様", "長谷川 麗子 様", ["あ" * 100 + "\ue000" * 11], "a@example.jp", "base64", "")
def test_a_known_body_reads_as_it_reads_alone(one, other, below, to, encoding, head):
    below = "".join(below)
    for greeting in (one, other, one):
        mail = _mail(greeting, below, to=to, encoding=encoding, head=head)
        assert WARM.mail(mail) == COLD.mail(mail)


def test_a_changed_line_below_is_another_body():
    engine = _engine()
    engine.mail(_mail("林 様", NEWS))
    found = engine.mail(_mail("森 様", NEWS + "山田花子 090-1234-5678\r\n"))
    assert found == COLD.mail(_mail("森 様", NEWS + "山田花子 090-1234-5678\r\n"))
    assert found.persons == 1


def test_the_bodies_of_a_mailing_are_opened_once(monkeypatch):
    opened = []
    engine = _engine()
    reader, read = engine._reader, engine._reader.read
    monkeypatch.setattr(reader, "read", lambda *args, **kw: opened.append(1) or read(*args, **kw))
    for home in HOMES[:10]:
        engine.mail(_mail(f"{home.guardian.name} 様", NEWS, to=home.email, encoding="base64"))
    assert len(opened) == 1


@pytest.mark.parametrize(
    "limits", [Limits(member_bytes=70), Limits(text_chars=26), Limits(total_bytes=70), Limits(files=0)]
)
def test_limits_hold_for_a_known_body(limits):
    engine, cold = _engine(limits), _engine(limits)
    cold._greeted._closed = True
    for greeting in ("林 様", "森 様", "長谷川 麗子 様"):
        mail = _mail(greeting, NEWS)
        assert engine.mail(mail) == cold.mail(mail)
