"""mailguard release: pause, resume, status."""

from mailguard.cli import main


def test_pause_status_resume(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("MAILGUARD_DATA_DIR", str(tmp_path / "data"))
    assert main(["release", "status"]) == 0
    assert capsys.readouterr().out.startswith("running\n")
    assert main(["release", "pause", "--reason", "relay is moved"]) == 0
    assert main(["release", "status"]) == 0
    said = capsys.readouterr().out
    assert "UTC by cli: relay is moved" in said
    assert "通数 0通" in said
    assert main(["release", "pause", "--reason", "again"]) == 1
    assert "paused already" in capsys.readouterr().err
    assert main(["release", "resume"]) == 0
    assert main(["release", "resume"]) == 1
    assert "not paused" in capsys.readouterr().err


def test_a_pause_needs_a_reason(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("MAILGUARD_DATA_DIR", str(tmp_path / "data"))
    assert main(["release", "pause", "--reason", " "]) == 1
    assert "reason" in capsys.readouterr().err
