"""How long the list of holds and one decision take when a mailing with a file of its own for each recipient is held.

    python benchmarks/bench_campaigns.py [--holds 2000] [--messages 7] [--rounds 5]

Fills a SQLite database of its own once, and decides a copy of it in each round. Prints medians in milliseconds.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from mailguard import config
from mailguard.lifecycle import Choice
from mailguard.model import Action, Envelope, Finding, Inspection, Kind, Message, PartInfo, Source, Verdict
from mailguard.pieces import cut
from mailguard.store import Store, open_store
from mailguard.store.arrival import Arrival

BATCH = 200
SOURCE = Source("members", "会員メール配信", logins=("bulk",))
_HEAD = "From: news@example.co.jp\r\nTo: {to}\r\nSubject: =?utf-8?b?44GU6KuL5rGC?=\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
_BODY = "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nお客様各位\r\n{text}\r\n--b\r\nContent-Type: application/pdf\r\n\r\n"


def clock() -> datetime:
    """Now."""
    return datetime.fromtimestamp(time.time(), UTC)


def main() -> None:
    """Fill, measure, print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--holds", type=int, default=2_000)
    options.add_argument("--messages", type=int, default=7)
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="mailguard-bench-") as folder:
        made = Path(folder) / "made"
        print(f"{given.holds:,} holds of {given.messages} messages; filling ...", flush=True)
        _fill(made, given.holds, given.messages)
        for name, found in _measured(made, Path(folder), given.rounds).items():
            wall, worked = (statistics.median(seconds) * 1000 for seconds in zip(*found, strict=True))
            print(f"{name:<24}{wall:7.0f} ms, {worked:5.0f} ms of the processor (medians of {len(found)})")


def _open(folder: Path) -> Store:
    return open_store(f"sqlite:///{folder / 'mailguard.db'}", folder, clock, holds=config.Holds())


def _fill(folder: Path, holds: int, each: int) -> None:
    with _open(folder) as store:
        tanaka = _person(store, "tanaka", "operator")
        _person(store, "sato", "approver")
        _person(store, "suzuki", "approver")
        store.sources.add(Source(SOURCE.id, SOURCE.title, (tanaka,), logins=SOURCE.logins), "bench")
        arrivals = list(_arrivals(store, holds, each))
        for start in range(0, len(arrivals), BATCH):
            for answer in store.holds.admit_all(arrivals[start : start + BATCH]):
                if isinstance(answer, Exception):
                    raise answer


def _person(store: Store, login: str, role: str) -> str:
    mail = f"{login}@example.co.jp"
    return store.people.add(login=login, name=login, email=mail, role=role, password=None, actor="bench").id


def _arrivals(store: Store, holds: int, each: int) -> Iterator[Arrival]:
    """One file for each hold, sent to some recipients one by one."""
    for number in range(holds * each):
        hold, to = number % holds, f"customer{number}@example.com"
        data = (
            (_HEAD.format(to=to) + _BODY.format(text="ご案内です。" * 60)).encode()
            + b"%08d" % hold * 700
            + b"\r\n--b--\r\n"
        )
        message = Message(f"M-{number}", Envelope("news@example.co.jp", (to,), login="bulk"), data, clock())
        key = b"leaf %d" % hold
        findings = tuple(
            Finding(f"{kind}.column", kind, ("請求書.pdf",), "1", 1, 1, ("山〇〇郎",), digests=(key,), key=key)
            for kind in (Kind.NAME, Kind.ADDRESS, Kind.PHONE)
        )
        seen = Inspection(
            findings=findings, persons=1, households=1, subject="ご請求", subject_key=b"subject", ruleset="bench",
            parts=(PartInfo(("(body)",), "text/plain", 800), PartInfo(("請求書.pdf",), "application/pdf", 6_000, key=key)),
        )  # fmt: skip
        verdict = Verdict(Action.HOLD, ("attachment_findings",), (key,))
        yield Arrival(message, cut(data, store.digester), SOURCE, seen, verdict, key)


def _measured(made: Path, folder: Path, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """By what was done: seconds of the wall clock and of the processor."""
    times: dict[str, list[tuple[float, float]]] = {}
    for number in range(rounds):
        copy = folder / f"round{number}"
        shutil.copytree(made, copy, copy_function=shutil.copy2)
        with _open(copy) as store:
            for name, call in _calls(store, Choice.APPROVE if number % 2 == 0 else Choice.REJECT):
                started, worked = time.perf_counter(), time.process_time()
                call()
                times.setdefault(name, []).append((time.perf_counter() - started, time.process_time() - worked))
        shutil.rmtree(copy)
    return times


def _calls(store: Store, choice: Choice) -> Iterator[tuple[str, Callable[[], object]]]:
    campaigns = store.campaigns
    sato = next(person.id for person in store.people.all() if person.login == "sato")
    key = campaigns.recent()[0].id
    yield "list of campaigns", campaigns.recent
    yield "one campaign", lambda: campaigns.get(key)
    yield "a page of its holds", lambda: campaigns.holds(key)
    yield "snapshot", lambda: campaigns.snapshot(key, sato)
    token = campaigns.snapshot(key, sato).token
    yield (
        f"decision ({choice})",
        lambda: campaigns.decide(key, snapshot=token, choice=choice, person_id=sato, reason="確認した", cap=None),
    )


if __name__ == "__main__":
    main()
