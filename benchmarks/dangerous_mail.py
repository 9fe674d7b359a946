"""Dangerous mail, made up from a seed: a list of persons hidden in every place where one can be. All must be held.

In: a seed. Out: `Danger`s. Each list is at least six persons with a contact beside the name, unless its title says otherwise.
"""

import base64
import html
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import clean_files as make
from clean_files import File
from clean_words import persons

from mailguard.demo.people import Household

_SENDER = "ことぶき商店 <info@kotobuki.example.co.jp>"
_MANY = ("a@example.com", "b@example.net", "c@example.org")
_NEWS = "いつもご愛読ありがとうございます。\n\n今月の特集は「冬の京都を歩く」です。\n新商品の詳細はホームページをご覧ください。\n"
_FOOTER = "\n\n--\n発行：株式会社ことぶき商店\nTEL 075-221-0000\ninfo@kotobuki.example.co.jp\n"


_FEW = ("one person", "three customers' cards")


@dataclass(frozen=True, slots=True)
class Danger:
    """title: where the list is. few: one to three persons, whom only the strict policy holds."""

    title: str
    content: bytes
    recipients: tuple[str, ...] = _MANY
    few: bool = False


def dangers(seed: int) -> Iterator[Danger]:
    """All of them."""
    people = persons(seed, 8)
    for title, form in _BODIES.items():
        listed = form(people)
        yield Danger(
            f"body: {title}",
            make.mail(_SENDER, "news@kotobuki.example.co.jp", "お知らせ", f"{_NEWS}\n{listed}{_FOOTER}"),
        )
        yield Danger(f"text file: {title}", _with(make.text("readme.txt", listed)))
    for title, page in _PAGES.items():
        body = f"<p>{_NEWS}</p>{page(people)}<p>{_FOOTER}</p>"
        yield Danger(
            f"html body: {title}", make.mail(_SENDER, "news@kotobuki.example.co.jp", "お知らせ", _NEWS, html=body)
        )
        yield Danger(f"html file: {title}", _with(make.page("page.html", page(people))))
    for title, file in _files(people):
        yield Danger(f"file: {title}", _with(file), few=title in _FEW)
    yield from _personal(people)


def _with(*files: File) -> bytes:
    return make.mail(_SENDER, "news@kotobuki.example.co.jp", "お知らせ", _NEWS + _FOOTER, files)


def _lines(form: Callable[[int, Household], str], join: str = "\n") -> Callable[[list[Household]], str]:
    return lambda people: join.join(form(number, home) for number, home in enumerate(people, 1))


def _whole(home: Household) -> str:
    return home.guardian.name.replace("　", "")


_BODIES: dict[str, Callable[[list[Household]], str]] = {
    "forms": _lines(lambda _, h: f"氏名：{h.guardian.name}\n電話：{h.phone}\n住所：{h.address}", "\n\n"),
    "forms in brackets": _lines(lambda _, h: f"【氏名】{h.guardian.name}\n【電話】{h.phone}", "\n\n"),
    "forms in two lines": _lines(lambda _, h: f"■お名前\n{h.guardian.name}\n■メールアドレス\n{h.email}", "\n\n"),
    "forms in one line": _lines(lambda _, h: f"氏名：{h.guardian.name} 電話：{h.phone} 〒{h.postal_code} {h.address}"),
    "comma": _lines(lambda n, h: f"{n},{h.guardian.name},{h.phone},{h.email}"),
    "tab": _lines(lambda _, h: f"{h.guardian.name}\t{h.guardian.kana}\t{h.phone}"),
    "bar": _lines(lambda _, h: f"| {h.guardian.name} | {h.phone} | {h.address} |"),
    "aligned": _lines(lambda _, h: f"{h.guardian.name:<8}{h.phone:<16}{h.email}"),
    "phone tree": _lines(lambda _, h: f"{_whole(h)} {h.phone}"),
    "numbered names": _lines(lambda n, h: f"{n}. {h.guardian.name}"),
    "bare names": _lines(lambda _, h: _whole(h)),
    "grid of names": lambda people: "　".join(_whole(home) for home in people),
    "names with titles": _lines(lambda n, h: f"{['課長', '部長', '係長', '主任'][n % 4]} {h.guardian.name}"),
    "names with 様": lambda people: "、".join(f"{_whole(home)}様" for home in people),
    "kana and phones": _lines(lambda _, h: f"{h.guardian.kana} {h.phone}"),
    "mail headers": _lines(lambda _, h: f'"{h.guardian.name}" <{h.email}>', ",\n"),
    "e-mail addresses": _lines(lambda _, h: h.email),
    "birth dates": _lines(lambda _, h: f"{h.guardian.name} {h.guardian.birth.replace('-', '/')}生"),
    "full width": _lines(lambda _, h: f"{h.guardian.name}　{h.phone.translate(str.maketrans('0123456789-', '０１２３４５６７８９－'))}"),
}  # fmt: skip


def _rows(people: list[Household]) -> list[list[str]]:
    return [[h.guardian.name, h.phone, h.address, h.email] for h in people]


def _table(people: list[Household], form: str = "<tr>{}</tr>", cell: str = "<td>{}</td>") -> str:
    rows = [["氏名", "電話", "住所", "メール"], *_rows(people)]
    return (
        "<table>" + "".join(form.format("".join(cell.format(html.escape(v)) for v in row)) for row in rows) + "</table>"
    )


