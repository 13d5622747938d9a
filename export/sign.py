"""Sign a bundle, so that an app takes bundles of yours alone: python -m export.sign

  python -m export.sign --new-key release.pem                   a key pair: release.pem, which stays secret, and release.pub.pem
  python -m export.sign out/bundle --key release.pem --release 7    sign as release 7, for a year
  python -m export.bundle --out out/bundle --sign release.pem --release 7    write and sign

Give the public key to each reader: ctpn.TextReader(DIR, trust=Trust.of(["release.pub.pem"])), python -m ctpn --public-key, an app.
Each release needs a higher number than those before. To replace a key, let the apps know both public keys first. docs/bundle.md.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from ctpn import command
from ctpn.contract.bundle import open_bundle
from ctpn.contract.manifest import MANIFEST
from ctpn.contract.signature import KIND, MAX_RELEASE, SCHEMA, SIGNATURE, Trust, key_id, message
from ctpn.errors import CtpnError
from ctpn.files import write

DAYS = 366


def new_key(file: Path) -> Path:
    """Write a P-256 private key (PKCS #8 PEM, for its owner alone) and the public key beside it, whose path is returned.

    Raises:
        CtpnError: one of the files is there already, so nothing is overwritten, or cannot be written.
    """
    command.require("signed", "cryptography")
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    public = file.with_suffix(".pub.pem")
    for there in (file, public):
        if there.exists():
            raise CtpnError(f"{there}: exists already; keys are never overwritten, give another name")
    key = generate_private_key(SECP256R1())
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    write(public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return public


def signature(manifest: bytes, private_pem: bytes, release: int, expires: str) -> bytes:
    """The bytes of signature.json; the same arguments give the same bytes (RFC 6979).

    Raises:
        CtpnError: the key is no P-256 private key.
    """
    command.require("signed", "cryptography")
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    expected = "expected the PEM of a P-256 private key, as python -m export.sign --new-key writes it"
    try:
        key = load_pem_private_key(private_pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as e:
        raise CtpnError(f"--key: {expected}, got {str(e)[:80]}") from None
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise CtpnError(f"--key: {expected}, got another kind of key")
    r, s = decode_dss_signature(key.sign(message(manifest, release, expires), ECDSA(SHA256(), deterministic_signing=True)))
    found = {
        "schema": SCHEMA, "kind": KIND, "key": key_id(key.public_key()), "release": release, "expires": expires,
        "signature": base64.b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode(),
    }  # fmt: skip
    return (json.dumps(found, indent=1) + "\n").encode()


def sign(folder: Path, key: Path, release: int, days: int) -> str:
    """Verify a bundle, sign it, and verify the signature; returns when it expires.

    Raises:
        CtpnError: as `open_bundle` and `signature`, or the key cannot be read.
    """
    open_bundle(folder)
    expires = (datetime.now(timezone.utc) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        private = key.read_bytes()
    except OSError as e:
        raise CtpnError(f"{key}: cannot be read ({e.strerror}); make one with python -m export.sign --new-key {key}") from None
    write(folder / SIGNATURE, signature((folder / MANIFEST).read_bytes(), private, release, expires))
    open_bundle(folder, Trust((public_pem(private),), release))
    return expires


def public_pem(private_pem: bytes) -> str:
    """The public key of a private one, both as PEM."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    public = load_pem_private_key(private_pem, None).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def release_number(text: str) -> int:
    """An argument that is the number of a release."""
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= MAX_RELEASE:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, got {text!r}")
    return int(text)


def days(text: str) -> int:
    """An argument that is a number of days."""
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= 36600:
        raise argparse.ArgumentTypeError(f"expected days from 1 to 36600, got {text!r}")
    return int(text)


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = command.parser("export.sign", __doc__)
    parser.add_argument("bundle", nargs="?", type=Path, help="folder of the bundle to sign")
    parser.add_argument("--key", type=Path, metavar="PEM", help="the private key")
    parser.add_argument("--release", type=release_number, metavar="N", help="number of this release")
    parser.add_argument("--days", type=days, default=DAYS, help="how long the signature is good (default: %(default)s)")
    parser.add_argument("--new-key", type=Path, metavar="PEM", help="write a new key pair instead")
    args = parser.parse_args(argv)
    if args.new_key is None and None in (args.bundle, args.key, args.release):
        parser.error("expected a bundle, --key and --release; or --new-key")
    if args.new_key is not None and args.bundle is not None:
        parser.error("--new-key makes keys and signs nothing; give the bundle in a second command")
    return args


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 signed or written, 1 failed, 130 stopped by hand; usage errors exit 2."""
    args = parse(argv)

    def done() -> str:
        if args.new_key is not None:
            return f"{args.new_key}: secret, keep it safe\n{new_key(args.new_key)}: for apps and readers"
        return f"{args.bundle}: release {args.release}, signed until {sign(args.bundle, args.key, args.release, args.days)}"

    return command.run("export.sign", done)


if __name__ == "__main__":
    sys.exit(main())
