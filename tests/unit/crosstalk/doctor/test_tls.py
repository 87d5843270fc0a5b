"""Certificates: valid, expiring, expired, of another name, of an unknown authority."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from crosstalk.doctor import Options, Status, diagnose
from tests.unit.crosstalk.doctor.deployment import deployed


def certificate(folder: Path, *, name: str, days: int) -> Path:
    """Write a self-signed certificate with its key to one file; it expires after `days`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.parametrize(
    ("name", "days", "trusted", "status", "found"),
    [
        ("127.0.0.1", 90, True, Status.OK, "TLSv1.3"),
        ("127.0.0.1", 5, True, Status.WARN, "ends in 4 days"),
        ("127.0.0.1", -1, True, Status.FAIL, "expired"),
        ("127.0.0.2", 90, True, Status.FAIL, "mismatch"),
        ("127.0.0.1", 90, False, Status.FAIL, "self"),
    ],
)
def test_tls_check_judges_the_certificate(
    tmp_path: Path, name: str, days: int, trusted: bool, status: Status, found: str
) -> None:
    path = certificate(tmp_path, name=name, days=days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with deployed(context) as system:
        options = Options(urls=[f"backend={system.url}"], ca_file=path if trusted else None)
        report, _ = diagnose(options)
    (tls,) = [each for each in report.results if each.check == "tls"]
    assert (tls.status, found in tls.found) == (status, True), tls.found
    # What cannot be trusted is not asked anything more, and is given no token.
    assert (len(report.results) > 1) is (status is not Status.FAIL)
    if status is Status.OK:
        (headers,) = [each for each in report.results if each.check == "headers"]
        assert "Strict-Transport-Security" in headers.found


def test_tls_check_fails_where_the_port_does_not_speak_tls() -> None:
    with deployed() as system:
        url = system.url.replace("http://", "https://")
        report, _ = diagnose(Options(urls=[url], timeout=2.0))
    (tls,) = report.results
    assert (tls.status, "no TLS connection" in tls.found) == (Status.FAIL, True)
