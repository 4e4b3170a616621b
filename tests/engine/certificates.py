"""Certificates of 127.0.0.1 and localhost, made by openssl: valid for so many days, or expired long ago."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

_CONFIG = """
[ca]
default_ca = own
[own]
new_certs_dir = {directory}
database = {directory}/index
serial = {directory}/serial
default_md = sha256
policy = any
[any]
commonName = supplied
[server]
subjectAltName = IP:127.0.0.1,DNS:localhost
basicConstraints = CA:TRUE
"""


def make_certificate(directory: Path, days: int) -> Path:
    """A file with key and certificate, signed by itself. `days` below zero: it expired in 2020."""
    directory.mkdir()
    key, request, made = directory / "key.pem", directory / "request.pem", directory / "made.pem"
    (directory / "config").write_text(_CONFIG.format(directory=directory))
    (directory / "index").touch()
    (directory / "serial").write_text("01\n")
    ways = ["-days", str(days)] if days >= 0 else ["-startdate", "20200101000000Z", "-enddate", "20200201000000Z"]
    for command in (
        f"req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout {key} -out {request} -subj /CN=test",
        f"ca -batch -notext -selfsign -config {directory}/config -extensions server -keyfile {key} -in {request} "
        f"-out {made} {' '.join(ways)}",
    ):
        subprocess.run(["openssl", *command.split()], check=True, capture_output=True)
    whole = directory / "whole.pem"
    whole.write_text(key.read_text() + made.read_text())
    return whole


def server_context(whole: Path) -> ssl.SSLContext:
    """For a server that shows it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(whole)
    return context
