"""The CRNN: its two forms, its loss by hand, and that it learns two line crops by heart."""

import pytest

torch = pytest.importorskip("torch")

from ctpn.contract.spec import CRNN, MOBILE  # noqa: E402
from ctpn.errors import ModelError  # noqa: E402
from ctpn.nn.checkpoint import save_weights  # noqa: E402
from ctpn.nn.ctc import ctc, divergence, texts  # noqa: E402
from ctpn.nn.recognizer import Crnn, build_recognizer, characters_loss, letters, load_recognizer  # noqa: E402


@pytest.fixture
def net():
    torch.manual_seed(0)
    return build_recognizer(CRNN).eval()


def test_a_time_step_is_four_pixels(net):
    with torch.no_grad():
        assert net(torch.zeros(2, 3, 32, 96)).shape == (2, 24, CRNN.classes)


def test_it_is_small(net):
    assert sum(p.numel() for p in net.parameters()) < 1_400_000


def test_the_unrolled_form_says_the_same(net):
    crops = torch.rand(2, 3, 32, 64)
    with torch.no_grad():
        expected = net(crops)
        net.rows.unrolled = True
        assert torch.allclose(net(crops), expected, atol=1e-4)


def _batch(steps, labels):
    return {
        "steps": torch.tensor(steps),
        "labels": torch.tensor([c for y in labels for c in y]),
        "lengths": torch.tensor([len(y) for y in labels]),
        "caseless": torch.zeros(len(labels), dtype=torch.bool),
    }


NONE = torch.zeros(2, 0, dtype=torch.int64)  # no letters


def _loss(logits, batch, ctc_weight, pairs=NONE):
    """Of logits themselves: the last layer's matrix changes nothing."""
    return characters_loss(logits, torch.eye(logits.shape[2]), batch, ctc_weight, pairs)


def test_loss_by_hand():
    logits = torch.zeros(1, 2, 4)
    batch = _batch([[1, -1]], [[1]])
    alignment = _loss(logits, batch, 0.0)
    assert float(alignment["alignment"]) == pytest.approx(1.3862944)  # log 4, the unknown step does not count
    assert float(alignment["ctc"]) == 0
    # three of the sixteen paths of two steps say "1": 1 1, 1 blank, blank 1
    ctc = _loss(logits, batch, 1.0)
    assert float(ctc["ctc"]) == pytest.approx(1.6739764)  # -log(3 / 16)
    half = _loss(logits, batch, 0.5)
    assert float(sum(half.values())) == pytest.approx((1.3862944 + 1.6739764) / 2)


def test_letters_are_pairs():
    upper, lower = letters("b A a xB")
    assert list(zip(upper.tolist(), lower.tolist(), strict=True)) == [(3, 5), (8, 1)]


def _by_pytorch(features, matrix, labels, lengths, caseless, pairs):
    """The same loss over all classes: log_softmax and ctc_loss, the small letters of caseless crops joined to the capitals."""
    logits = features @ matrix.T
    upper, lower = pairs
    either = torch.logaddexp(logits[..., upper], logits[..., lower])
    chosen, merged = caseless[:, None, None], logits.clone()
    merged[..., upper] = torch.where(chosen, either, logits[..., upper])
    merged[..., lower] = torch.where(chosen, torch.full_like(either, -1e4), logits[..., lower])
    log, times = merged.log_softmax(2).transpose(0, 1), torch.full_like(lengths, logits.shape[1])
    lost = torch.nn.functional.ctc_loss(log, labels, times, lengths, reduction="none", zero_infinity=True)
    return (lost / lengths.clamp_min(1)).mean()


@pytest.mark.parametrize("rows", [1, 40, 1000])
def test_ctc_equals_pytorchs_with_its_gradients(rows, monkeypatch):
    monkeypatch.setattr("ctpn.nn.ctc.ROWS", rows)  # a crop at a time, two, all
    torch.manual_seed(0)
    charset = "abABcdCDxyz你好"
    pairs = letters(charset)
    texts_ = ["AAB", "", "你好xyzD", "B", "AABBCCDD你你AA", "AAAAAAAAAAAAAAAAA"]  # empty, repeated, one that does not fit
    lengths = torch.tensor([len(t) for t in texts_])
    labels = torch.tensor([charset.index(c) + 1 for t in texts_ for c in t])
    caseless = torch.tensor([True, False, False, True, True, False])
    features = torch.randn(6, 20, 7, requires_grad=True)
    matrix = torch.randn(len(charset) + 1, 7, requires_grad=True)
    expected = _by_pytorch(features, matrix, labels, lengths, caseless, pairs)
    got = ctc(features, matrix, texts(labels, lengths, caseless, pairs))
    assert torch.allclose(got, expected, rtol=1e-5)
    for g, w in zip(torch.autograd.grad(2 * got, (features, matrix)), torch.autograd.grad(2 * expected, (features, matrix)), strict=True):
        assert torch.allclose(g, w, atol=1e-4)


