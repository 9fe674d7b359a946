"""The mails of the benchmarks, ready for the wire, made up from a seed.

In: a class, a number, a seed. Out: that many mails; another seed gives other greetings and other files, so that a run
never repeats the mails of the run before. Nothing here holds data of a real person.
"""

import base64
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from mailguard.demo.incidents import csv_bytes
from mailguard.demo.people import Household, households

SENDER = b"news@example.co.jp"
ATTACHED = 75_000
OWN = "own.csv"
_SUBJECT = "=?utf-8?B?" + base64.b64encode("今月のお知らせ".encode()).decode() + "?="
_TEXT = """いつもご利用ありがとうございます。今月の新着情報をお届けします。
冬の特集では、あたたかい部屋で読みたい本を五十冊選びました。店頭の棚とあわせてご覧ください。
文庫と新書は、三冊以上のお買い上げで送料が無料になります。期間は月末までです。
新しい紅茶が四種類入荷しました。りんご、柚子、生姜、そして季節限定のほうじ茶です。
ご好評の詰め合わせは数に限りがあります。お早めにお求めください。
先月は、厚手の毛布がもっとも多く選ばれました。卓上の加湿器と電気毛布も好評でした。
会員の皆さまには、次回のお買い物で使える割引券を差し上げます。使い方はホームページの案内をご覧ください。
配送は、ご注文から三日ほどかかります。年末は混み合いますので、日にちに余裕をもってご注文ください。
返品は、商品が届いてから八日以内にお願いします。開封した食品はお受けできません。
公開講座「はじめての家庭菜園」は、来月の第二土曜日に開きます。参加費は無料です。
写真の募集を始めました。題材は「わたしの窓辺」です。優れた作品は冊子の表紙になります。
店内の改装のため、来週の火曜日と水曜日はお休みをいただきます。ご不便をおかけします。
新しいアプリでは、在庫の確認と取り置きができるようになりました。
最後までお読みいただき、ありがとうございました。次の号もどうぞお楽しみに。
今後の配信を希望されない場合は、下のページで手続きをお願いします。
https://www.example.co.jp/mail/stop
"""


@dataclass(frozen=True, slots=True)
class Mail:
    """wire: the content as it follows 354, dots doubled, the final dot included; its pieces may be shared by many."""

    recipient: bytes
    wire: tuple[bytes, ...]
    number: int


File = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class MailClass:
    """What the mails of a case are like.

    files: those of a mail, by its number and the seed. reconnect: a new connection, with a login where the server offers
    one, for each mail. held: mailguard keeps it.
    """

    key: str
    title: str
    files: Callable[[int, int], list[File]] = lambda _number, _seed: []
    reconnect: bool = False
    held: bool = False


def build(kind: MailClass, count: int, seed: int) -> list[Mail]:
    """`count` mails; attachments that are the same in all share their bytes."""
    people = households(count, seed, children=0)
    return [
        Mail(home.email.encode(), tuple(_wire(kind, home, number, seed)), number) for number, home in enumerate(people)
    ]


def _wire(kind: MailClass, home: Household, number: int, seed: int) -> Iterator[bytes]:
    text = f"{home.guardian.name} 様\r\n\r\n" + _TEXT.replace("\n", "\r\n\r\n")
    head = (
        f"From: news@example.co.jp\r\nTo: {home.email}\r\nSubject: {_SUBJECT}\r\n"
        f"Date: Tue, 31 Oct 2023 10:00:00 +0900\r\nMessage-ID: <{seed}.{number}@example.co.jp>\r\nMIME-Version: 1.0\r\n"
    ).encode()
    part = (
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + _base64(text.encode())
    )  # fmt: skip
    files = kind.files(number, seed)
    if not files:
        yield head + part + b".\r\n"
        return
    yield head + b'Content-Type: multipart/mixed; boundary="=_bench"\r\n\r\n--=_bench\r\n' + part + b"\r\n"
    for name, data in files:
        # Only what comes again is worth keeping: the price list of one mail is not.
        yield (_part.__wrapped__ if name == OWN else _part)(name, data)
    yield b"--=_bench--\r\n.\r\n"


@cache
def _part(name: str, data: bytes) -> bytes:
    return (
        f'--=_bench\r\nContent-Type: text/csv; name="{name}"\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    ).encode() + _base64(data) + b"\r\n"  # fmt: skip


def _base64(data: bytes) -> bytes:
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


@cache
def _rows() -> tuple[str, ...]:
    rng = random.Random(2)
    kinds = ("惣菜", "菓子", "飲料", "文具", "衣類", "食器")
    return tuple(
        f"P{rng.randrange(10**7):07},{rng.choice(kinds)},{rng.randrange(99, 2999)},{rng.randrange(50, 999)},{rng.randrange(9)}"
        for _ in range(20_000)
    )


def prices(seed: int, size: int = ATTACHED) -> bytes:
    """A price list of about `size` bytes."""
    rng = random.Random(seed)
    rows = rng.sample(_rows(), min(size // 24, len(_rows())))
    return ("商品コード,分類,単価,原価,区分\r\n" + "\r\n".join(rows)).encode("cp932")[: size - 2] + b"\r\n"


@cache
def same_prices(size: int = ATTACHED) -> File:
    """The price list that every mail carries."""
    return "prices.csv", prices(1, size)


def own_prices(number: int, seed: int, size: int = ATTACHED) -> File:
    """A price list of this mail alone."""
    return OWN, prices(seed * 1_000_003 + number, size)


@cache
def members(size: int = ATTACHED, seed: int = 20) -> bytes:
    """A list of made-up people of about `size` bytes."""
    rows = [["会員番号", "氏名", "フリガナ", "電話番号", "メールアドレス"]]
    for number, home in enumerate(households(size // 55, seed, children=0)):
        rows.append([f"{100_000 + number * 7}", home.guardian.name, home.guardian.kana, home.phone, home.email])
    return csv_bytes(rows)[: size - 2] + b"\r\n"


A = MailClass("a", "(a) 4 KB text, own greeting")
B = MailClass("b", "(b) 100 KB, the same file in all", lambda _number, _seed: [same_prices()])
C = MailClass("c", "(c) 100 KB, another file in each", lambda number, seed: [own_prices(number, seed)])
D = MailClass("d", "(d) as (b), connection and login each", lambda _number, _seed: [same_prices()], reconnect=True)
HELD = MailClass("held", "(b) held, one hold", lambda _number, _seed: [("members.csv", members())], held=True)
CLASSES = {kind.key: kind for kind in (A, B, C, D, HELD)}
