"""Files that nothing reads: those of a harmless type pass where the policy names it, and nothing else does."""

import io
import struct
import zipfile

import msgspec
import pytest

from mailguard.config import Own
from mailguard.detect.ruleset import shipped_dir
from mailguard.digest import Digester
from mailguard.errors import ConfigError
from mailguard.model import Action, Envelope, Inspection, Part, PartInfo, Problem, ProblemKind
from mailguard.policy import Policy, judge, thresholds
from mailguard.unpack.budget import Budget, Limits
from mailguard.unpack.opening import unpack

D = Digester(b"k" * 32)
STRICT = thresholds(shipped_dir() / "policy.toml")
WAV = (
    b"RIFF"
    + struct.pack("<I", 2_036)
    + b"WAVEfmt "
    + struct.pack("<IHHIIHH", 16, 1, 1, 8_000, 8_000, 1, 8)
    + bytes(2_000)
)


def problems(data: bytes) -> tuple[Problem, ...]:
    found = unpack(Part(("a.wav",), data), Budget(Limits(), len(data)), lambda data: D.of("leaf", data))
    return tuple(leaf.item for leaf in found if not isinstance(leaf, PartInfo))


def action(data: bytes, *harmless: str) -> Action:
    policy = Policy.build(msgspec.structs.replace(STRICT, harmless=frozenset(harmless)), Own(), D)
    return judge(Envelope("a@example.jp", ("b@example.jp",)), Inspection(problems=problems(data)), policy).action


@pytest.mark.parametrize("harmless", ["audio/*", "audio/x-wav"])
def test_a_sound_passes_where_the_policy_says_so(harmless):
    assert action(WAV, harmless) is Action.PASS
    assert action(WAV) is Action.HOLD
    assert action(WAV, "video/*", "font/ttf") is Action.HOLD


def test_what_has_an_archive_behind_it_is_held():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("list.csv", "x")
    assert action(WAV + out.getvalue(), "audio/*") is Action.HOLD


def test_other_problems_hold_whatever_they_say():
    policy = Policy.build(msgspec.structs.replace(STRICT, harmless=frozenset({"audio/*"})), Own(), D)
    inspection = Inspection(problems=(Problem(("a",), ProblemKind.DAMAGED, "audio/x-wav"),))
    assert judge(Envelope("", ()), inspection, policy).action is Action.HOLD


def test_the_relaxed_policy_lets_media_pass():
    assert thresholds(shipped_dir() / "policy-relaxed.toml").harmless == {"audio/*", "font/*", "video/*"}


@pytest.mark.parametrize("written", ["application/*", "*/*", "mp3"])
def test_only_media_are_named_as_a_whole(tmp_path, written):
    text = (shipped_dir() / "policy.toml").read_text("utf-8").replace("harmless = []", f'harmless = ["{written}"]')
    (tmp_path / "p.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=r"p\.toml:\d+: harmless.*Correct it"):
        thresholds(tmp_path / "p.toml")