@pytest.mark.parametrize("rows", [1, 40, 1000])
def test_the_divergence_from_a_teacher_equals_pytorchs_with_its_gradients(rows, monkeypatch):
    monkeypatch.setattr("ctpn.nn.ctc.ROWS", rows)
    torch.manual_seed(0)
    features, matrix = torch.randn(5, 20, 7, requires_grad=True), torch.randn(12, 7, requires_grad=True)
    teacher = torch.randn(5, 20, 7), torch.randn(12, 7)
    use, lengths = torch.tensor([True, False, True, True, False]), torch.tensor([3, 2, 0, 4, 1])
    log, known = (features @ matrix.T).log_softmax(2), (teacher[0] @ teacher[1].T).log_softmax(2)
    by_crop = torch.nn.functional.kl_div(log, known, reduction="none", log_target=True).sum((1, 2)) / lengths.clamp_min(1)
    expected, got = (by_crop * use).mean(), divergence(features, matrix, teacher, use, lengths)
    assert torch.allclose(got, expected, rtol=1e-5)
    for g, w in zip(torch.autograd.grad(2 * got, (features, matrix)), torch.autograd.grad(2 * expected, (features, matrix)), strict=True):
        assert torch.allclose(g, w, atol=1e-4)


def test_a_transcript_in_capitals_takes_either_case():
    pairs = letters("aAbB")
    logits = torch.zeros(2, 1, 5, requires_grad=True)
    batch = _batch([[0], [0]], [[2], [2]]) | {"caseless": torch.tensor([True, False])}
    loss = _loss(logits, batch, 1.0, pairs)["ctc"]
    loss.backward()
    assert float(loss.detach()) == pytest.approx((0.9162907 + 1.6094379) / 2)  # -log(2 / 5), -log(1 / 5)
    (capital, small), plain = (logits.grad[0, 0, 2], logits.grad[0, 0, 1]), logits.grad[1, 0]
    assert capital == small < 0 < plain[1] and plain[2] < 0  # both forms are taught, or the capital alone


def test_a_text_that_does_not_fit_its_line_crop_does_not_break_training():
    logits = torch.zeros(1, 2, 4, requires_grad=True)
    loss = _loss(logits, _batch([[0, 0]], [[1, 1, 1]]), 1.0)["ctc"]
    loss.backward()
    assert float(loss.detach()) == 0 and float(logits.grad.abs().sum()) == 0


def test_it_learns_two_line_crops_by_heart():
    torch.manual_seed(1)
    net = Crnn(CRNN, hidden=16, neck=16)
    crops = torch.rand(2, 3, 32, 48)
    batch = _batch([[0] * 12, [0] * 12], [[5, 9], [7]])
    batch["steps"][0, 3], batch["steps"][0, 8], batch["steps"][1, 6] = 5, 9, 7
    optimizer = torch.optim.AdamW(net.parameters(), 5e-3)
    for i in range(120):
        loss = sum(characters_loss(net.features(crops), net.characters.weight, batch, float(i > 90), NONE).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    best = net(crops).argmax(2)
    read = [[int(c) for c in torch.unique_consecutive(row) if c] for row in best]
    assert read == [[5, 9], [7]]


def test_weights_travel_with_their_spec(net, tmp_path):
    file = tmp_path / "crnn.safetensors"
    save_weights(file, net.state_dict(), {"spec": CRNN.to_json()})
    again = load_recognizer(file)
    assert again.spec == CRNN
    assert all(torch.equal(a, b) for a, b in zip(again.state_dict().values(), net.state_dict().values(), strict=True))


@pytest.mark.parametrize(
    ("metadata", "message"), [({}, "no spec"), ({"spec": MOBILE.to_json()}, "expected kind 'recognizer', got 'detector'")]
)
def test_weights_of_another_kind_are_refused(net, tmp_path, metadata, message):
    file = tmp_path / "crnn.safetensors"
    save_weights(file, net.state_dict(), metadata)
    with pytest.raises(ModelError, match=message):
        load_recognizer(file)


def test_weights_of_another_shape_are_refused(net, tmp_path):
    file = tmp_path / "crnn.safetensors"
    save_weights(file, Crnn(CRNN, hidden=8).state_dict(), {"spec": CRNN.to_json()})
    with pytest.raises(ModelError, match="do not fit the net"):
        load_recognizer(file)
