"""`mailguard config check`: what it finds on this machine, and what it never shows."""

import resource
import socket
from datetime import UTC, datetime, timedelta
from shutil import copytree

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mailguard.config import Config, Holds
from mailguard.detect import ruleset
from mailguard.service.checkup import Weight, findings
from mailguard.service.clock import now
from mailguard.store import open_store
from mailguard.store.settings import Content

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def pem(folder, *, days=365, other_key=False):
    """smtp settings with a certificate of our own."""
    key, strange = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "guard.example.jp")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=400))
        .not_valid_after(NOW + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    (folder / "c.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    forms = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "k.pem").write_bytes((strange if other_key else key).private_bytes(*forms))
    return {"certificate": folder / "c.pem", "certificate_key": folder / "k.pem"}


def found(config, place):
    return [finding for finding in findings(config, lambda: NOW) if finding.place.startswith(place)]


def of(folder, **sections):
    return Config(data_dir=folder / "data", **sections)


@pytest.mark.parametrize(
    ("days", "weight", "words"),
    [
        (365, Weight.OK, "CN=guard.example.jp, until 2027-01-01"),
        (5, Weight.WARNING, "expires soon"),
        (-1, Weight.FAILED, "until 2025-12-31: expired. Renew it"),
    ],
)
def test_a_certificate_says_whose_and_until_when(tmp_path, days, weight, words):
    (finding,) = found(of(tmp_path, smtp=pem(tmp_path, days=days)), "smtp.certificate")
    assert finding.weight is weight
    assert words in finding.fact


def test_a_certificate_that_cannot_be_used_is_a_failure(tmp_path):
    smtp = pem(tmp_path, other_key=True)
    (finding,) = found(of(tmp_path, smtp=smtp), "smtp.certificate")
    assert finding.weight is Weight.FAILED
    assert "KEY_VALUES_MISMATCH" in finding.fact
    smtp["certificate"].write_text("no PEM")
    assert found(of(tmp_path, smtp=smtp), "smtp.certificate")[0].weight is Weight.FAILED
    smtp["certificate"].unlink()
    assert "No such file" in found(of(tmp_path, smtp=smtp), "smtp.certificate")[0].fact


def test_listening_addresses_are_tried(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = of(tmp_path, web={"listen": f"127.0.0.1:{taken.getsockname()[1]}"}, smtp={"listen": "192.0.2.1:25"})
        assert found(config, "web.listen")[0].weight is Weight.WARNING
        assert "in use" in found(config, "web.listen")[0].fact
        assert found(config, "smtp.listen")[0].weight is Weight.FAILED


def test_who_may_send(tmp_path):
    config = of(tmp_path, smtp={"clients": ["10.0.0.0/8"], "auth": "local", "auth_clients": ["127.0.0.0/8"]})
    assert [str(finding) for finding in found(config, "who may send")] == [
        "who may send without a login: 10.0.0.0/8",
        "who may send with a login: 127.0.0.0/8 (logins of `mailguard login list`)",
    ]
    assert found(of(tmp_path, smtp={"clients": []}), "smtp.clients")[0].weight is Weight.FAILED


def test_the_store_answers_or_not_and_its_password_stays(tmp_path):
    config = of(tmp_path)
    assert "will be made" in found(config, "store")[0].fact
    assert not (tmp_path / "data").exists()
    open_store(config.database_url, config.data_dir, now, holds=Holds()).close()
    assert found(config, "store")[0].fact.endswith("mailguard.db answers")
    url = "postgresql+psycopg://guard:geheim@127.0.0.1:1/mailguard?password=geheim&connect_timeout=2"
    (finding,) = found(of(tmp_path, store={"url": url}), "store")
    assert finding.weight is Weight.FAILED
    assert "geheim" not in str(finding)
    assert "127.0.0.1:1/mailguard" in finding.fact


def test_too_few_open_files_are_a_warning(tmp_path, monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (256, 1024))
    (finding,) = found(of(tmp_path, smtp={"max_connections": 500}), "open files")
    assert finding.weight is Weight.WARNING
    assert "1024, but smtp.max_connections = 500 needs 1128" in finding.fact
    assert found(of(tmp_path, smtp={"max_connections": 400}), "open files")[0].weight is Weight.OK


def test_channels_that_cannot_be_used_are_said_without_their_address(tmp_path):
    (fact,) = found(of(tmp_path, notify={"channels": ["json://127.0.0.1:9/token"]}), "notify.channels")
    assert (fact.weight, fact.fact) == (Weight.OK, "1 understood, none tried")
    (trouble,) = found(of(tmp_path, notify={"channels": ["nothing://token"]}), "notify.channels")
    assert trouble.weight is Weight.FAILED
    assert "token" not in trouble.fact


def test_files_that_cannot_be_used_are_failures_and_everything_else_is_said_all_the_same(tmp_path):
    rules = copytree(ruleset.shipped_dir(), tmp_path / "rules")
    whole = of(tmp_path, rules_dir=rules)
    good = Content.of(whole, "", "", {})
    with open_store(whole.database_url, whole.data_dir, now, holds=Holds()) as store:
        store.settings.take_first(good.text)
    (rules / "phone.toml").write_bytes(b"\xff")
    (tmp_path / "routes.toml").write_text("broken", "utf-8")
    holds, passwords = {"routes": str(tmp_path / "routes.toml")}, {"list_file": tmp_path / "none"}
    broken = of(tmp_path, rules_dir=rules, holds=holds, passwords=passwords)
    said = list(findings(broken, lambda: NOW))
    failed = [one for one in said if one.weight is Weight.FAILED]
    assert [one.place for one in failed] == ["rules", "holds.routes", "settings", "passwords.list_file"]
    assert ["phone.toml" in one.fact for one in failed] == [True, False, True, False]
    assert {one.place for one in said} >= {"smtp.listen", "store", "policy", "processes"}
