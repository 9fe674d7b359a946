"""TLS with the next hop: off, opportunistic, verify; by STARTTLS and from the first byte."""

import asyncio
import contextlib
import datetime as dt
import ipaddress
import ssl

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hop import Hop

from mailguard.config import Relay
from mailguard.errors import ConfigError, RelayError
from mailguard.relay.next_hop import NextHop

CONTENT = b"Subject: x\r\n\r\nhello\r\n"


def signed(name, issuer, key, issuer_key, names=(), *, ca=False, days=1):
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=9))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A function: the server's context of a certificate for these names; and the file of the CA."""
    folder = tmp_path_factory.mktemp("ca")
    ca_key = ec.generate_private_key(ec.SECP256R1())
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(signed("ca", "ca", ca_key, ca_key, ca=True).public_bytes(pem))

    def server(*names, newest=None, days=1):
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = signed("hop", "ca", key, ca_key, names, days=days)
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / "server.pem").write_bytes(certificate.public_bytes(pem) + private)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem")
        if newest:
            context.maximum_version = newest
        return context

    return server, folder / "ca.pem"


LOOPBACK = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


@contextlib.asynccontextmanager
async def reaching(hop, **settings):
    async with hop:
        next_hop = NextHop(Relay(port=hop.port, reply_seconds=2, connect_seconds=2, **settings), "guard.example")
        try:
            yield next_hop
        finally:
            await next_hop.close()


async def deliver(next_hop, content=CONTENT):
    transaction = await next_hop.begin("a@example.jp", (), [("b@example.jp", ())])
    reply = await transaction.data(content)
    await transaction.close()
    return reply


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize("mode", ["opportunistic", "verify"])
async def test_mail_goes_under_tls(authority, mode, implicit):
    server, ca = authority
    hop = Hop(tls=server(LOOPBACK), implicit=implicit)
    content = b"Subject: x\r\n\r\n" + b"." + b"x" * 998 + b"\r\n"
    content += b"y" * 998 + b"\r\n" + content * 600  # several blocks
    async with reaching(hop, tls=mode, ca_file=ca, implicit_tls=implicit) as next_hop:
        assert "STARTTLS" not in await next_hop.extensions()
        assert (await deliver(next_hop, content)).ok
        assert (await deliver(next_hop)).ok
        assert hop.dialogues[0].secure
        assert hop.connections == 1
    assert hop.taken[0].content == content
    greetings = [line for line in hop.commands if line.startswith(b"EHLO")]
    assert len(greetings) == (1 if implicit else 2)


def test_it_works_on_uvloop_too(authority):
    server, ca = authority

    async def run():
        hop = Hop(tls=server(LOOPBACK), logins={"shop": "secret"})
        async with reaching(hop, tls="verify", ca_file=ca, username="shop", password="secret") as next_hop:
            content = b"Subject: x\r\n\r\n" + b"z" * 998 + b"\r\n" + b"." * 700_000 + b"\r\n"
            for _ in range(3):
                assert (await deliver(next_hop, content)).ok
            transaction = await next_hop.begin("a@example.jp")
            await transaction.reset()
            assert hop.connections == 1
            assert hop.taken[2].content == content
            assert hop.dialogues[0].login == "shop"
            hop.dialogues[0].writer.transport.abort()
            assert (await deliver(next_hop)).ok

    uvloop.run(run())


async def test_off_says_nothing_of_it(authority):
    async with reaching(hop := Hop(tls=authority[0](LOOPBACK))) as next_hop:
        assert (await deliver(next_hop)).ok
        assert b"STARTTLS" not in hop.commands


@pytest.mark.parametrize(
    ("name", "trusted"), [(x509.DNSName("elsewhere.example.jp"), True), (LOOPBACK, False), (None, True)]
)
async def test_verify_wants_the_name_and_the_chain(authority, name, trusted):
    server, ca = authority
    hop = Hop(tls=server(*([name] if name else [])))
    async with reaching(hop, tls="verify", **({"ca_file": ca} if trusted else {})) as next_hop:
        with pytest.raises(RelayError, match="certificate is not trusted"):
            await deliver(next_hop)
    assert not any(line.startswith(b"MAIL") for line in hop.commands)


