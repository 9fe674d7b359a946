"""What is personal in a mail is written nowhere in the clear: not in the log, the metrics, the exports, the drafts of reports,
the notices, nor on disk; and people see masks of it, unless they ask with a reason. One story through the running service.
"""

import asyncio
import base64
import json
import urllib.request
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default

import pytest
from hop import Hop
from serving import Serving

from mailguard.cli import main
from mailguard.demo.mailings import Mail
from mailguard.service.clock import now

pytestmark = [pytest.mark.incident, pytest.mark.timeout(180)]

# All of it is made up. FILE is what a file is called: the pages of its hold name it, for people must know it again.
PEOPLE = [
    ("久慈波瑠香", "クジハルカ", "090-2718-2818", "haruka.kuji@member.example.jp", "岩手県久慈市架空町3-14-15"),
    ("榛葉虎太郎", "シンバコタロウ", "080-3141-5926", "kotaro.shimba@member.example.jp", "静岡県掛川市架空台2-7-18"),
    ("蓼沼小百合", "タデヌマサユリ", "070-1618-0339", "sayuri.tadenuma@member.example.jp", "栃木県佐野市架空1-41-42"),
]
PAGES = ("page /holds", "page /campaigns", "api holds", "api /campaigns", "sato GET /api/holds")
UNWANTED, ASKED = "nozomi.unwanted@member.example.jp", "who.asks@member.example.jp"
FILE = "名簿_久慈波瑠香.csv"
SECRETS = sorted(
    {value for person in PEOPLE for value in person}
    | {person[2].replace("-", "") for person in PEOPLE}
    | {person[3].partition("@")[0] for person in PEOPLE}
    | {name.partition("@")[0] for name in (UNWANTED, ASKED)}
    | {"架空町3", "bounce-kuji", "secretlogin"}
)


