"""Published bundles: apps find the one that fits, fetch it whole or in parts, and verify it."""

import shutil
from pathlib import Path

import pytest
import requests

import ctpn
from ctpn.contract.bundle import open_bundle
from ctpn.errors import CtpnError
from ctpn.serve import publish
from ctpn.serve.bundles import Bundles
from ctpn.serve.bundles import publish as publish_bundle
from export.sign import main as sign


@pytest.fixture(scope="module")
def signed(shipped_bundle: Path, tmp_path_factory) -> tuple[Path, Path]:
    """A bundle signed as release 4, and its public key."""
    folder = tmp_path_factory.mktemp("signed")
    shutil.copytree(shipped_bundle, folder / "bundle")
    assert sign(["--new-key", str(folder / "k.pem")]) == 0
    assert sign([str(folder / "bundle"), "--key", str(folder / "k.pem"), "--release", "4"]) == 0
    return folder / "bundle", folder / "k.pub.pem"


def test_an_app_finds_fetches_and_verifies_the_newest(service, shipped_bundle, signed, tmp_path, capsys):
    assert requests.get(f"{service.url}/v1/bundles", timeout=9).json() == {"bundles": []}
    bundle, key = signed
    assert publish.main([str(shipped_bundle), "--data", str(service.data)]) == 0
    assert publish.main([str(bundle), "--data", str(service.data), "--public-key", str(key)]) == 0
    found = requests.get(f"{service.url}/v1/bundles", params={"format": "onnx"}, timeout=9).json()["bundles"]
    assert [(b["release"], b["signed"]) for b in found] == [(4, True), (1, False)]
    schema = found[0]["schema"]
    for query, count in (({"schema": schema}, 2), ({"schema": schema + 1}, 0), ({"format": "onnx,coreml"}, 0)):
        assert len(requests.get(f"{service.url}/v1/bundles", params=query, timeout=9).json()["bundles"]) == count
    assert requests.get(f"{service.url}/v1/bundles", params={"format": "onnx,"}, timeout=9).status_code == 422
    assert requests.get(f"{service.url}/v1/bundles/4", timeout=9).json() == found[0]
    for name, entry in found[0]["files"].items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(requests.get(entry["url"], timeout=9).content)
    assert sum(f.stat().st_size for f in tmp_path.rglob("*") if f.is_file()) == found[0]["bytes"]
    ctpn.TextReader(open_bundle(tmp_path, ctpn.Trust.of([key], 4)).folder, threads=1).close()
    capsys.readouterr()


def test_a_download_goes_on_where_it_stopped_and_is_not_repeated(service, shipped_bundle, tmp_path):
    published = publish_bundle(shipped_bundle, service.data / "bundles", None)
    url = f"{service.url}/v1/bundles/{published.release}/detector.onnx"
    whole = requests.get(url, timeout=9)
    etag = whole.headers["etag"]
    assert etag == f'"{published.sums["detector.onnx"]}"' and "immutable" in whole.headers["cache-control"]
    rest = requests.get(url, headers={"Range": "bytes=1000-", "If-Range": etag}, timeout=9)
    assert rest.status_code == 206 and rest.content == whole.content[1000:]
    assert requests.get(url, headers={"Range": "bytes=1000-", "If-Range": '"other"'}, timeout=9).content == whole.content
    assert requests.get(url, headers={"Range": "bytes=99999999-"}, timeout=9).status_code == 416
    for tags in (etag, f'"x", W/{etag}', "*"):
        known = requests.get(url, headers={"If-None-Match": tags}, timeout=9)
        assert known.status_code == 304 and not known.content and known.headers["etag"] == etag
    head = requests.head(url, timeout=9)
    assert head.status_code == 200 and int(head.headers["content-length"]) == len(whole.content)


UP = "1/%2e%2e/%2e%2e/service.sqlite"


@pytest.mark.parametrize("path", ["99", "99/manifest.json", "1/none", UP, "1/..%2f..%2fservice.sqlite", "1//etc/passwd"])
def test_only_files_of_bundles_are_given_out(service, shipped_bundle, path):
    if not Bundles(service.data / "bundles").releases():
        publish_bundle(shipped_bundle, service.data / "bundles", None)
    answer = requests.get(f"{service.url}/v1/bundles/{path}", timeout=9)
    assert answer.status_code == 404 and answer.headers["content-type"] == "application/problem+json"


def test_what_is_published_is_verified_and_never_goes_back(shipped_bundle, signed, tmp_path):
    bundle, key = signed
    trust = ctpn.Trust.of([key])
    assert publish_bundle(bundle, tmp_path / "bundles", trust).release == 4
    with pytest.raises(CtpnError, match="release 4 is not newer than 4"):
        publish_bundle(bundle, tmp_path / "bundles", trust)
    with pytest.raises(CtpnError, match="missing, so nobody vouches"):
        publish_bundle(shipped_bundle, tmp_path / "bundles", trust)
    damaged = tmp_path / "damaged"
    shutil.copytree(shipped_bundle, damaged)
    (damaged / "charset.txt").write_text("x")
    with pytest.raises(CtpnError, match=r"charset\.txt: expected"):
        publish_bundle(damaged, tmp_path / "bundles", None)
    assert Bundles(tmp_path / "bundles").releases() == [4] and [f.name for f in (tmp_path / "bundles").iterdir()] == ["4"]
