"""The rows of rare characters are fitted to what the net sees, and all other rows stay."""

import numpy as np
import torch

from ctpn.contract.spec import CRNN
from ctpn.nn.recognizer import build_recognizer, rare
from ctpn.synthesis.lines import LineCrop
from ctpn.training.fit_rows import Frames, classes_of, fit


def test_rare_characters_are_what_was_hardly_drawn():
    chosen = "".join(CRNN.charset[int(c) - 1] for c in rare(CRNN.charset))
    assert set("€°²·№〇ü《（℃Ω") <= set(chosen)
    assert not set("eA7的，。.-") & set(chosen)


def test_fitted_rows_win_where_their_characters_stand_and_nowhere_else():
    generator = torch.Generator().manual_seed(0)
    centres = torch.rand(6, 24, generator=generator) * 4
    matrix = torch.randn(6, 24, generator=generator)
    matrix[:4] = centres[:4] - centres.mean(0)  # classes 0 to 3 are known, 4 and 5 point to nowhere
    classes = torch.arange(6).repeat(40)
    features = (centres[classes] + 0.2 * torch.randn(240, 24, generator=generator)).relu()
    fitted = fit(matrix, Frames(features, classes), torch.tensor([4, 5]))
    assert torch.equal(fitted[:4], matrix[:4])
    best = (features @ fitted.T).argmax(1)
    assert (best[classes >= 4] == classes[classes >= 4]).all()
    assert (best[classes < 4] < 4).all()


def test_a_character_stands_where_the_blank_is_least_likely_near_its_middle():
    net = build_recognizer(CRNN)
    crop = LineCrop(np.zeros((32, 40, 3), np.uint8), "e8", np.array([10.0, 30.0]))
    blank = torch.tensor([5.0, 5, 5, 1, 5, 5, 5, 2, 5, 5])
    assert classes_of(crop, blank, net.spec).tolist() == [0, 0, 0, CRNN.charset.index("e") + 1, 0, 0, 0, CRNN.charset.index("8") + 1, 0, 0]
    rare_one = LineCrop(crop.rgb, "e€", crop.centres)
    assert classes_of(rare_one, blank, net.spec)[0] == -1
