"""mailguard hold campaigns: the mailings with holds that wait."""

from datetime import UTC, datetime

from mailguard import config
from mailguard.cli import main
from mailguard.model import Action, Envelope, Inspection, Message, Source, Verdict
from mailguard.pieces import cut
from mailguard.store import open_store
from mailguard.store.arrival import Arrival

NOW = datetime(2027, 4, 28, 1, 0, tzinfo=UTC)


def test_mailings_are_listed_with_their_sums(tmp_path, capsys):
    data = tmp_path / "data"
    (tmp_path / "mailguard.toml").write_text(f'data_dir = "{data}"\n')
    with open_store(f"sqlite:///{data / 'mailguard.db'}", data, lambda: NOW, holds=config.Holds()) as store:
        for number in range(3):
            leaf = b"leaf %d" % number
            message = Message(f"m{number}", Envelope("a@b.example", ("c@d.example",)), b"Subject: x\r\n\r\nx\r\n", NOW)
            seen, verdict = (
                Inspection(persons=2, subject_key=b"s"),
                Verdict(Action.HOLD, ("attachment_findings",), (leaf,)),
            )
            source = Source("members", "会員メール配信")
            store.holds.admit(Arrival(message, cut(message.content, store.digester), source, seen, verdict, leaf))
    config_file = ["--config", str(tmp_path / "mailguard.toml")]
    assert main(["hold", "campaigns", *config_file]) == 0
    said = capsys.readouterr().out
    assert (
        "会員メール配信\t保留 3件 (pending 3)\t本人数 6人\t宛先数 3件\t通数 3通\t二重送信 0通\tattachment_findings"
        in said
    )
    assert main(["hold", "campaigns", "--state", "approved", *config_file]) == 0
    assert capsys.readouterr().out == ""
