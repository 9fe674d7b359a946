"""Bytes that EUC-JP gives no meaning become marks, a long run of equal ones in one step: the same marks as one by one."""

import codecs

from hypothesis import given
from hypothesis import strategies as st

from mailguard.unpack import charset

RUNS = st.lists(st.tuples(st.sampled_from(b"\xaa\xa4\x8e\x8f\xff\xad\xfc\x80\xf9A"), st.integers(1, 5)), max_size=12)


def _one_by_one(error: UnicodeDecodeError) -> tuple[str, int]:
    return charset._row_at(error.object, error.start) or ("\ufffd", error.end)


codecs.register_error("tests.one_by_one", _one_by_one)


@given(RUNS)
def test_a_run_of_bytes_without_meaning_is_marked_as_each_of_them_is(runs) -> None:
    data = b"".join(bytes([byte]) * count for byte, count in runs)
    assert data.decode("euc_jp", "mailguard.nec_replace") == data.decode("euc_jp", "tests.one_by_one")
