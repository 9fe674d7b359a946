"""The mails of the two incidents and of the clean runs before them, one recipient a message, as bulk-mail tools send."""

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

from mailguard.demo.incidents import SUBJECT, csv_bytes, members, registrations, zip_bytes
from mailguard.demo.people import Household, households

SENDER = "ski@plus-one.example.jp"
NOTICE_SENDER = "jimukyoku@kyosai.example.jp"
NOTICE_SUBJECT = "共済会からの重要なお知らせ"

_SKI = """{name} 様

いつもお世話になっております。プラスワン・スキースクールです。
冬のスキースクール（第{run}便）のご案内をお送りします。

・日程　12月23日から26日、1月4日から7日
・対象　年長から中学2年生まで
・持ち物　手袋、帽子、着替え

空き状況はホームページでご確認ください。皆さまのご参加をお待ちしております。

--
プラスワン・スキースクール事務局
https://ski.plus-one.example.jp/
"""
_NOTICE = """{name} 様

共済会の会員の皆さまに、制度改定のお知らせをお送りします。
詳しくは添付の資料をご覧ください。

--
共済会事務局
https://kyosai.example.jp/
"""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail with its envelope; `content` has CRLF line ends."""

    sender: str
    recipient: str
    content: bytes


def ski_run(run: int, recipients: int, seed: int = 20231031) -> Iterator[Mail]:
    """Run 1 to 6 are clean; run 7 carries the distribution list as 配信リスト.zip."""
    attachment = ("配信リスト.zip", zip_bytes("配信リスト.csv", csv_bytes(registrations(seed)))) if run == 7 else None
    for home in households(recipients, seed):
        yield _mail(SENDER, home, SUBJECT, _SKI.format(name=home.guardian.name, run=run), attachment)


def notice(recipients: int, seed: int = 20220630) -> Iterator[Mail]:
    """Willnext's notice with the file of all members attached."""
    attachment = ("会員データ.csv", csv_bytes(members(seed)))
    for home in households(recipients, seed, children=0):
        yield _mail(NOTICE_SENDER, home, NOTICE_SUBJECT, _NOTICE.format(name=home.guardian.name), attachment)


def _mail(sender: str, home: Household, subject: str, body: str, attachment: tuple[str, bytes] | None) -> Mail:
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = home.email
    message["Subject"] = subject
    message["Date"] = "Tue, 31 Oct 2023 10:00:00 +0900"
    message["Message-ID"] = f"<{home.email.replace('@', '.')}@{sender.rpartition('@')[2]}>"
    message.set_content(body, cte="base64")
    if attachment:
        name, data = attachment
        subtype = "zip" if name.endswith(".zip") else "octet-stream"
        message.add_attachment(data, maintype="application", subtype=subtype, filename=name)
    return Mail(sender, home.email, message.as_bytes())
