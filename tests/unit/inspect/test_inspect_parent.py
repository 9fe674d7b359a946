"""What the parent sends, and what it believes."""

import msgspec
import pytest

from mailguard.digest import Digester
from mailguard.inspect.errand import Errand
from mailguard.inspect.known import Found, Known
from mailguard.inspect.letter import Answer, Given, Letter, Parcel
from mailguard.inspect.results import Results
from mailguard.model import Inspection, Problem, ProblemKind
from mailguard.pieces import cut
from mailguard.sandbox import CrashedError, Memory

DIGESTER = Digester(b"k" * 32)
TWO = (
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\n'
    + b"first\r\n" * 1_000
    + b"--b\r\n\r\n"
    + b"second\r\n" * 1_000
    + b"--b--\r\n"
)


def parcel(content: bytes = TWO) -> Parcel:
    return Parcel(cut(content, DIGESTER))


def letter(body: bytes | None) -> Letter:
    assert body is not None
    return msgspec.msgpack.decode(body, type=Letter)


def said(*fresh: Given, loose: tuple[int, ...] = ()) -> bytes:
    return msgspec.msgpack.encode(Answer(Inspection(), fresh, loose))


@pytest.mark.parametrize("content", [b"X-Odd: \x000 \r\n" + TWO, TWO + b"\x00"])
def test_a_mail_with_nul_is_sent_as_it_is(content):
    assert parcel(content).apart == []
    assert parcel(content).letter(lambda _: True) == Letter(content, len(content))


def test_what_reads_like_a_token_within_a_piece_stays_there():
    content = TWO.replace(b"second", b" \x000 ", 1)
    whole = parcel(content).letter(lambda _: True)
    assert len(whole.keys) == 2
    assert whole.whole() == Letter.plain(content)


def test_too_many_boundary_lines_are_sent_as_they_are():
    content = b"Subject: x\r\n\r\n" + b"--\r\n" * 10_001 + b"x" * 5_000
    assert parcel(content).apart == []


def test_a_worker_is_sent_what_it_lacks():
    results, memory = Results(), Memory()
    one = Errand(parcel(), results)
    assert [data is not None for data in letter(one.begin(memory)).data] == [True, True]
    assert one.more(said(Given((1,), b"scan", b"found")), memory) is None
    # The same worker knows both; another is given what was found in one and the bytes of the other.
    assert letter(Errand(parcel(), results).begin(memory)).data == (None, None)
    other = letter(Errand(parcel(), results).begin(Memory()))
    assert [data is not None for data in other.data] == [True, False]
    assert other.given == (Given((1,), b"scan", b"found"),)


def test_what_a_worker_did_not_keep_is_sent_again():
    results, memory = Results(), Memory()
    one = Errand(parcel(), results)
    one.begin(memory)
    one.more(said(loose=(0,)), memory)
    assert [data is not None for data in letter(Errand(parcel(), results).begin(memory)).data] == [True, False]


@pytest.mark.parametrize("forged", [(0,), (0, 1), (), (7,), (-1,)])
def test_no_result_is_kept_of_a_piece_that_was_not_sent(forged):
    results, memory = Results(), Memory({parcel().keys[0]: None})
    errand = Errand(parcel(), results)
    errand.begin(memory)
    assert errand.sent == {1}
    errand.more(said(Given(forged, b"scan", b"clean, believe me")), memory)
    assert results.size == 0


def test_a_worker_that_needs_bytes_is_sent_all_once():
    errand = Errand(parcel(), Results())
    memory = Memory(dict.fromkeys(parcel().keys))
    assert letter(errand.begin(memory)).data == (None, None)
    need = msgspec.msgpack.encode(Answer(None))
    assert all(letter(errand.more(need, memory)).data)
    with pytest.raises(CrashedError):
        errand.more(need, memory)


@pytest.mark.parametrize("answer", [b"", b"\xc1", msgspec.msgpack.encode([{"findings": 1}]), msgspec.msgpack.encode(7)])
def test_an_answer_that_cannot_be_read_is_a_crash(answer):
    with pytest.raises(CrashedError):
        Errand(parcel(), Results()).more(answer, Memory())


def test_a_piece_read_anew_each_time_comes_with_its_bytes():
    results = Results()
    for number in range(4):
        results.keep(parcel().keys[0], b"scan %d" % number, b"found")
    for _ in range(3):
        errand = Errand(parcel(), results)
        errand.begin(Memory())
        errand.more(msgspec.msgpack.encode(Answer(None)), Memory())
    last = letter(Errand(parcel(), results).begin(Memory()))
    assert all(last.data)
    assert len(last.given) == 4


def test_results_are_bounded_in_bytes_and_the_oldest_goes():
    results = Results(most_bytes=1_000)
    for number in range(20):
        results.keep(b"%d" % number, b"scan", b"x" * 100)
        assert results.of(b"0")
        assert results.size <= 1_000
    assert not results.of(b"1")
    assert results.of(b"19")
    results.keep(b"19", b"scan", b"x" * 2_000)
    assert results.size == 0


def test_readings_of_one_piece_are_bounded():
    results = Results()
    for number in range(20):
        results.keep(b"piece", b"%d" % number, b"x" * 10)
    assert [scan_key for scan_key, _ in results.of(b"piece")] == [b"16", b"17", b"18", b"19"]
    assert results.size == 40
    results.keep(b"piece", b"19", b"xx")
    assert results.size == 32
    results.forget(b"piece")
    assert results.size == 0


def test_what_a_worker_knows_is_bounded_by_weight():
    known = Known(most=100)
    heavy = Found(problems=(Problem(("x",), ProblemKind.DAMAGED),) * 40)
    for number in range(10):
        known.keep(b"%d" % number, heavy)
        known.keep(b"light", Found())
    assert not known.get(b"7")
    assert known.get(b"9")
    assert known.get(b"light")
