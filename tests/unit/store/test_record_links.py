"""The hash of a row of the record: over the hash before it, and what is JSON to everybody else."""

import hashlib
import json

from hypothesis import given
from hypothesis import strategies as st

from mailguard.store.proof import link

ANY = st.text(st.characters(), max_size=20)  # lone surrogates among them


@given(st.text("0123456789abcdef", max_size=64), st.integers(-(2**63), 2**63), st.lists(ANY, min_size=5, max_size=5))
def test_a_link_is_over_canonical_json(previous, seq, texts):
    canonical = json.dumps([seq, *texts], ensure_ascii=True, separators=(",", ":"))
    assert link(previous, seq, *texts) == hashlib.sha256(f"{previous}{canonical}".encode()).hexdigest()
