"""Rules and policy replaced in a service that runs, with one process and with two.

A broken file never takes over; a policy waits for consent where two approvers could give it, else it counts at once.
"""

import asyncio
import os
import re
import signal
import time
import urllib.request
from shutil import copytree

import pytest
from hop import Hop
from serving import Serving

from mailguard.config import Holds
from mailguard.detect import ruleset
from mailguard.service.clock import now
from mailguard.store import open_store

HEAD = "From: n@example.co.jp\r\nTo: a@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
LIST = (
    'Content-Type: text/csv; charset=utf-8; name="a.csv"\r\nContent-Disposition: attachment; filename="a.csv"\r\n'
    "\r\n氏名,電話番号\r\n山田太郎,090-1234-5678\r\n"
)


class Mail:
    sender, recipient = "n@example.co.jp", "a@example.com"
    content = (HEAD + LIST).encode()


async def said(service, text, times=1):
    end = time.monotonic() + 60
    while len(re.findall(text, service.log())) < times:
        assert time.monotonic() < end, service.log()
        await asyncio.sleep(0.1)


def measured(service):
    with urllib.request.urlopen(f"http://127.0.0.1:{service.metrics}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def opened(service):
    return open_store(f"sqlite:///{service.data / 'mailguard.db'}", service.data, now, holds=Holds())


def agree(service):
    """Consent to the change that waits, while the service runs."""
    with opened(service) as store:
        [change] = store.changes.all()
        assert (change.state, change.kind) == ("waiting", "settings.take")
        store.changes.agree(change.id, store.people.by_login("sato").id)


@pytest.mark.parametrize(("workers", "approvers"), [(1, 1), (2, 2)])
async def test_good_rules_take_over_and_broken_ones_do_not(tmp_path, workers, approvers):
    rules = copytree(ruleset.shipped_dir(), tmp_path / "rules")
    phone, policy = rules / "phone.toml", rules / "policy.toml"
    good, first = phone.read_text("utf-8"), ruleset.load(rules).version
    async with Hop() as hop:
        service = Serving(tmp_path, hop.port, smtp=f"workers = {workers}")
        service.environ = {"MAILGUARD_RULES_DIR": str(rules)}
        if approvers < 2:
            with opened(service) as store:
                store.people.disable("suzuki", "test")
        await asyncio.to_thread(service.start)
        try:
            assert "held" in await asyncio.to_thread(service.send, Mail)

            phone.write_text(good.replace("confidence", "confidense", 1), "utf-8")
            os.kill(service.pid, signal.SIGHUP)
            await said(service, f"rules stay version={first}: phone.toml: .*unknown key 'confidense'")
            assert "held" in await asyncio.to_thread(service.send, Mail)
            assert measured(service)['mailguard_rules_reloads_total{result="failed"}'] == "1.0"

            phone.write_text(good, "utf-8")
            policy.write_text(policy.read_text("utf-8").replace("all = false", "all = true"), "utf-8")
            second = ruleset.load(rules).version
            os.kill(service.pid, signal.SIGHUP)
            if approvers > 1:
                await said(service, "waits for consent, the settings agreed on stay")
                await said(service, f"reload: rules as before version={first}")
                assert "held" in await asyncio.to_thread(service.send, Mail)
                assert "MONITORING IS ON" not in service.log()
                assert measured(service)["mailguard_settings_differ"] == "1.0"
                await asyncio.to_thread(agree, service)
            await said(service, f"reload: rules version={second} instead of {first}", workers)
            await said(service, "MONITORING IS ON", workers)
            assert "held" not in await asyncio.to_thread(service.send, Mail)
            now_measured = measured(service)
            assert now_measured[f'mailguard_rules_loaded{{version="{second}"}}'] == f"{workers}.0"
            assert now_measured[f'mailguard_rules_loaded{{version="{first}"}}'] == "0.0"
            assert now_measured['mailguard_would_hold_total{reason="attachment_findings",source="mailer"}'] == "1.0"
            assert now_measured["mailguard_monitoring"] == f"{workers}.0"
            assert now_measured["mailguard_settings_differ"] == "0.0"
        finally:
            await asyncio.to_thread(service.stop)
        with opened(service) as store:
            [day] = store.watching.days(2)
            assert (day.source_id, day.messages, day.reasons) == ("mailer", 1, {"attachment_findings": 1})
    assert "Traceback" not in service.log()
