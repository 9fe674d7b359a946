"""Notices to chat and webhooks, taken by a real HTTP server on this machine."""

import asyncio
import json
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from pydantic import ValidationError
from test_edge_notify import NOTICE, Notices, run

from mailguard import config
from mailguard.config import Notify
from mailguard.errors import ConfigError
from mailguard.notify.channels import Channels


@contextmanager
def hook(status=200):
    """A webhook: its URL for Apprise, and what it got."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"json://127.0.0.1:{server.server_port}/secret-token", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def waiting(settings):
    (name,) = settings.channel_names
    return replace(NOTICE, person=None, channel=name, subject="冬の〇〇")


async def test_a_channel_hears_what_people_are_mailed(caplog):
    with hook() as (url, got):
        notice = waiting(Notify(channels=(url,)))
        notices = Notices(notice)
        hop = await run(notices, channels=(url,))
    assert (notices.done, hop.connections) == (["N-1"], 0)
    (said,) = got
    assert said["title"] == "[mailguard] 承認待ちの保留があります / H-0123456789"
    for line in ("本人数: 3,719人分", "件名(伏せ字): 冬の〇〇", "https://guard.example.co.jp/holds/H-0123456789"):
        assert line in said["message"]
    assert "secret-token" not in caplog.text


async def test_one_that_fails_is_tried_again_and_named_by_no_address(caplog):
    with hook(status=500) as (url, _):
        notices = Notices(waiting(Notify(channels=(url,))))
        await run(notices, channels=(url,))
    assert notices.done == []
    assert [name for name, _ in notices.put_off] == ["N-1"]
    assert "secret-token" not in "".join(record.getMessage() for record in caplog.records if "notify" in record.name)


async def test_what_waits_for_a_channel_that_was_removed_is_done():
    assert await Channels(Notify()).send(replace(NOTICE, person=None, channel="gone"), "https://x")


def test_english_first_where_it_is_wished():
    async def said():
        with hook() as (url, got):
            settings = Notify(channels=(url,), language="en")
            assert await Channels(settings).send(waiting(settings), "https://x")
            return got[0]["title"]

    assert asyncio.run(said()) == "[mailguard] A hold is waiting for approval / H-0123456789"


@pytest.mark.parametrize("url", ["nothing://x", "slack://"])
def test_what_apprise_does_not_understand_is_said_without_quoting_it(url):
    with pytest.raises(ConfigError, match=r"channel 1\. Correct its URL") as raised:
        Channels(Notify(channels=(url,)))
    assert url not in str(raised.value)


@pytest.mark.parametrize(
    ("facts", "fact"),
    [
        ({"channels": ("hooks.example",)}, "channel 1 must be a URL"),
        ({"reminders": (0.8, 0.5)}, "each later than the one before"),
        ({"reminders": (0.5, 1.0)}, "between 0 and 1"),
    ],
    ids=["no url", "backwards", "too late"],
)
def test_settings_that_mean_nothing(facts, fact):
    with pytest.raises(ValidationError, match=fact):
        Notify(**facts)


def test_a_secret_file_has_one_a_line(tmp_path):
    secret = tmp_path / "channels"
    secret.write_text("json://127.0.0.1:1/a\njson://127.0.0.1:2/b\n", "utf-8")
    loaded = config.load(None, {"MAILGUARD_NOTIFY__CHANNELS_FILE": str(secret)})
    assert list(loaded.notify.channel_names.values()) == ["json://127.0.0.1:1/a", "json://127.0.0.1:2/b"]
    assert "127.0.0.1:1" not in repr(loaded)
