"""Cases of signed manifests. The keys are derived from numbers and the signatures are deterministic, so each run gives the same bytes."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, EllipticCurve, derive_private_key
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from contract.generator.stages import case
from export.sign import public_pem, signature

Cases = list[dict[str, Any]]
MANIFEST = b'{"kind": "ctpn-bundle", "version": "\xe5\xad\x97"}\n'
RELEASE, UNTIL, BEFORE = 7, "2027-01-01T00:00:00Z", "2026-12-31T23:59:59Z"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
NO_FIT, NO_TEXT, NO_KIND, NO_BYTES = "does not fit the manifest", "no JSON", "expected kind", "signature: expected 64 bytes in base64"
NO_TIME, NO_RELEASE = "expires: expected a time", "release: expected a whole number from 1"


def private(number: int, curve: EllipticCurve | None = None) -> bytes:
    """The PEM of the private key that a number is."""
    return derive_private_key(number, curve or SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public(number: int, curve: EllipticCurve | None = None) -> str:
    """The PEM of its public key."""
    return public_pem(private(number, curve))


def signed(number: int = 1, manifest: bytes = MANIFEST, release: int = RELEASE) -> bytes:
    """A signature.json by that key."""
    return signature(manifest, private(number), release, UNTIL)


GOOD = signed()


def changed(**values: Any) -> bytes:
    """The good one with other values; without those that are "gone"."""
    return json.dumps({k: v for k, v in (json.loads(GOOD) | values).items() if v != "gone"}, ensure_ascii=False).encode()


def with_rs(r: int, s: int) -> bytes:
    """The good one with other numbers."""
    return changed(signature=base64.b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode())


def rs() -> tuple[int, int]:
    """The numbers of the good one."""
    found = base64.b64decode(json.loads(GOOD)["signature"])
    return int.from_bytes(found[:32], "big"), int.from_bytes(found[32:], "big")


def off_the_curve() -> str:
    """A public key whose point is not on the curve."""
    lines = public(1).splitlines()
    der = bytearray(base64.b64decode("".join(lines[1:-1])))
    der[-1] ^= 1
    return "\n".join([lines[0], base64.b64encode(der).decode(), lines[-1]]) + "\n"


def taken() -> dict[str, dict[str, Any]]:
    """What is taken: of each case what differs from the good one."""
    r, s = rs()
    pointed = json.loads(changed(release=7.0))
    return {
        "good": {},
        "the first of two keys": {"public_keys": [public(1), public(2)]},
        "the second of two keys": {"public_keys": [public(2), public(1)]},
        "the release in use": {"min_release": RELEASE},
        "the largest release": {"signature": signed(release=2**53 - 1), "min_release": 2**53 - 1},
        "a release with a point, another order": {"signature": json.dumps(dict(reversed(pointed.items()))).encode()},
        "the other s": {"signature": with_rs(r, ORDER - s)},
        "a key with CRLF": {"public_keys": [public(1).replace("\n", "\r\n")]},
        "a manifest that is no text": {"manifest": b"\xff\x00", "signature": signed(manifest=b"\xff\x00")},
        "no key given": {"public_keys": None},
        "no key given, no signature": {"public_keys": None, "signature": None},
        "no key given, a damaged signature": {"public_keys": None, "signature": b"{"},
    }


def refused() -> dict[str, tuple[dict[str, Any], str]]:
    """What is refused, and what is said then."""
    r, s = rs()
    der, text = base64.b64encode(encode_dss_signature(r, s)).decode(), json.loads(GOOD)["signature"]
    foreign = json.loads(signed(3)) | {"key": json.loads(GOOD)["key"]}
    damaged = {
        "empty": (b"", NO_TEXT),
        "cut short": (GOOD[:60], NO_TEXT),
        "no UTF-8": (b"\xff" + GOOD, NO_TEXT),
        "a byte order mark": (b"\xef\xbb\xbf" + GOOD, NO_TEXT),
        "a key twice": (GOOD.replace(b'"schema"', b'"schema": 1, "schema"'), NO_TEXT),
        "NaN": (changed(release=float("nan")), NO_TEXT),
        "deep": (b"[" * 4000, NO_TEXT),
        "a list": (b"[]", NO_KIND),
        "too large": (GOOD + b" " * (4097 - len(GOOD)), "expected at most 4096 bytes, got 4097"),
        "schema 2": (changed(schema=2), NO_KIND),
        "schema as true": (changed(schema=True), NO_KIND),
        "another kind": (changed(kind="ctpn-bundle"), NO_KIND),
        "an unknown field": (changed(more=1), NO_KIND),
        "no release": (changed(release="gone"), NO_KIND),
        "a key in capitals": (changed(key=json.loads(GOOD)["key"].upper()), "key: expected 16 hex digits"),
        "a key as a number": (changed(key=7), "key: expected 16 hex digits"),
        "release 0": (changed(release=0), NO_RELEASE),
        "release 7.5": (changed(release=7.5), NO_RELEASE),
        "release as text": (changed(release="7"), NO_RELEASE),
        "release as true": (changed(release=True), NO_RELEASE),
        "a release too large": (changed(release=2**53), NO_RELEASE),
        "a release far too large": (changed(release=1e300), NO_RELEASE),
        "a day": (changed(expires="2027-01-01"), NO_TIME),
        "a line break behind the time": (changed(expires=f"{UNTIL}\n"), NO_TIME),
        "digits of another alphabet": (changed(expires="٢٠٢٧-01-01T00:00:00Z"), NO_TIME),
        "a time as a number": (changed(expires=2027), NO_TIME),
        "DER": (changed(signature=der), NO_BYTES),
        "63 bytes": (changed(signature=base64.b64encode(b"a" * 63).decode()), NO_BYTES),
        "no base64": (changed(signature="é" * 88), NO_BYTES),
        "no padding": (changed(signature=text.rstrip("=")), NO_BYTES),
        "bits behind the last byte": (changed(signature=text[:-3] + chr(ord(text[-3]) + 1) + "=="), NO_BYTES),
        "a line break in base64": (changed(signature=f"{text[:44]}\n{text[44:]}"), NO_BYTES),
        "base64 for addresses": (changed(signature="-" + text[1:]), NO_BYTES),
        "numbers": (changed(signature=[1, 2]), NO_BYTES),
    }
    no_key = "public key: expected the PEM of a P-256 key"
    keys = {
        "an empty key": "",
        "a key that is no PEM": "no key",
        "a key cut short": public(1)[:60],
        "a key of another label": public(1).replace("PUBLIC KEY", "CERTIFICATE"),
        "a key of P-384": public(1, SECP384R1()),
        "a key off the curve": off_the_curve(),
    }
    return {
        "missing": ({"signature": None}, "signature.json: missing, so nobody vouches for this bundle"),
        "another manifest": ({"manifest": MANIFEST + b" "}, NO_FIT),
        "another release": ({"signature": changed(release=8)}, NO_FIT),
        "another end": ({"signature": changed(expires="2028-01-01T00:00:00Z")}, NO_FIT),
        "altered r": ({"signature": with_rs(r ^ 1, s)}, NO_FIT),
        "altered s": ({"signature": with_rs(r, s ^ 1)}, NO_FIT),
        "zeros": ({"signature": with_rs(0, 0)}, NO_FIT),
        "the curve's order": ({"signature": with_rs(ORDER, ORDER)}, NO_FIT),
        "all bits": ({"signature": with_rs(2**256 - 1, 2**256 - 1)}, NO_FIT),
        "an unknown key": ({"signature": signed(3)}, "signed by another key"),
        "an unknown key, two known": ({"signature": signed(3), "public_keys": [public(1), public(2)]}, "signed by another key"),
        "an unknown key under a known name": ({"signature": json.dumps(foreign).encode()}, NO_FIT),
        "no key known": ({"public_keys": []}, "signed by another key"),
        "expired": ({"now": UNTIL}, f"expired at {UNTIL}, it is {UNTIL}"),
        "expired long ago": ({"now": "2031-05-06T07:08:09Z"}, f"expired at {UNTIL}, it is 2031-05-06T07:08:09Z"),
        "older than the one in use": ({"min_release": 8}, "release 7 is older than 8"),
        **{name: ({"signature": data}, f"signature.json: damaged, {says}") for name, (data, says) in damaged.items()},
        **{name: ({"public_keys": [key]}, no_key) for name, key in keys.items()},
        "a bad key beside a good one": ({"public_keys": [public(1), "no key"]}, no_key),
    }  # fmt: skip


def cases() -> Cases:
    """All of them. Files are bytes, times UTC; without public keys (null) nothing is asked for."""
    good: dict[str, Any] = {"manifest": MANIFEST, "signature": GOOD, "public_keys": [public(1)], "min_release": 0, "now": BEFORE}

    def inputs(changes: dict[str, Any]) -> dict[str, Any]:
        return {k: np.frombuffer(v, np.uint8) if isinstance(v, bytes) else v for k, v in (good | changes).items()}

    return [
        *(case("signature", name, **inputs(changes)) for name, changes in taken().items()),
        *(case("signature", name, says=says, **inputs(changes)) for name, (changes, says) in refused().items()),
    ]
