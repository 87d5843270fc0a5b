"""Checks of the transport: reachability, TLS, the clock, and protective headers."""

from __future__ import annotations

import socket
import ssl
import time
from contextlib import closing
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from crosstalk.doctor.client import BoundedClient, BoundedReply
from crosstalk.doctor.endpoint import Endpoint
from crosstalk.doctor.report import Report

_RENEW_DAYS = 21
_SKEW_WARN, _SKEW_FAIL = 3.0, 10.0
_HSTS_SECONDS = 180 * 86_400


def check_tls(endpoint: Endpoint, client: BoundedClient, report: Report) -> bool:
    """Check certificate and protocol; return False when no further request is safe."""
    if not endpoint.secure:
        if endpoint.loopback:
            report.skip(endpoint.url, "tls", "plain HTTP on this machine")
        else:
            report.fail(
                endpoint.url,
                "tls",
                "plain HTTP: tokens and data can be read and changed on the way",
                "serve it over https, at the platform's proxy or balancer, and give the https URL",
            )
        return True
    try:
        until, version = _handshake(endpoint, client)
    except ssl.SSLCertVerificationError as error:
        report.fail(
            endpoint.url,
            "tls",
            f"the certificate is not valid: {error.verify_message}",
            "install a certificate for this host name from an authority that clients trust, with "
            "its intermediate certificates (a private authority is named with --ca-file)",
        )
        return False
    except (ssl.SSLError, OSError) as error:
        report.fail(
            endpoint.url,
            "tls",
            f"no TLS connection: {getattr(error, 'reason', None) or error}",
            "see that the port speaks TLS 1.2 or newer, and is open",
        )
        return False
    days = int((until - time.time()) // 86_400)
    when = datetime.fromtimestamp(until, UTC).date().isoformat()
    if days < _RENEW_DAYS:
        report.warn(
            endpoint.url,
            "tls",
            f"the certificate ends in {days} days ({when})",
            "see that it is renewed by itself: it should have been by now",
        )
    else:
        report.ok(endpoint.url, "tls", f"{version}, certificate until {when}")
    return True


def _handshake(endpoint: Endpoint, client: BoundedClient) -> tuple[float, str]:
    """Return the certificate's end, in seconds since the epoch, and the protocol's version."""
    address = (endpoint.host, urlsplit(endpoint.url).port or 443)
    with (
        closing(socket.create_connection(address, timeout=client.timeout)) as plain,
        client.trust.wrap_socket(plain, server_hostname=endpoint.host) as secured,
    ):
        certificate = secured.getpeercert() or {}
        until = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
        return until, secured.version() or "TLS"


def check_reachable(
    endpoint: Endpoint, client: BoundedClient, report: Report
) -> BoundedReply | None:
    """Check that the address answers; return the response, or None where there is none."""
    reply = client.get(endpoint.url)
    if reply.status == 0:
        report.fail(
            endpoint.url,
            "reachable",
            f"no response ({reply.error})",
            "see that the service runs, listens on 0.0.0.0 inside its container, that its port is "
            "published, and that the name resolves",
        )
        return None
    if reply.status in (502, 504):
        report.fail(
            endpoint.url,
            "reachable",
            f"a proxy answers {reply.status}: it does not reach the service",
            "see that the service runs and that the proxy is given its address and port",
        )
        return None
    report.ok(endpoint.url, "reachable", f"answers in {reply.seconds * 1000:.0f} ms")
    return reply


def check_clock(endpoint: Endpoint, reply: BoundedReply, report: Report) -> None:
    """Check that the server's clock and this one agree: otherwise tokens are refused."""
    try:
        told = parsedate_to_datetime(reply.headers["date"]).timestamp()
    except (KeyError, TypeError, ValueError):
        report.warn(endpoint.url, "clock", "no Date header", "let the server or proxy send one")
        return
    # The header has whole seconds, cut off.
    skew = told + 0.5 - reply.at
    found = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} this machine"
    change = "synchronize the clocks of both (NTP): tokens are refused as expired or not yet valid"
    if abs(skew) > _SKEW_FAIL:
        report.fail(endpoint.url, "clock", found, change)
    elif abs(skew) > _SKEW_WARN:
        report.warn(endpoint.url, "clock", found, change)
    else:
        report.ok(endpoint.url, "clock", "agrees with this machine")


def check_metrics_hidden(endpoint: Endpoint, client: BoundedClient, report: Report) -> None:
    """Check that the operator's metrics are not public."""
    reply = client.get(f"{endpoint.origin}/metrics")
    exposed = reply.status == 200 and ("# TYPE " in reply.text or "# HELP " in reply.text)
    if exposed:
        report.fail(
            endpoint.url,
            "metrics hidden",
            f"{endpoint.origin}/metrics shows the operator's metrics to anyone",
            "serve them on a port that is not published (METRICS_PORT), or block the path at the "
            "proxy",
        )
    else:
        report.ok(endpoint.url, "metrics hidden", f"/metrics answers {reply.status or 'nothing'}")


def check_headers(endpoint: Endpoint, reply: BoundedReply, report: Report) -> None:
    """Check for protective headers, and for headers that disclose versions."""
    headers = reply.headers
    missing: list[str] = []
    if headers.get("x-content-type-options", "").lower() != "nosniff":
        missing.append("X-Content-Type-Options: nosniff")
    if (
        endpoint.secure
        and _hsts_seconds(headers.get("strict-transport-security", "")) < _HSTS_SECONDS
    ):
        missing.append("Strict-Transport-Security: max-age=63072000")
    if endpoint.kind == "frontend":
        policy = headers.get("content-security-policy", "")
        if not policy:
            missing.append("Content-Security-Policy")
        if "frame-ancestors" not in policy and "x-frame-options" not in headers:
            missing.append("X-Frame-Options: DENY")
    elif "no-store" not in headers.get("cache-control", ""):
        missing.append("Cache-Control: no-store")
    talkative = [
        f"{name}: {headers[name]}"
        for name in ("server", "x-powered-by", "x-aspnet-version")
        if any(each.isdigit() for each in headers.get(name, ""))
    ]
    if missing:
        report.warn(
            endpoint.url,
            "headers",
            f"missing: {', '.join(missing)}",
            "have the service or the proxy in front of it send them",
        )
    elif talkative:
        report.warn(
            endpoint.url,
            "headers",
            f"versions are disclosed: {', '.join(talkative)}",
            "switch these headers off at the server or proxy",
        )
    else:
        report.ok(endpoint.url, "headers", "protective headers are there")


def _hsts_seconds(value: str) -> int:
    for part in value.split(";"):
        name, _, seconds = part.strip().partition("=")
        if name.lower() == "max-age" and seconds.strip('"').isdigit():
            return int(seconds.strip('"'))
    return 0
