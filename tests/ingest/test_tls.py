"""TLS 1.2 or newer, the broker's certificate checked, ours shown."""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

import ingest
from ingest.publisher import Flood
from ingest.tls import TlsProblem, client_context
from tests.brokers import HOST, RunningBroker, start_mosquitto
from tests.certificates import Certificates, make_certificates
from tests.ingest.collect import collecting
from tests.servers import free_port

TOPIC = "stillwell/v1/place-0001/gateway-0001/native/r"


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return make_certificates(tmp_path / "certificates")


@pytest.fixture
def secured(tmp_path: Path, certificates: Certificates) -> Iterator[RunningBroker]:
    """Run mosquitto with a listener that wants certificates; its port is the plain one's."""
    certificate, key = certificates.of("broker")
    port = free_port()
    extra = (
        f"listener {port} {HOST}\ncafile {certificates.ca}\ncertfile {certificate}\n"
        f"keyfile {key}\nrequire_certificate true\nuse_identity_as_username true\n"
        "tls_version tlsv1.2\n"
    )
    with start_mosquitto(tmp_path / "mosquitto", extra) as broker:
        yield replace(broker, port=port)


@pytest.mark.parametrize("is_v5", [False, True])
async def test_readings_pass_by_tls_with_a_client_certificate(
    secured: RunningBroker, certificates: Certificates, *, is_v5: bool
) -> None:
    worker = client_context(certificates.ca, *certificates.of("worker"))
    gateway = client_context(certificates.ca, *certificates.of("gateway-0001"))
    async with (
        collecting(secured, tls=worker, is_v5=is_v5) as collected,
        Flood(HOST, secured.port, "gateway-0001", tls=gateway) as out,
    ):
        await out.publish_all([(TOPIC, b"x" * 1000) for _ in range(3000)])
        await collected.wait_for(3000)
        await collected.wait_until(lambda: collected.subscriber.counts.acknowledged == 3000)


async def test_a_broker_that_we_cannot_trust_gets_nothing(
    secured: RunningBroker, certificates: Certificates, tmp_path: Path
) -> None:
    stranger = make_certificates(tmp_path / "stranger")
    context = client_context(stranger.ca, *certificates.of("worker"))
    async with collecting(secured, tls=context, is_answered=False) as collected:
        await collected.wait_until(lambda: collected.subscriber.counts.losses > 0)
        assert "certificate" in str(collected.subscriber.problem).lower()


async def test_who_shows_no_certificate_is_not_let_in(
    secured: RunningBroker, certificates: Certificates
) -> None:
    context = client_context(certificates.ca)
    async with collecting(secured, tls=context, is_answered=False) as collected:
        await collected.wait_until(lambda: collected.subscriber.counts.losses > 0)
        assert collected.subscriber.counts.connects == 0


async def test_a_revoked_certificate_is_not_let_in(
    tmp_path: Path, certificates: Certificates
) -> None:
    certificate, key = certificates.of("broker")
    lost, kept = certificates.of("gateway-0001"), certificates.of("gateway-0002")
    port, revoked = free_port(), revocation_of(certificates, lost[0])
    extra = (
        f"listener {port} {HOST}\ncafile {certificates.ca}\ncertfile {certificate}\n"
        f"keyfile {key}\nrequire_certificate true\nuse_identity_as_username true\n"
        f"tls_version tlsv1.2\ncrlfile {revoked}\n"
    )
    with start_mosquitto(tmp_path / "mosquitto", extra) as broker:
        secured = replace(broker, port=port)
        context = client_context(certificates.ca, *lost)
        async with collecting(secured, tls=context, is_answered=False) as collected:
            await collected.wait_until(lambda: collected.subscriber.counts.losses > 0)
            assert collected.subscriber.counts.connects == 0
        context = client_context(certificates.ca, *kept)
        async with Flood(HOST, port, "gateway-0002", tls=context) as out:
            await out.publish_all([(TOPIC, b"x")])


async def test_a_certificate_speaks_under_its_own_name_only(
    tmp_path: Path, certificates: Certificates
) -> None:
    certificate, key = certificates.of("broker")
    port, rules = free_port(), Path(ingest.__file__).parent / "brokers" / "mosquitto.acl"
    (tmp_path / "mosquitto").mkdir()
    acl = tmp_path / "mosquitto" / "acl"
    acl.write_text(rules.read_text("utf-8"), "utf-8")
    acl.chmod(0o600)
    extra = (
        f"acl_file {acl}\nlistener {port} {HOST}\ncafile {certificates.ca}\n"
        f"certfile {certificate}\nkeyfile {key}\nrequire_certificate true\n"
        "use_identity_as_username true\ntls_version tlsv1.2\n"
    )
    with start_mosquitto(tmp_path / "mosquitto", extra) as broker:
        secured = replace(broker, port=port)
        worker = client_context(certificates.ca, *certificates.of("stillwell-worker"))
        gateway = client_context(certificates.ca, *certificates.of("gateway-0001"))
        async with collecting(secured, tls=worker) as collected:
            # A name that is claimed beside the certificate counts for nothing.
            for user in (None, "gateway-0002"):
                async with Flood(
                    HOST, port, "hub", user, "x" if user else None, tls=gateway
                ) as out:
                    other = TOPIC.replace("gateway-0001", "gateway-0002")
                    await out.publish_all([(other, b"forged"), (TOPIC, b"own")])
            await collected.wait_for(2)
            assert collected.pairs == [(TOPIC.encode(), b"own")] * 2


def revocation_of(certificates: Certificates, certificate: Path) -> Path:
    """Return a list of the authority that revokes this certificate."""
    authority = x509.load_pem_x509_certificate(certificates.ca.read_bytes())
    key = load_pem_private_key((certificates.folder / "ca.key").read_bytes(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    now = datetime.now(UTC)
    serial = x509.load_pem_x509_certificate(certificate.read_bytes()).serial_number
    entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()
    revoked = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.subject)
        .last_update(now - timedelta(hours=1))
        .next_update(now + timedelta(days=1))
        .add_revoked_certificate(entry)
        .sign(key, SHA256())
    )
    path = certificates.folder / "revoked.pem"
    path.write_bytes(revoked.public_bytes(Encoding.PEM))
    return path


def test_nothing_older_than_1_2_is_spoken_and_bad_files_are_named(tmp_path: Path) -> None:
    assert client_context().minimum_version == ssl.TLSVersion.TLSv1_2
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    with pytest.raises(TlsProblem, match="nonsense"):
        client_context(nonsense)
    with pytest.raises(TlsProblem, match="nonsense"):
        client_context(None, nonsense, nonsense)
