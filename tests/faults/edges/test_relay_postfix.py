"""The kept connections against a real Postfix: its patience with RSET and with refused recipients is never used up."""

import asyncio
import time

import postfix
import pytest

from mailguard.config import Relay
from mailguard.relay.next_hop import NextHop

pytestmark = [pytest.mark.postfix, pytest.mark.skipif(not postfix.available(), reason="no Postfix here")]
SLOWEST = 0.9  # Postfix delays by a whole second


@pytest.fixture(scope="module")
def hop():
    # Besides counting RSET, Postfix slows down everybody by a second a message while 100 envelopes more were begun than
    # its queue manager has seen mails: that is its flow control, and no connection can be used so as to escape it.
    with postfix.Postfix("in_flow_delay = 0\n") as running:
        yield running


async def slowest(next_hop, count, recipients, expected):
    worst = 0.0
    for _ in range(count):
        start = time.perf_counter()
        transaction = await next_hop.begin("a@example.jp", (), recipients)
        assert transaction.mail_reply.ok
        assert [reply.code for reply in transaction.rcpt_replies] == expected
        await transaction.reset()
        worst = max(worst, time.perf_counter() - start)
    return worst


async def test_three_hundred_held_messages_in_a_row(hop):
    next_hop = NextHop(Relay(port=hop.port), "guard.example")
    recipients = [("b@example.jp", ()), ("c@example.jp", ())]
    assert await slowest(next_hop, 300, recipients, [250, 250]) < SLOWEST
    await next_hop.close()


async def test_sixty_messages_with_a_refused_recipient(hop):
    next_hop = NextHop(Relay(port=hop.port), "guard.example")
    recipients = [("b@example.jp", ()), ("refused@example.jp", ())]
    assert await slowest(next_hop, 60, recipients, [250, 550]) < SLOWEST
    await next_hop.close()


async def test_messages_go_through_one_connection(hop):
    next_hop = NextHop(Relay(port=hop.port), "guard.example")
    content = b"Subject: pool\r\n\r\n.dotted\r\n..twice\r\n" + b"x" * 500 + b"\r\n"
    for _ in range(5):
        transaction = await next_hop.begin("a@example.jp", (), [("b@example.jp", ())])
        assert (await transaction.data(content)).ok
        await transaction.close()
    connections = (hop.home / "log" / "mail.log").read_text().count(": connect from")
    await slowest(next_hop, 3, [("b@example.jp", ())], [250])
    assert (hop.home / "log" / "mail.log").read_text().count(": connect from") == connections
    await next_hop.close()
    mails = await asyncio.to_thread(hop.mails, 5)
    assert len(mails) == 5
    assert all(mail.endswith(b"\n.dotted\n..twice\n" + b"x" * 500 + b"\n") for mail in mails)


async def test_a_mail_with_more_refused_recipients_than_postfix_bears_reaches_the_others():
    """Postfix hangs up after 20 errors (smtpd_hard_error_limit); on the next connection the refused are not named again."""
    good, bad = (
        [f"b{number}@example.jp" for number in range(10)],
        [f"refused@x{number}.example" for number in range(30)],
    )
    with postfix.Postfix("smtpd_error_sleep_time = 0\n") as strict:
        next_hop = NextHop(Relay(port=strict.port), "guard.example")
        transaction = await next_hop.begin("a@example.jp")
        replies = await transaction.rcpts([(name, ()) for name in (*good[:5], *bad, *good[5:])])
        assert [reply.code for reply in replies] == [250] * 5 + [550] * 30 + [250] * 5
        assert (await transaction.data(b"Subject: many\r\n\r\nhello\r\n")).ok
        await transaction.close()
        await next_hop.close()
        assert len(await asyncio.to_thread(strict.mails, 10)) == 10
