"""Signatures of bundles: a good one is taken; missing, damaged, foreign, altered, expired and older ones are refused in words."""

import json
import shutil
from datetime import datetime, timezone
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, derive_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

import ctpn
from ctpn.contract.bundle import open_bundle
from ctpn.contract.signature import SIGNATURE, Trust, verify
from ctpn.errors import CtpnError, ModelError
from export.sign import main, public_pem, signature

MANIFEST = b'{"kind": "ctpn-bundle"}'
UNTIL, BEFORE = "2027-01-01T00:00:00Z", datetime(2026, 12, 31, 23, 59, 59, tzinfo=timezone.utc)


def private(number: int, curve=SECP256R1) -> bytes:
    return derive_private_key(number, curve()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def trust(*numbers: int, min_release: int = 0, now: datetime = BEFORE) -> Trust:
    return Trust(tuple(public_pem(private(n)) for n in numbers), min_release, now)


GOOD = signature(MANIFEST, private(1), 7, UNTIL)


def changed(**values) -> bytes:
    return json.dumps(json.loads(GOOD) | values).encode()


def test_a_good_signature_is_taken_with_one_key_or_two():
    for trusted in (trust(1), trust(2, 1), trust(1, min_release=7)):
        found = verify(MANIFEST, GOOD, trusted)
        assert (found.release, found.expires, len(found.signature)) == (7, UNTIL, 64)
    assert signature(MANIFEST, private(1), 7, UNTIL) == GOOD


@pytest.mark.parametrize(
    ("manifest", "signed", "trusted", "message"),
    [
        (MANIFEST, None, trust(1), "missing, so nobody vouches"),
        (MANIFEST, GOOD, trust(2), "signed by another key"),
        (MANIFEST, GOOD, Trust(()), "signed by another key"),
        (MANIFEST + b" ", GOOD, trust(1), "does not fit the manifest"),
        (MANIFEST, changed(release=8), trust(1), "does not fit the manifest"),
        (MANIFEST, changed(expires="2028-01-01T00:00:00Z"), trust(1), "does not fit the manifest"),
        (MANIFEST, changed(signature="A" * 86 + "=="), trust(1), "does not fit the manifest"),
        (MANIFEST, signature(MANIFEST, private(2), 7, UNTIL), trust(1), "signed by another key"),
        (MANIFEST, GOOD, trust(1, now=datetime(2027, 1, 1, tzinfo=timezone.utc)), "expired at 2027-01-01T00:00:00Z, it is 2027-01-01"),
        (MANIFEST, GOOD, trust(1, min_release=8), "release 7 is older than 8"),
        (MANIFEST, b"", trust(1), "damaged, no JSON"),
        (MANIFEST, b"\xff", trust(1), "damaged, no JSON"),
        (MANIFEST, b"[]", trust(1), "damaged, expected kind"),
        (MANIFEST, b" " * 5000, trust(1), "expected at most 4096 bytes, got 5000"),
        (MANIFEST, changed(schema=2), trust(1), "damaged, expected kind"),
        (MANIFEST, changed(more=1), trust(1), "damaged, expected kind"),
        (MANIFEST, changed(key="C9"), trust(1), "key: expected 16 hex digits"),
        (MANIFEST, changed(release=0), trust(1), "release: expected a whole number"),
        (MANIFEST, changed(release=True), trust(1), "release: expected a whole number"),
        (MANIFEST, changed(release=2**53), trust(1), "release: expected a whole number"),
        (MANIFEST, changed(expires="2027-01-01"), trust(1), "expires: expected a time"),
        (MANIFEST, changed(signature="AAAA"), trust(1), "expected 64 bytes in base64"),
        (MANIFEST, changed(signature=7), trust(1), "expected 64 bytes in base64"),
        (MANIFEST, changed(signature="é" * 88), trust(1), "expected 64 bytes in base64"),
    ],
)
def test_what_is_wrong_is_said(manifest, signed, trusted, message):
    with pytest.raises(ModelError, match=message) as error:
        verify(manifest, signed, trusted)
    assert str(error.value).startswith("signature.json: ") and "\n" not in str(error.value)


@pytest.mark.parametrize("key", ["", "no key", private(1).decode(), public_pem(private(1, SECP384R1))])
def test_a_public_key_that_is_none_is_an_error(key):
    with pytest.raises(CtpnError, match="public key: expected the PEM of a P-256 key"):
        verify(MANIFEST, GOOD, Trust((key,)))


def test_a_bundle_is_signed_verified_and_refused_from_the_command_line(shipped_bundle: Path, tmp_path: Path, capsys):
    bundle, key = tmp_path / "bundle", tmp_path / "release.pem"
    shutil.copytree(shipped_bundle, bundle)
    assert main(["--new-key", str(key)]) == 0 and key.stat().st_mode & 0o077 == 0
    assert main(["--new-key", str(key)]) == 1 and "never overwritten" in capsys.readouterr().err
    mine = Trust.of([tmp_path / "release.pub.pem"])
    with pytest.raises(ModelError, match=r"bundle: signature.json: missing"):
        open_bundle(bundle, mine)
    assert main([str(bundle), "--key", str(key), "--release", "3", "--days", "2"]) == 0
    assert open_bundle(bundle, mine).folder == bundle and open_bundle(bundle).folder == bundle
    ctpn.TextReader(bundle, trust=mine, threads=1).close()
    with pytest.raises(ModelError, match="release 3 is older than 4"):
        ctpn.TextReader(bundle, trust=Trust(mine.public_keys, 4))
    (bundle / SIGNATURE).write_bytes(b"x" * 9999)
    with pytest.raises(ModelError, match=r"signature\.json: missing"):
        open_bundle(bundle, mine)
    with pytest.raises(CtpnError, match="without a bundle"):
        ctpn.TextReader(trust=mine)


def test_wrong_usage_and_wrong_keys_are_told(tmp_path: Path, capsys):
    for argv in ([], ["bundle"], ["bundle", "--key", "k", "--release", "0"], ["bundle", "--new-key", "k"]):
        with pytest.raises(SystemExit) as stop:
            main(argv)
        assert stop.value.code == 2
    with pytest.raises(CtpnError, match="expected the PEM of a P-256 private key"):
        signature(MANIFEST, public_pem(private(1)).encode(), 1, UNTIL)
    with pytest.raises(CtpnError, match="another kind of key"):
        signature(MANIFEST, private(1, SECP384R1), 1, UNTIL)
    with pytest.raises(CtpnError, match="cannot be read"):
        Trust.of([tmp_path / "none.pem"])
    capsys.readouterr()
