"""Published contacts and part views by the command line."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mailguard.cli import main
from mailguard.config import Holds
from mailguard.model import Action, Envelope, Finding, Inspection, Kind, Message, PartInfo, Source, Verdict
from mailguard.pieces import cut
from mailguard.service.clock import now
from mailguard.store import open_store
from mailguard.store.arrival import Arrival
from mailguard.store.part_views import Look

PASSWORD = "a long enough password"
PHONE = Finding("phone", Kind.PHONE, ("a.csv",), "1行目", 1, 1, ("03-****-1234",), digests=(b"d",), key=b"leaf")
SEEN = Inspection(findings=(PHONE,), parts=(PartInfo(("a.csv",), "text/csv", 9, key=b"k" * 16),), subject_key=b"s")


@pytest.fixture
def world(tmp_path, capsys, monkeypatch):
    """A hold of a source with an operator, two approvers, and a command with a password on its standard input."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    path = tmp_path / "mailguard.toml"
    path.write_text(f'data_dir = "{data}"\n')
    with open_store(f"sqlite:///{data / 'mailguard.db'}", data, now, holds=Holds()) as store:
        facts = {"email": "", "password": PASSWORD, "actor": "test"}
        people = [
            store.people.add(login=login, name=login, role=role, **facts)
            for login, role in (("tanaka", "operator"), ("sato", "approver"), ("suzuki", "approver"))
        ]
        source = Source("mailer", "配信", (people[0].id,), logins=("bulk",))
        store.sources.add(source, "test")
        content = b"Subject: x\r\n\r\nmade up\r\n"
        message = Message("m1", Envelope("a@example.jp", ("b@example.com",)), content, datetime.now(UTC))
        verdict = Verdict(Action.HOLD, ("attachment_findings",), (b"leaf",))
        arrival = Arrival(message, cut(content, store.digester), source, replace(SEEN), verdict, b"key")
        hold = store.holds.admit(arrival).hold_id
        store.part_views.open(hold, 0, people[1].id, Look.UNMASKED, revision=1, reason="表記を確認", message="m1")

    def command(*words, password=PASSWORD):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        code = main([*words, "--config", str(path)])
        said = capsys.readouterr()
        return code, said.out + said.err

    return command, hold


def test_a_contact_is_proposed_by_one_agreed_on_by_another_and_ended(world):
    run, hold = world
    assert run("contact", "offers", hold) == (0, "0.0\tphone\t03-****-1234\n")
    code, said = run("contact", "propose", hold, "0.0", "--as", "sato", "--reason", "ウェブサイトに掲載")
    entry = re.search(r"C-[0-9A-Z]{10}", said)[0]
    assert (
        code,
        f"{entry}\tasked\tphone\t03-****-1234\t{hold}\t–\tsato\t–\tウェブサイト" in run("contact", "list")[1],
    ) == (0, True)
    assert run("contact", "agree", entry, "--as", "sato")[0] == 1  # nobody agrees to his own
    assert run("contact", "agree", entry, "--as", "suzuki", password="wrong wrong wrong")[0] == 1
    code, said = run("contact", "agree", entry, "--as", "suzuki")
    assert (code, said.startswith(f"{entry}: allowed until 20")) == (0, True)
    assert "\tsato\tsuzuki\t" in run("contact", "list")[1]
    assert run("contact", "remove", entry, "--as", "suzuki") == (0, f"{entry}: over\n")
    assert run("contact", "list") == (0, "")
    assert f"{entry}\tover" in run("contact", "list", "--all")[1]
    assert run("contact", "remove", "C-NOBODY", "--as", "suzuki")[0] == 1


def test_who_opened_what_is_listed(world):
    run, hold = world
    code, said = run("hold", "views", hold)
    assert (code, said.split("\t")[1:]) == (0, ["unmasked", "sato", "a.csv", "m1", "表記を確認\n"])
    assert run("hold", "views", "H-NOBODY")[0] == 1


def test_the_record_of_a_campaign_is_written(world):
    run, hold = world
    campaign = run("hold", "campaigns")[1].split("\t")[0]
    code, said = run("audit", "export", "--campaign", campaign, "--format", "json")
    assert (code, hold in said, campaign in said, "改ざんなし" in said) == (0, True, True, True)
    assert run("audit", "export", "--campaign", "C-NOBODY")[0] == 1
