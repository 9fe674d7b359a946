"""Runs dialogs/*.smtp.

# text                  a remark
# hop: LINE             tells the scripted next hop (see hop.py), before the start or in the middle
# pipeline: hold        the message is held instead of handed over
# smtp: KEY VALUE       a setting of [smtp]; "certificate test" is one made for the tests
# stop list: REPLY ADDRESS …    who is on it, and what they hear: 250 or 550; "broken": it cannot be read
# seen as: ADDRESS      the client's address, as the server sees it
-> text                 the client sends a line; \\r \\n \\0 \\xHH are bytes, a line ending in \\c gets no CRLF
<- text                 the reply starts with this; "\\n" parts the lines of one reply
<~ regex                the reply matches this
<- (closed)             the server closes
! tls                   the client begins TLS
= suppressed ADDRESS    recipients on the stop list of the last message
= login NAME            who the last message was sent by; = tls True   and how
= taken N               the next hop took N messages
= mail TEXT · = rcpt TEXT    argument of MAIL or of one RCPT of the last message taken
= content TEXT          content of the last message taken
"""

import re
from pathlib import Path

import pytest
from edge import FakeStopList, edge, with_certificate

from mailguard.smtp import channel, greeting

DIALOGS = sorted((Path(__file__).parent / "dialogs").glob("*.smtp"))


def unescape(text):
    data = text.encode()
    for name, byte in ((rb"\r", b"\r"), (rb"\n", b"\n"), (rb"\0", b"\0")):
        data = data.replace(name, byte)
    return re.sub(rb"\\x([0-9a-f]{2})", lambda match: bytes([int(match[1], 16)]), data)


def stop_list(reply, *names):
    listed = FakeStopList(250 if reply == "broken" else int(reply), *names)
    listed.broken = reply == "broken"
    return listed


def read(path):  # noqa: C901 - one branch a directive
    """(hop script, pipeline mode, settings, the client's address or None, stop list or None, steps)"""
    script, mode, smtp, client, listed, steps = [], "pass", {}, None, None, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("# hop: ") and not steps:
            script.append(line.removeprefix("# hop: "))
        elif line.startswith("# pipeline: "):
            mode = line.removeprefix("# pipeline: ")
        elif line.startswith("# smtp: "):
            key, _, value = line.removeprefix("# smtp: ").partition(" ")
            if key == "certificate":
                smtp |= with_certificate()
            else:
                smtp[key] = [value] if key.endswith("clients") else value
        elif line.startswith("# stop list: "):
            listed = stop_list(*line.removeprefix("# stop list: ").split())
        elif line.startswith("# seen as: "):
            client = line.removeprefix("# seen as: ")
        elif line.startswith(("-> ", "<- ", "<~ ", "= ", "! ", "# hop: ")):
            sign, _, text = line.partition(" ")
            steps.append((f"{path.name}:{number}", sign, text))
        else:
            assert not line or line.startswith("#"), f"{path.name}:{number}: {line}"
    return script, mode, smtp, client, listed, steps


def check(peer, what, text):
    hop = peer.hop
    if what == "suppressed":
        assert " ".join(peer.pipeline.messages[-1].envelope.suppressed) == text
    elif what in {"login", "tls"}:
        assert str(getattr(peer.pipeline.messages[-1].envelope, what)) == text
    elif what == "taken":
        assert len(hop.taken) == int(text)
    elif what == "mail":
        assert hop.taken[-1].mail.decode() == text
    elif what == "rcpt":
        assert text.encode() in hop.taken[-1].rcpts
    else:
        assert what == "content"
        assert hop.taken[-1].content == unescape(text)


async def play(peer, client, place, sign, text):
    match sign:
        case "->":
            bare = text.endswith("\\c")
            await client.send(unescape(text.removesuffix("\\c")) + (b"" if bare else b"\r\n"))
        case "<-":
            reply = await client.reply()
            expected = "" if text == "(closed)" else text.replace("\\n", "\n")
            assert reply.startswith(expected), (place, reply)
            assert reply or text == "(closed)", place
            assert text != "(closed)" or not reply, (place, reply)
        case "<~":
            reply = await client.reply()
            assert re.fullmatch(text, reply, re.DOTALL), (place, reply)
        case "!":
            await client.start_tls()
        case "#":
            peer.hop.tell(text.removeprefix("hop: "))
        case "=":
            check(peer, *text.split(" ", 1))


@pytest.mark.parametrize("path", DIALOGS, ids=lambda path: path.stem)
async def test_dialog(path, monkeypatch):
    script, mode, smtp, address, listed, steps = read(path)
    monkeypatch.setattr(greeting, "FAILED_SECONDS", 0.01)
    monkeypatch.setattr("mailguard.smtp.gate.THROTTLED_SECONDS", 0.01)
    if address is not None:
        monkeypatch.setattr(channel, "peer_of", lambda _: address)
    assert steps, "an empty dialogue proves nothing"
    async with edge(script, mode, smtp, stop_list=listed) as peer:
        client = await peer.connect()
        for place, sign, text in steps:
            await play(peer, client, place, sign, text)


def test_there_are_enough_dialogues():
    assert len(DIALOGS) >= 60
