"""A short soak: mail through the running service while relay, database and processes break; and the account itself."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
KEY, OTHER = (1, 1), (1, 2)


@pytest.fixture
def soaking(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from soaking import account, traffic

    return account, traffic.Fate


@pytest.mark.timeout(300)
def test_every_mail_is_accounted_for_while_everything_breaks(tmp_path):
    # Caches still fill in so short a run: --growth-mb is wide here, and narrow in `make soak`.
    # Four connections keep two processes busy; ten left the files beside this one no processor.
    few = ["--once", "--gap", "0.5", "--connections", "4"]
    command = [sys.executable, str(BENCHMARKS / "soak.py"), *few, "--growth-mb", "150"]
    done = subprocess.run(
        [*command, "--folder", str(tmp_path)], capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert "soak: every mail is accounted for" in done.stdout
    for fault in ("restart 1×", "kill 1×", "database locked 1×", "relay down 1×", "relay 4xx 1×", "relay drops 1×"):
        assert fault in done.stdout
    released, held = (_number(done.stdout, line) for line in ("held and released", "held to the end"))
    assert released > 0
    assert held > 0


def _number(text, name):
    return int(
        next(line for line in text.splitlines() if line.strip().startswith(name)).rpartition(" ")[2].replace(",", "")
    )


@pytest.mark.parametrize(
    ("fate", "heard", "taken", "repeats", "fault"),
    [
        ("clean", "", 1, 0, None),
        ("clean", "", 0, 0, "lost"),
        ("clean", "", 2, 0, "arrived 2 times"),
        ("clean", "", 2, 1, None),
        ("clean", "H-2", 1, 0, "is held and arrived"),
        ("clean", None, 0, 0, None),
        ("clean", None, 1, 0, "its client heard nothing"),
        ("clean", None, 1, 1, None),
        ("approve", "H-1", 1, 0, None),
        ("approve", "H-1", 0, 0, "lost"),
        ("approve", "H-1", 2, 0, "arrived 2 times"),
        ("approve", "H-2", 0, 0, None),
        ("reject", "H-2", 0, 0, None),
        ("reject", "H-2", 1, 1, "without an approval"),
        ("wait", "", 0, 0, "was not held"),
        ("wait", None, 1, 1, "without an approval"),
    ],
)
def test_the_account_sees_what_is_wrong(soaking, fate, heard, taken, repeats, fault):
    account, fates = soaking
    books = account.Books(
        begun={KEY: fates(fate)},
        heard={} if heard is None else {KEY: heard},
        refused={},
        approved={"H-1"},
        taken={KEY: taken} if taken else {},
        repeats=Counter({KEY: repeats}),
    )
    found = account.wrong(books)
    assert len(found) == (fault is not None)
    assert fault is None or fault in found[0]


def test_the_account_sees_refusals_and_mail_from_nowhere(soaking):
    account, fates = soaking
    books = account.Books({KEY: fates.CLEAN}, {}, {KEY: "554 no"}, set(), {OTHER: 1}, Counter())
    assert [text.partition(": ")[2] for text in account.wrong(books)] == [
        "refused with 554 no",
        "arrived, and nobody sent it",
    ]


def test_no_two_mails_of_a_soak_are_the_same(soaking):
    from mails import Mail
    from soaking.traffic import _marked

    mail = Mail(b"taro@example.jp", (b"Subject: x\r\n\r\n", b".\r\n"), 3)
    wires = {b"".join(_marked(mail, block).wire) for block in (10, 11, 101)}
    assert len(wires) == 3
    assert all(wire.endswith(b"Subject: x\r\n\r\n.\r\n") for wire in wires)


def test_memory_counts_from_the_time_when_nothing_is_restarted_any_more(soaking):
    from soaking.memory import Watch

    watch = Watch(guard=None, progress=lambda: 0.0)
    watch._half = 70.0  # of 100 s: half of the mails took so long
    watch._roles = {1: "service", 2: "smtp"}
    watch._seen = {1: [(at, at / 10) for at in range(66, 101, 2)], 2: [(90, 5.0), (100, 5.0)]}
    [trend] = watch.trends()
    assert (trend.role, round(trend.slope)) == ("service", 6)
    watch._half = None  # as long as the first half is under way
    assert watch.trends() == []