_PAGES: dict[str, Callable[[list[Household]], str]] = {
    "table": _table,
    "nested table": lambda people: f"<table><tr><td>一覧</td><td>{_table(people)}</td></tr></table>",
    "names in th": lambda people: "".join(f"<table><tr><th>氏名</th><td>{h.guardian.name}</td></tr><tr><th>電話</th><td>{h.phone}</td></tr></table>" for h in people),
    "one person a column": lambda people: "<table>" + "".join(f"<tr><th>{t}</th>{''.join(f'<td>{v}</td>' for v in c)}</tr>" for t, c in zip(["氏名", "電話", "住所"], zip(*_rows(people), strict=True), strict=False)) + "</table>",
    "rowspan": lambda people: "<table><tr><th>組</th><th>氏名</th><th>電話</th></tr>" + "".join(f"<tr>{'<td rowspan=4>1組</td>' if n % 4 == 0 else ''}<td>{h.guardian.name}</td><td>{h.phone}</td></tr>" for n, h in enumerate(people)) + "</table>",
    "definitions": lambda people: "<dl>" + "".join(f"<dt>{h.guardian.name}</dt><dd>{h.phone}</dd>" for h in people) + "</dl>",
    "list": lambda people: "<ul>" + "".join(f"<li>{h.guardian.name} {h.email}</li>" for h in people) + "</ul>",
    "white on white": lambda people: f'<div style="color:#fff;font-size:1px">{_table(people)}</div>',
}  # fmt: skip


def _card(home: Household) -> str:
    return f"BEGIN:VCARD\r\nVERSION:3.0\r\nN:{home.guardian.family};{home.guardian.given};;;\r\nFN:{home.guardian.name}\r\nTEL;TYPE=CELL:{home.phone}\r\nEMAIL:{home.email}\r\nEND:VCARD\r\n"


def _entry(number: int, home: Household) -> str:
    name = base64.b64encode(home.guardian.name.encode()).decode()
    return f"dn: uid={number}\nobjectclass: person\ncn:: {name}\nmail: {home.email}\nmobile: {home.phone}\n"


def _zipped(*files: File) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data, _ in files:
            archive.writestr(name, data)
    return buffer.getvalue()


def _files(people: list[Household]) -> Iterator[tuple[str, File]]:
    rows = _rows(people)
    titled = [["氏名", "電話", "住所", "メール"], *rows]
    inner = make.table("list.csv", titled)
    yield "csv", inner
    yield "csv without header", make.table("data.csv", rows)
    yield "csv as txt", make.text("notes.txt", inner[1].decode("cp932"))
    yield "workbook", make.workbook("book.xlsx", titled)
    yield (
        "workbook far down",
        make.workbook("book.xlsx", [["ことぶき商店 価格表"], *([["りんご", "498円"]] * 200), *titled]),
    )
    yield "one person a column", make.workbook("book.xlsx", [list(column) for column in zip(*titled, strict=True)])
    yield (
        "forms in a sheet",
        make.workbook(
            "book.xlsx", [pair for h in people for pair in (["氏名", h.guardian.name], ["電話", h.phone], [])]
        ),
    )
    yield "pdf", make.pdf("flyer.pdf", "\n".join(f"{row[0]} {row[1]} {row[3]}" for row in rows))
    yield "zip", ("a.zip", _zipped(inner), "application/zip")
    yield "zip in zip", ("a.zip", _zipped(("b.zip", _zipped(inner), "")), "application/zip")
    yield "mail", ("m.eml", _with(inner), "message/rfc822")
    yield "address cards", ("c.vcf", "".join(map(_card, people)).encode(), "text/vcard")
    yield "three customers' cards", ("c.vcf", "".join(map(_card, people[:3])).encode(), "text/vcard")
    yield "six of the own staff's cards", ("c.vcf", "".join(_card(h).replace(h.email, f"s{n}@kotobuki.example.co.jp") for n, h in enumerate(people[:6])).encode(), "text/vcard")  # fmt: skip
    yield "ldif", ("c.ldif", "\n".join(_entry(n, h) for n, h in enumerate(people)).encode(), "text/plain")
    yield "attendees", ("c.ics", ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + "".join(f"ATTENDEE;CN={h.guardian.name}:mailto:{h.email}\r\n" for h in people) + "END:VEVENT\r\nEND:VCALENDAR\r\n").encode(), "text/calendar")  # fmt: skip
    yield "one person", make.table("list.csv", titled[:2])
    yield "picture that is a list", ("photo.jpg", inner[1], "image/jpeg")
    yield (
        "json",
        make.text(
            "data.json", "[" + ",".join(f'{{"name":"{h.guardian.name}","tel":"{h.phone}"}}' for h in people) + "]"
        ),
    )


def _personal(people: list[Household]) -> Iterator[Danger]:
    """Mails to one person with another one's data, or with too much."""
    home, other = people[0], people[1]
    paper = f"請求書\n{other.guardian.name} 様\n〒{other.postal_code} {other.address}\nTEL {other.phone}\n合計 12,800円"
    to = f'"{home.guardian.name}" <{home.email}>'
    text = f"{home.guardian.name} 様\n\n請求書をお送りします。\n"
    yield Danger(
        "another one's invoice", make.mail(_SENDER, to, "請求書", text, [make.pdf("請求書.pdf", paper)]), (home.email,)
    )
    yield Danger("own invoice to many", make.mail(_SENDER, to, "請求書", text, [make.pdf("請求書.pdf", paper.replace(other.guardian.name, home.guardian.name))]), few=True)  # fmt: skip
    yield Danger(
        "card number", make.mail(_SENDER, to, "お知らせ", f"{_NEWS}\nカード番号：4111 1111 1111 1111\n"), _MANY
    )
    shown = ", ".join(h.email for h in people)
    yield Danger("visible addresses", make.mail(_SENDER, shown, "お知らせ", _NEWS), tuple(h.email for h in people))
