import re

import pytest
from web_world import PASSWORD

from mailguard.lifecycle import Choice, HoldState, RecipientState
from mailguard.store.views import Outcome

pytestmark = pytest.mark.browser


def look(page, folder, name):
    """Nothing may stick out to the side; the picture is kept for people."""
    page.screenshot(path=folder / f"{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name


def release(world, replies):
    for state, reply in replies:
        claim = world.store.releases.claim(lease_seconds=60)
        world.store.releases.record(claim.token, [Outcome(0, state, reply)], None)


def test_log_in_look_approve_and_see_the_release(live, page, tmp_path):
    hold = live.world.admit(messages=3)
    page.goto(live.base)
    look(page, tmp_path, "login")
    live.log_in(page, "sato")
    look(page, tmp_path, "list")
    assert page.get_by_text("受信中 3通").is_visible()
    page.get_by_role("link", name="冬のスキースクール最新情報").click()
    look(page, tmp_path, "hold")
    assert page.get_by_text("添付「list.zip › 会員.csv」に3,719人分(1,740世帯)の個人情報が見つかりました").is_visible()
    page.locator("#code_own_data").check()
    page.locator("#reason").fill("本文と添付を送信担当者と確認した")
    page.get_by_label("承認上限をもう一度入力").fill("3")
    page.get_by_role("button", name="承認して送信").click()
    page.wait_for_url(f"**/holds/{hold}?done=approved")
    look(page, tmp_path, "approved")
    assert page.get_by_role("heading", name="送信の進み具合").is_visible()
    accepted, refused = RecipientState.ACCEPTED, RecipientState.REFUSED
    release(live.world, [(accepted, "250 2.0.0 Ok: queued as 4F2K"), (refused, "550 5.1.1 User unknown")])
    # The small script brings this without a reload.
    page.get_by_text("250 2.0.0 Ok: queued as 4F2K").wait_for(timeout=15_000)
    assert page.get_by_text("550 5.1.1 User unknown").is_visible()
    look(page, tmp_path, "release")
    assert live.world.store.holds.get(hold).row.state is HoldState.APPROVED


def test_an_operator_sees_why_not_and_no_button(live, page, tmp_path):
    hold = live.world.admit()
    live.log_in(page, "tanaka")
    page.goto(f"{live.base}/holds/{hold}")
    look(page, tmp_path, "operator")
    assert page.get_by_text("あなたはこの保留を承認できません").is_visible()
    assert page.get_by_role("button", name=re.compile("承認|却下")).count() == 0


def test_reject_by_keyboard(live, page, tmp_path):
    hold = live.world.admit()
    live.log_in(page, "sato")
    page.goto(f"{live.base}/holds/{hold}")
    page.locator("summary", has_text="却下する場合").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("添付が違う")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/holds/{hold}?done=rejected")
    look(page, tmp_path, "rejected")


def test_who_is_typing_is_told_that_the_hold_changed(live, page):
    hold = live.world.admit()
    live.log_in(page, "sato")
    page.goto(f"{live.base}/holds/{hold}")
    page.locator("#reason").fill("確認した")
    row = live.world.store.holds.get(hold).row
    live.world.store.holds.decide(
        hold, revision=row.revision, choice=Choice.REJECT, person_id=live.world.second.id, reason="添付が違う"
    )
    page.get_by_text("この保留の状態が変わりました").wait_for(timeout=15_000)
    assert page.locator("#reason").input_value() == "確認した"


def test_late_mail_is_asked_about_and_releases_are_paused(live, page, tmp_path):
    world = live.world
    hold = world.admit(messages=3)
    world.approve(hold)
    release(world, [(RecipientState.ACCEPTED, "250 2.0.0 Ok"), (RecipientState.WAITING, "451 4.7.1 Try again later")])
    world.clock.on(hours=13)
    world.store.releases.ask_late(12)
    live.log_in(page, "sato")
    page.goto(f"{live.base}/release")
    look(page, tmp_path, "sending")
    page.locator("#reason").fill("中継サーバーの入れ替えのため")
    page.get_by_role("button", name="すべての送信を停止する").click()
    page.wait_for_url("**/release?done=paused")
    look(page, tmp_path, "paused")
    page.goto(f"{live.base}/holds")
    assert page.get_by_text("すべての送信を停止しています").is_visible()
    look(page, tmp_path, "list-paused")
    page.goto(f"{live.base}/holds/{hold}")
    look(page, tmp_path, "late")
    page.locator("#late_reason").fill("今日中なら差し支えない")
    page.get_by_role("button", name="遅れて配信する").click()
    page.wait_for_url(f"**/holds/{hold}?done=late")
    look(page, tmp_path, "late-confirmed")
    page.get_by_text("残りの送信を取りやめる場合").click()
    page.locator("#stop_reason").fill("日付が過ぎた")
    page.get_by_role("button", name="残りの送信を取りやめる").click()
    page.wait_for_url(f"**/holds/{hold}?done=stopped")
    look(page, tmp_path, "stopped")
    assert world.store.holds.get(hold).row.state is HoldState.WITHDRAWN


@pytest.mark.parametrize("width", [1280, 360])
def test_in_english_a_pause_and_the_late_question_are_told_apart(live, chromium, tmp_path, width):
    world = live.world
    hold = world.admit(messages=2)
    world.approve(hold)
    release(world, [(RecipientState.WAITING, "451 4.7.1 Try again later")])
    world.clock.on(hours=13)
    world.store.releases.ask_late(12)
    context = chromium.new_context(locale="en-GB", viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(f"{live.base}/login")
    page.get_by_label("Login").fill("sato")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/holds")
    page.goto(f"{live.base}/release")
    page.get_by_label("Reason for the pause").fill("The relay is being replaced")
    look(page, tmp_path, "sending")
    page.get_by_role("button", name="Pause all sending").click()
    page.wait_for_url("**/release?done=paused")
    assert page.get_by_text("Still paused").is_visible()
    page.goto(f"{live.base}/holds")
    look(page, tmp_path, "list-paused")
    banner = page.locator("#pause")
    assert re.search(r"Sending is paused\s+since .*, by 佐藤 一郎\s+Sending status", banner.inner_text())
    assert page.locator("article", has_text=hold).get_by_text("Deliver late?").is_visible()
    page.goto(f"{live.base}/holds/{hold}")
    assert page.get_by_text("2 messages to 2 recipients").is_visible()
    other = page.get_by_text("Stop the rest instead")
    button = page.get_by_role("button", name="Deliver late")
    assert other.bounding_box()["y"] - sum(button.bounding_box()[side] for side in ("y", "height")) >= 16
    other.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Reason for stopping").fill("too late")
    assert page.get_by_label("Reason for delivering late").input_value() == ""
    look(page, tmp_path, "late")
    assert not page.evaluate(WRAPPED)
    context.close()


WRAPPED = (
    """() => [...document.querySelectorAll(".whole > *")].filter((one) => one.getClientRects().length > 1).length"""
)


def test_the_page_works_without_script(live, chromium, tmp_path):
    hold = live.world.admit(messages=2)
    context = chromium.new_context(java_script_enabled=False, locale="ja-JP", viewport={"width": 360, "height": 800})
    page = context.new_page()
    live.log_in(page, "sato")
    page.goto(f"{live.base}/holds/{hold}")
    page.locator("#code_own_data").check()
    page.locator("#reason").fill("確認した")
    page.locator("#cap_again").fill("2")
    page.get_by_role("button", name="承認して送信").click()
    page.wait_for_url(f"**/holds/{hold}?done=approved")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_contrast(live, chromium, scheme):
    hold = live.world.admit(messages=2)
    context = chromium.new_context(locale="ja-JP", color_scheme=scheme, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    live.log_in(page, "sato")
    for path in ("/holds", f"/holds/{hold}"):
        page.goto(live.base + path)
        assert page.evaluate(CONTRAST) == []
    context.close()


CONTRAST = """() => {
  // WCAG 2.2, 1.4.3: 4.5 to 1 for every text that is shown
  const parse = (value) => (value.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!own || !node.getClientRects().length || node.tagName === "SCRIPT") continue;
    const [a, b] = [light(parse(getComputedStyle(node).color)), light(behind(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(`${node.className} ${node.textContent.trim().slice(0, 20)} ${ratio.toFixed(2)}`);
  }
  return poor;
}"""
