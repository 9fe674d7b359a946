"""What is shipped: a wheel that works outside the source tree, and deployment files that are valid."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from machine import needs

from mailguard import config

ROOT = Path(__file__).parents[2]


def test_an_installed_wheel_scans_outside_the_source_tree(tmp_path):
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, cwd=tmp_path, capture_output=True)
    wheel = next(tmp_path.glob("mailguard-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "site")
    assert "mailguard/rules/policy.toml" in names
    assert "mailguard/rules/phone.toml" in names
    assert any(name.startswith("mailguard/store/migrations/versions/0001") for name in names)
    assert any(name.endswith(".css") for name in names)
    listing = tmp_path / "名簿.csv"
    listing.write_text("氏名,電話番号\n山田太郎,090-1234-5678\n", "cp932")
    done = subprocess.run(
        [sys.executable, "-m", "mailguard", "scan", "--json", str(listing)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["persons"] == 1


def test_the_configuration_for_deployment_is_valid():
    loaded = config.load(ROOT / "deploy" / "mailguard.toml", {})
    assert loaded.web.url.startswith("https://")


def test_systemd_knows_every_line_of_the_unit(tmp_path):
    analyze = shutil.which("systemd-analyze")
    needs(analyze, "systemd-analyze")
    unit = tmp_path / "mailguard.service"
    # A program that is there: that of the unit is where an administrator installs it.
    text = (ROOT / "deploy" / "mailguard.service").read_text()
    unit.write_text(text.replace("/opt/mailguard/bin/mailguard", sys.executable))
    command = [str(analyze), "verify", "--man=no", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    # An unknown key or system call is a warning, whatever the exit code; other units of this machine may have theirs.
    warnings = [line for line in done.stderr.splitlines() if unit.name in line]
    assert (done.returncode, warnings) == (0, [])


def test_every_dependency_says_why():
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    start = lines.index("dependencies = [")
    for line in lines[start + 1 : lines.index("]", start)]:
        assert "# " in line, line
