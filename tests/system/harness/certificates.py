"""Certificates of a test's own, made by openssl: an authority, and what it signs."""

import subprocess


class Authority:
    def __init__(self, folder, name="authority"):
        self._folder = folder
        self.certificate, self._key = folder / f"{name}.pem", folder / f"{name}.key"
        self._make(self.certificate, self._key, f"/CN={name}")

    def sign(self, name, alternative="IP:127.0.0.1,DNS:localhost"):
        """(certificate, key) of a server or a client."""
        certificate, key = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        self._make(certificate, key, f"/CN={name}", "-CA", self.certificate, "-CAkey", self._key,
                   "-addext", f"subjectAltName={alternative}", "-addext",
                   "basicConstraints=critical,CA:FALSE")
        return certificate, key

    @staticmethod
    def _make(certificate, key, subject, *options):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-keyout", key,
                        "-out", certificate, "-subj", subject, *options],
                       check=True, capture_output=True)
