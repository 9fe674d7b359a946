"""Characters in the notations of programs."""

import pytest
import unpack_samples as make

from mailguard.unpack import escapes

_SAID = "山田太郎090-1234-5678𠮷"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            "".join(f"\\u{ord(sign):04x}" for sign in "山田太郎") + "090-1234-5678\\ud842\\udfb7",
            _SAID,
        ),  # figures follow
        ("".join(f"\\u{{{ord(sign):X}}}" for sign in _SAID), _SAID),
        ("".join(f"\\x{byte:02X}" for byte in _SAID.encode()), _SAID),
        ("\\x309\\x30-1234-5678", "090-1234-5678"),
        ("\\ud842 \\u{110000} \\u{d800}", "\\ud842 \\u{110000} \\u{d800}"),
        ("C:\\xampp\\users\\x8", "C:\\xampp\\users\\x8"),
        ("\\x93", "\\x93"),
    ],
)
def test_they_are_undone(written: str, said: str) -> None:
    assert escapes.undone(written) == said
    assert make.leaves(f"a {written}".encode(), "a.txt")[0].text == f"a {said}"


def test_a_script_that_writes_with_them_is_read() -> None:
    names = "".join(f"\\u{ord(sign):04x}" for sign in "山田太郎")
    page = f"<html><body><p>x</p><script>show('{names}090-1234-5678 \\x22\\u5927\\x22');</script></body></html>"
    assert any("山田太郎090-1234-5678" in getattr(item, "text", "") for item in make.leaves(page.encode(), "a.html"))


@pytest.mark.parametrize("piece", ["\\u", "\\u{", "\\x", "\\x8", "\\ud842", "\\"])
def test_time_is_linear(piece: str) -> None:
    assert escapes.undone(piece * 100_000).startswith("\\")
