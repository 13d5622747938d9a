"""The signature of a bundle: who published its manifest, as which release, and until when it may be taken.

ECDSA with P-256 and SHA-256 (FIPS 186-5), which Android 8, CryptoKit, WebCrypto and Python have. The manifest names the sums of all
files, so its signature is that of the bundle. docs/bundle.md describes the file; `python -m export.sign` writes it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctpn.contract.json_text import parse, whole_number
from ctpn.errors import CtpnError, ModelError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

SIGNATURE = "signature.json"
SCHEMA, KIND, MAX_SIGNATURE, MAX_RELEASE = 1, "ctpn-signature", 4096, 2**53 - 1
KEYS = {"schema", "kind", "key", "release", "expires", "signature"}
KEY_ID = re.compile(r"[0-9a-f]{16}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
HINT = "fetch the bundle again from whoever publishes it"


@dataclass(frozen=True)
class Signature:
    """What signature.json holds.

    Attributes:
        key: id of the public key: the first 16 hex digits of the SHA-256 of its DER form (SubjectPublicKeyInfo, RFC 5480).
        release: number of the bundle, 1 to 2^53 - 1; each published bundle has a higher one than those before.
        expires: UTC, "2027-11-28T00:00:00Z"; from then on the signature is refused.
        signature: r and s, 32 bytes each, big-endian (IEEE P1363).
    """

    key: str
    release: int
    expires: str
    signature: bytes


@dataclass(frozen=True)
class Trust:
    """Whose bundles are taken, and which.

    Attributes:
        public_keys: PEM texts of P-256 keys. Two while one replaces the other.
        min_release: the release that is in use; older ones are refused, so that nobody can bring an old fault back.
        now: UTC, against which `expires` is compared; None: this machine's clock.
    """

    public_keys: tuple[str, ...]
    min_release: int = 0
    now: datetime | None = None

    @classmethod
    def of(cls, files: Sequence[str | Path], min_release: int = 0) -> Trust:
        """Trust in the keys of PEM files.

        Raises:
            CtpnError: one cannot be read.
        """
        try:
            return cls(tuple(Path(file).read_text(encoding="ascii") for file in files), min_release)
        except (OSError, UnicodeDecodeError) as e:
            raise CtpnError(
                f"public key: cannot be read ({e}); expected a PEM file, as python -m export.sign --new-key writes it"
            ) from None


def message(manifest: bytes, release: int, expires: str) -> bytes:
    """The bytes that are signed: the manifest's SHA-256, the release and the end, a line each."""
    return f"ctpn-bundle {SCHEMA}\n{hashlib.sha256(manifest).hexdigest()}\n{release}\n{expires}\n".encode("ascii")


def verify(manifest: bytes, signature: bytes | None, trust: Trust) -> Signature:
    """Check that a trusted key signed the manifest, as a release that may be taken now.

    Args:
        manifest: the bytes of manifest.json.
        signature: the bytes of signature.json; None: there is none.

    Raises:
        ModelError: missing, damaged, by another key, altered, expired, or older than the release in use.
        CtpnError: a public key is none; the package `cryptography` is not installed.
    """
    keys = {key_id(key): key for key in map(_public_key, trust.public_keys)}
    if signature is None:
        raise ModelError(f"{SIGNATURE}: missing, so nobody vouches for this bundle; {HINT}, or read without a public key")
    found = _parse_signature(signature)
    if found.key not in keys:
        raise ModelError(f"{SIGNATURE}: signed by another key, expected {' or '.join(sorted(keys))}, got {found.key}; {HINT}")
    if not _is_signed(keys[found.key], found.signature, message(manifest, found.release, found.expires)):
        raise ModelError(f"{SIGNATURE}: does not fit the manifest, one of them was altered; {HINT}")
    now = (trust.now or datetime.now(timezone.utc)).strftime("%Y-%m-%dT%H:%M:%SZ")
    if now >= found.expires:
        raise ModelError(f"{SIGNATURE}: expired at {found.expires}, it is {now}; {HINT}, and check this device's clock")
    if found.release < trust.min_release:
        raise ModelError(f"{SIGNATURE}: release {found.release} is older than {trust.min_release}, which is in use; {HINT}")
    return found


def key_id(key: EllipticCurvePublicKey) -> str:
    """See `Signature.key`."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()[:16]


def _public_key(pem: str) -> EllipticCurvePublicKey:
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
        from cryptography.hazmat.primitives.serialization import load_pem_public_key
    except ImportError:
        raise CtpnError("signatures need the package cryptography; install it with: pip install 'ctpn[signed]'") from None
    expected = "expected the PEM of a P-256 key, as python -m export.sign --new-key writes it"
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as e:
        raise CtpnError(f"public key: {expected}, got {str(e)[:80]}") from None
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise CtpnError(f"public key: {expected}, got another kind of key")
    return key


def _is_signed(key: EllipticCurvePublicKey, signature: bytes, data: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key.verify(encode_dss_signature(r, s), data, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _parse_signature(data: bytes) -> Signature:
    found = _object(data)
    key, release, expires = found["key"], whole_number(found["release"]), found["expires"]
    if not isinstance(key, str) or not KEY_ID.fullmatch(key):
        raise _damaged(f"key: expected 16 hex digits, got {str(key)[:40]!r}")
    if release is None or not 1 <= release <= MAX_RELEASE:
        raise _damaged(f"release: expected a whole number from 1, got {str(found['release'])[:40]}")
    if not isinstance(expires, str) or not TIME.fullmatch(expires):
        raise _damaged(f"expires: expected a time such as 2027-11-28T00:00:00Z, got {str(expires)[:40]!r}")
    return Signature(key, release, expires, _rs(found["signature"]))


def _object(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_SIGNATURE:
        raise _damaged(f"expected at most {MAX_SIGNATURE} bytes, got {len(data)}")
    try:
        found = parse(data.decode())
    except ValueError as e:
        raise _damaged(f"no JSON ({str(e)[:80]})") from None
    if not isinstance(found, dict) or found.get("kind") != KIND or whole_number(found.get("schema")) != SCHEMA or set(found) != KEYS:
        raise _damaged(f"expected kind {KIND!r} of schema {SCHEMA} with {', '.join(sorted(KEYS))}")
    return found


def _rs(text: Any) -> bytes:
    try:
        found = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != 64 or base64.b64encode(found).decode() != text:
        raise _damaged(f"signature: expected 64 bytes in base64, got {str(text)[:40]!r}")
    return found


def _damaged(problem: str) -> ModelError:
    return ModelError(f"{SIGNATURE}: damaged, {problem}; {HINT}")