def letter(subject="久慈波瑠香様のご予約", to=PEOPLE[0], text="ご予約を承りました。") -> Mail:
    """A list of everybody, to one of them."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["Subject"] = "予約係 <desk@shop.example.co.jp>", subject
    message["To"] = f"{to[0]} <{to[3]}>"
    message.set_content(f"{to[0]} 様\r\n\r\n{text}連絡先: {to[2]} {to[4]}\r\n", cte="base64")
    rows = "\r\n".join(["氏名,フリガナ,電話番号,メールアドレス,住所", *map(",".join, PEOPLE)]) + "\r\n"
    message.add_attachment(rows.encode("cp932"), maintype="text", subtype="csv", filename=FILE)
    return Mail("bounce-kuji@shop.example.co.jp", to[3], message.as_bytes())


class Story:
    """What happened, and what was written while it did: text by the place where it stands."""

    def __init__(self, service: Serving, hop: Hop) -> None:
        self.service, self.hop = service, hop
        self.written: dict[str, str] = {}
        self.people = {login: service.login(login) for login in ("tanaka", "sato", "suzuki")}

    def says(self, who, method, path, body=None):
        status, answer = self.service.api(method, path, self.people[who], body)
        assert status in {200, 201}, (path, status, answer)
        self.written[f"{who} {method} {path}"] = json.dumps(answer, ensure_ascii=False)
        return answer

    def shows(self, path) -> None:
        cookie = {"Cookie": f"session={self.people['sato']}"}
        asked = urllib.request.Request(f"http://127.0.0.1:{self.service.web}{path}", headers=cookie)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            assert answer.url.endswith(path)
            self.written[f"page {path}"] = answer.read().decode()

    def hold(self):
        [hold] = self.service.holds(self.people["sato"])
        return hold

    def goes(self) -> tuple[dict, dict]:
        """Held, looked into, asked about, approved in part, stopped; the hold, and what was seen in the clear."""
        service = self.service
        self.says("sato", "POST", "/api/stop-list", {"address": UNWANTED, "reason": "お申し出"})
        held = service.send(letter())
        spared = service.send(Mail("bounce-kuji@shop.example.co.jp", UNWANTED, letter().content))
        assert "held" in held
        assert spared.startswith("250")
        hold = self.hold()
        key, at = hold["id"], f"/api/holds/{hold['id']}"
        view = self.says("sato", "GET", at)
        [campaign] = self.says("sato", "GET", "/api/campaigns")["campaigns"]
        self.campaign = campaign["id"]
        revision = {"revision": view["revision"]}
        [part] = [number for number, one in enumerate(view["parts"]) if one["path"][-1] == FILE]
        clear = service.api("POST", f"{at}/parts/{part}/unmask", self.people["sato"], revision | {"reason": "確認"})[1]
        offers = self.says("sato", "GET", f"{at}/contacts")["offers"]
        phone = [one for one in offers if one["kind"] == "phone"][0]  # noqa: RUF015 - StopIteration would hang the loop
        self.says("sato", "POST", f"{at}/contacts", revision | {"ref": phone["ref"], "reason": "代表番号"})
        self.says("tanaka", "POST", "/api/requests", self.filing())
        self.says("sato", "POST", "/api/stop-list/spared", {"address": ASKED})
        service.decide(self.people["sato"], hold, cap=3)
        service.send(letter(to=PEOPLE[1], text="もう一つの名簿です。"))
        self.says("sato", "POST", "/api/stops", {"scope": "campaign", "hold": key, "reason": "宛先の誤り"})
        service.send(letter(to=PEOPLE[2]))
        return hold, clear

    @staticmethod
    def filing() -> dict:
        times = {"begins": now().isoformat(), "ends": (now() + timedelta(days=1)).isoformat()}
        message = base64.b64encode(letter("久慈波瑠香様へのご案内").content).decode()
        return {"source": "mailer", "purpose": "秋の案内", "recipients": 3, "message": message, **times}

    def looks(self, hold) -> None:
        """Everything that people may read without a reason."""
        key = hold["id"]
        campaign = self.campaign
        for path in ("", f"/{key}", f"/{key}/views", f"/{key}/recipients", f"/{key}/contacts", f"/{key}/report"):
            status, text = self.read(f"/api/holds{path}")
            assert status == 200, path
            self.written[f"api holds{path}"] = text
        for path in (
            f"/campaigns/{campaign}", "/requests", "/public-contacts", "/stop-list", "/stops", f"/reach?hold={key}&form=csv",
            "/changes", "/monitored", "/release",
        ):  # fmt: skip
            status, text = self.read(f"/api{path}")
            assert status == 200, path
            self.written[f"api {path}"] = text
        for path in (
            "/holds",
            f"/holds/{key}",
            f"/holds/{key}/parts/1",
            f"/campaigns/{campaign}",
            "/requests",
            "/contacts",
        ):
            self.shows(path)
        for path in ("/stops", "/release", "/changes"):
            self.shows(path)

        with urllib.request.urlopen(f"http://127.0.0.1:{self.service.metrics}/metrics") as answer:
            self.written["metrics"] = answer.read().decode()

    def read(self, path):
        asked = urllib.request.Request(f"http://127.0.0.1:{self.service.web}{path}")
        asked.add_header("Authorization", f"Bearer {self.people['sato']}")
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.status, answer.read().decode()

    def takes_out(self, hold, said) -> None:
        """What commands write. said: takes what they said."""
        config = ["--config", str(self.service.config)]
        key = ["--hold", hold["id"]]
        for words in (
            *(["audit", "export", *key, "--format", form] for form in ("csv", "json", "html")),
            *(["stop", "export", *key, "--format", form] for form in ("csv", "json")),
            *(["report", "draft", *key, "--format", form] for form in ("md", "html", "json")),
            ["stop", "list"], ["request", "list"], ["hold", "list"], ["change", "list"], ["report", "monitored"],
            ["rules", "stats"], ["audit", "verify"],
        ):  # fmt: skip
            assert main([*words, *config]) == 0, words
            out = said()
            self.written["mailguard " + " ".join(words)] = out.out + out.err

    def notices(self) -> list[str]:
        """Mails to the people of the office, subject and text."""
        mails = [
            message_from_bytes(one.content, policy=default)
            for one in self.hop.taken
            if b"office.example.jp" in one.rcpts[0]
        ]
        return [f"{mail['Subject']}\n{mail.get_body(('plain',)).get_content()}" for mail in mails]


async def heard(story, number) -> None:
    async with asyncio.timeout(60):
        while len(story.notices()) < number:  # noqa: ASYNC110 - the hop tells nobody
            await asyncio.sleep(0.1)


async def test_what_is_personal_is_written_nowhere_in_the_clear(tmp_path, capsys):
    async with Hop() as hop:
        service = Serving(tmp_path, hop.port, extra="[notify]\ngather_seconds = 0\ndigest_minutes = 0\n")
        await asyncio.to_thread(service.start)
        try:
            story = await asyncio.to_thread(Story, service, hop)
            hold, clear = await asyncio.to_thread(story.goes)
            await heard(story, 6)
            await asyncio.to_thread(story.looks, hold)
        finally:
            await asyncio.to_thread(service.stop)
        capsys.readouterr()
        story.takes_out(hold, capsys.readouterr)
    written = {place: text.encode() for place, text in story.written.items()}
    written |= {f"notice {number}": text.encode() for number, text in enumerate(story.notices())}
    written["log"] = service.log().encode()
    written["database"] = b"".join(path.read_bytes() for path in service.data.glob("mailguard.db*"))
    # The story did happen: who asked saw what is looked for, and everything was written.
    seen = json.dumps(clear, ensure_ascii=False)
    assert all(value in seen for person in PEOPLE for value in person)
    assert b"action=hold" in written["log"]
    assert b"suppressed message=" in written["log"]
    assert all(hold["id"].encode() in text for place, text in written.items() if "audit export" in place)
    pages = {place: text.replace(FILE.encode(), b"") for place, text in written.items() if place.startswith(PAGES)}
    assert told(written | pages, SECRETS) == {}
    beside = {place: text for place, text in written.items() if place not in pages}
    assert told(beside, [FILE, "久慈", "榛葉", "蓼沼"]) == {}


def told(written, secrets) -> dict[str, list[str]]:
    """Where which of these stands."""
    found = {place: [one for one in secrets if one.encode() in text] for place, text in written.items()}
    return {place: ones for place, ones in found.items() if ones}
