"""Mixed batches: images and labels."""

import torch

from camcore.training.augmentation import BatchMixing, count_correct

IMAGES = torch.arange(4, dtype=torch.uint8)[:, None, None, None].expand(4, 3, 8, 8) * 40
LABELS = torch.tensor([0, 1, 2, 0])


def test_nothing_is_mixed_without_a_share() -> None:
    before = torch.get_rng_state()
    images, labels = BatchMixing(0.0, 3)(IMAGES, LABELS)
    assert images is IMAGES
    assert labels is LABELS
    assert torch.equal(torch.get_rng_state(), before), "an old run's seed gives what it gave"


def test_a_label_says_how_much_of_each_image_is_there() -> None:
    torch.manual_seed(0)
    mix, ways = BatchMixing(1.0, 3), set()
    for _ in range(40):
        images, shares = mix(IMAGES, LABELS)
        assert images.dtype == torch.float32
        torch.testing.assert_close(shares.sum(1), torch.ones(4))
        # Image k has all pixels 40 k, so its mean is that of its two parts, weighted by their shares.
        partner = IMAGES.roll(1, 0).float().mean((1, 2, 3))
        own = IMAGES.float().mean((1, 2, 3))
        share = (images.mean((1, 2, 3)) - partner) / (own - partner)
        assert share.max() - share.min() < 1e-4
        expected = torch.zeros(4, 3)
        for row, (label, other) in enumerate(zip(LABELS.tolist(), LABELS.roll(1).tolist(), strict=True)):
            expected[row, label] += share[row]
            expected[row, other] += 1 - share[row]
        torch.testing.assert_close(shares, expected, atol=1e-4, rtol=0)
        ways.add("cut" if set(images.unique().tolist()) <= {0.0, 40.0, 80.0, 120.0} else "mixed")
    assert ways == {"cut", "mixed"}


def test_the_share_of_batches_is_the_one_asked_for() -> None:
    torch.manual_seed(0)
    mix = BatchMixing(0.3, 3)
    mixed = sum(mix(IMAGES, LABELS)[1].ndim == 2 for _ in range(1000))
    assert 255 < mixed < 345  # 3 standard deviations


def test_the_larger_share_counts_as_the_label() -> None:
    logits = torch.tensor([[3.0, 1.0], [0.0, 2.0], [5.0, 4.0]])
    assert count_correct(logits, torch.tensor([0, 0, 1])) == 1
    assert count_correct(logits, torch.tensor([[0.6, 0.4], [0.9, 0.1], [0.1, 0.9]])) == 1