async def test_verify_refuses_a_certificate_whose_time_is_over(authority):
    server, ca = authority
    hop = Hop(tls=server(LOOPBACK, days=-1))
    async with reaching(hop, tls="verify", ca_file=ca) as next_hop:
        with pytest.raises(RelayError, match="certificate is not trusted, error 10"):  # X509_V_ERR_CERT_HAS_EXPIRED
            await deliver(next_hop)
    assert not any(line.startswith(b"MAIL") for line in hop.commands)


async def test_opportunistic_takes_any_certificate(authority):
    hop = Hop(tls=authority[0](x509.DNSName("elsewhere.example.jp")))
    async with reaching(hop, tls="opportunistic") as next_hop:
        assert (await deliver(next_hop)).ok
        assert hop.dialogues[0].secure


@pytest.mark.parametrize("script", [["without STARTTLS"], ["starttls 454 4.7.0 not now"], ["starttls 502 5.5.1 no"]])
@pytest.mark.parametrize("mode", ["opportunistic", "verify"])
async def test_without_starttls(authority, script, mode):
    server, ca = authority
    async with reaching(hop := Hop(script, tls=server(LOOPBACK)), tls=mode, ca_file=ca) as next_hop:
        if mode == "opportunistic":
            assert (await deliver(next_hop)).ok
            assert hop.connections == 1
        else:
            with pytest.raises(RelayError, match="STARTTLS"):
                await deliver(next_hop)
            assert not any(line.startswith(b"MAIL") for line in hop.commands)


@pytest.mark.parametrize("mode", ["opportunistic", "verify"])
async def test_a_handshake_that_fails(authority, mode):
    """The server knows nothing newer than TLS 1.1, or no TLS at all."""
    server, ca = authority
    hop = Hop(tls=server(LOOPBACK))
    hop.tls.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")  # none that its own certificate could be used with
    hop.tls.maximum_version = ssl.TLSVersion.TLSv1_2
    async with reaching(hop, tls=mode, ca_file=ca) as next_hop:
        if mode == "opportunistic":
            assert (await deliver(next_hop)).ok
            assert hop.connections == 2  # in clear on a new one only
            assert b"STARTTLS" not in hop.dialogues[1].commands
        else:
            with pytest.raises(RelayError, match="TLS"):
                await deliver(next_hop)
            assert hop.connections == 1


def test_nothing_older_than_tls_1_2(authority):
    for mode in ("opportunistic", "verify"):
        next_hop = NextHop(Relay(tls=mode, ca_file=authority[1]), "guard.example")
        assert next_hop._hops._ways[0].context.minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("mode", ["opportunistic", "verify"])
@pytest.mark.parametrize("reply", ["220 go\\n250 injected", "220 go\\n25"])
async def test_what_is_said_in_clear_after_starttls_is_refused(authority, reply, mode):
    """RFC 3207 §6, CVE-2011-0411."""
    server, ca = authority
    hop = Hop([f"starttls {reply}"], tls=server(LOOPBACK))
    async with reaching(hop, tls=mode, ca_file=ca) as next_hop:
        with pytest.raises(RelayError, match="TLS"):
            await deliver(next_hop)
    assert not any(line.startswith(b"MAIL") for line in hop.commands)


async def test_tls_from_the_first_byte_never_goes_on_in_clear():
    async with (
        reaching(
            hop := Hop(),
            tls="opportunistic",
            implicit_tls=True,
        ) as next_hop,
        asyncio.timeout(8),
    ):
        with pytest.raises(RelayError, match="cannot be reached"):
            await deliver(next_hop)
    assert hop.taken == []


def test_a_ca_file_that_cannot_be_read_is_a_matter_of_the_configuration(tmp_path):
    (tmp_path / "bad.pem").write_text("no certificate")
    for name in ("bad.pem", "missing.pem"):
        with pytest.raises(ConfigError, match=r"relay\.ca_file"):
            NextHop(Relay(tls="verify", ca_file=tmp_path / name), "guard.example")
