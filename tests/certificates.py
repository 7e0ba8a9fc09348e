"""An authority and certificates for one test, made by openssl."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.servers import require_program


@dataclass(frozen=True)
class Certificates:
    """Files: the authority's certificate, and a certificate with its key by common name."""

    folder: Path
    ca: Path

    def of(self, name: str) -> tuple[Path, Path]:
        """Return certificate and key of this name, signed by the authority."""
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        if not certificate.exists():
            request = self.folder / f"{name}.csr"
            _openssl("req", "-new", *_key(key), "-subj", f"/CN={name}", "-out", str(request))
            names = self.folder / "names"
            names.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost")
            signing = ("-CA", str(self.ca), "-CAkey", str(self.folder / "ca.key"))
            _openssl(
                "x509", "-req", "-in", str(request), *signing, "-CAcreateserial", "-days", "2",
                "-extfile", str(names), "-out", str(certificate),
            )  # fmt: skip
        return certificate, key


def make_certificates(folder: Path) -> Certificates:
    """Make an authority in this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    ca = folder / "ca.pem"
    subject = ("-subj", "/CN=an invented authority", "-days", "2", "-out", str(ca))
    _openssl("req", "-x509", "-new", *_key(folder / "ca.key"), *subject)
    return Certificates(folder, ca)


def _key(path: Path) -> tuple[str, ...]:
    return "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(path)


def _openssl(*words: str) -> None:
    subprocess.run(  # noqa: S603 - arguments of ours, no shell
        [require_program("openssl", "openssl"), *words], check=True, capture_output=True
    )
