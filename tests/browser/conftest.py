"""Debian's Chromium in front of the real page: one server on a free loopback port, the made-up world of the unit tests."""

import shutil
import socket
import sys
import threading
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from machine import needs

sys.path.append(str(Path(__file__).parents[1] / "unit" / "web"))
from web_world import PASSWORD, Clock, World

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)


@pytest.fixture(scope="session", autouse=True)
def machine_has_chromium():
    needs(CHROMIUM, "Chromium (the page was not looked at)")


class Live:
    """The page as people reach it."""

    def __init__(self, world, base):
        self.world, self.base = world, base

    def log_in(self, page, login):
        page.goto(f"{self.base}/login")
        page.get_by_label("ログイン名").fill(login)
        page.get_by_label("パスワード").fill(PASSWORD)
        page.get_by_role("button", name="ログイン").click()
        page.wait_for_url("**/holds")


@pytest.fixture
def live(tmp_path):
    # The sentence 「受信中」 and the session need a clock that agrees with the browser's cookies.
    world = World(tmp_path, clock=Clock(datetime.fromtimestamp(time.time(), UTC)))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{listener.getsockname()[1]}"
        app = world.app(listen=listen, url=f"http://{listen}")
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        deadline = time.monotonic() + 10
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.02)
        yield Live(world, f"http://{listen}")
        server.should_exit = True
        thread.join(10)
    world.store.close()


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with warnings.catch_warnings(), sync_playwright() as playwright:
        warnings.simplefilter("ignore", ResourceWarning)
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"], headless=True
        )
        yield browser
        browser.close()


@pytest.fixture(params=[1280, 360], ids=["wide", "phone"])
def page(chromium, request):
    """A page that fails its test on any script error or anything the policy forbids."""
    context = chromium.new_context(viewport={"width": request.param, "height": 800}, locale="ja-JP")
    page = context.new_page()
    trouble = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "console", lambda message: trouble.append(message.text) if "Content Security Policy" in message.text else None
    )
    yield page
    context.close()
    assert trouble == []
