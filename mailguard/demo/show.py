"""The show: the whole service on this machine, three clean runs, then both incidents, then the page to decide on.

Everything it makes lies in a temporary folder that goes when the demo ends.
"""

import asyncio
import secrets
import smtplib
import socket
import tempfile
from collections.abc import Iterable
from pathlib import Path

from mailguard.config import Config, Metrics, Relay, Smtp, Web
from mailguard.demo.mailings import Mail, notice, ski_run
from mailguard.demo.next_hop import CatchAll
from mailguard.model import Source
from mailguard.service.whole import Service

PEOPLE = (
    ("tanaka", "田中 送信", "operator", "送信担当者"),
    ("sato", "佐藤 承認", "approver", "承認者"),
    ("suzuki", "鈴木 確認", "approver", "承認者"),
)


async def show(*, full: bool, stay: bool) -> int:
    """full: 2,000 recipients a run instead of 40; stay: keep serving until Ctrl-C."""
    with tempfile.TemporaryDirectory(prefix="mailguard-demo-") as folder:
        hop = CatchAll()
        config = _config(Path(folder), await hop.start())
        service = Service(config)
        try:
            await service.start()
            serving = asyncio.create_task(service.run())  # noqa: TID251 - held here and awaited below
            passwords = await asyncio.to_thread(_people, service)
            await _send(service, hop, 2_000 if full else 40)
            await _tell(service, hop, passwords, config.web.url)
            if not stay:
                service.stop.set()
            await serving
        finally:
            await service.close()
            hop.stop()
    return 0


def _config(folder: Path, hop_port: int) -> Config:
    web = _free_port(8080)
    return Config(
        data_dir=folder,
        relay=Relay(host="127.0.0.1", port=hop_port),
        smtp=Smtp(listen=f"127.0.0.1:{_free_port(2525)}", hostname="demo.example.jp"),
        web=Web(listen=f"127.0.0.1:{web}", url=f"http://127.0.0.1:{web}"),
        metrics=Metrics(listen=f"127.0.0.1:{_free_port(9464)}"),
    )


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        try:
            with socket.create_server(("127.0.0.1", port)) as listener:
                return int(listener.getsockname()[1])
        except OSError:
            continue
    return wanted


def _people(service: Service) -> dict[str, str]:
    store, passwords = service.store, {}
    for login, name, role, _ in PEOPLE:
        passwords[login] = secrets.token_urlsafe(12)
        store.people.add(
            login=login, name=name, email=f"{login}@example.jp", role=role, password=passwords[login], actor="demo"
        )
    operator = store.people.by_login("tanaka")
    assert operator is not None
    source = Source("mailer", "会員メール配信", (operator.id,), networks=("127.0.0.0/8",))
    store.sources.add(source, actor="demo")
    return passwords


async def _send(service: Service, hop: CatchAll, recipients: int) -> None:
    runs: list[tuple[str, Iterable[Mail]]] = [
        (f"スキースクール 第{run}便", ski_run(run, recipients)) for run in (1, 2, 3)
    ]
    runs += [("スキースクール 第7便（配信リスト.zip を誤添付）", ski_run(7, recipients))]
    runs += [("共済会のお知らせ（会員データ.csv を誤添付）", notice(recipients))]
    for title, mails in runs:
        before = hop.mailings()
        accepted, answer = await asyncio.to_thread(_deliver, service.smtp_port, mails)
        print(f"{title}: {accepted}通を受付、{hop.mailings() - before}通を中継  最後の応答「{answer}」", flush=True)


def _deliver(port: int, mails: Iterable[Mail]) -> tuple[int, str]:
    accepted, answer = 0, ""
    with smtplib.SMTP("127.0.0.1", port) as client:
        for mail in mails:
            client.ehlo_or_helo_if_needed()
            client.mail(mail.sender)
            client.rcpt(mail.recipient)
            code, text = client.data(mail.content)
            accepted += code == 250
            answer = f"{code} {text.decode()}"
    return accepted, answer


async def _tell(service: Service, hop: CatchAll, passwords: dict[str, str], url: str) -> None:
    print("\n次の中継先に届いたもの:")
    for subject, number in hop.received.items():
        print(f"  {number:5,}通  {subject}")
    print("\n保留中:")
    for row in await asyncio.to_thread(service.store.holds.recent):
        print(
            f"  {row.id}  本人数 {row.persons:,}人  世帯数 {row.households:,}"
            f"  宛先数 {row.recipients:,}件  通数 {row.messages:,}通  {row.subject}"
        )
    print(f"\n承認画面 {url}")
    for login, name, _, word in PEOPLE:
        print(f"  {word} {name}: ログイン名 {login}  パスワード {passwords[login]}")
    print(
        f"SMTP 127.0.0.1:{service.smtp_port}   メトリクス http://127.0.0.1:{service.metrics_port}/metrics   Ctrl-C で終了",
        flush=True,
    )
