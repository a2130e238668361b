"""Formulas by hand, and the names of sources."""

import numpy as np
import pytest

from camcore.errors import CamcoreError
from camcore.heatmaps.methods import METHODS, Method, cam, grad_cam
from camcore.heatmaps.sources import Source, identical_by_theory, needs_class_weights, parse_source, parse_sources

LAYERS = ("layer1", "layer2", "layer3", "layer4")
# One image, two channels, 2 x 2 cells.
FEATURES = np.array([[[[1.0, 2.0], [0.0, 1.0]], [[0.0, 1.0], [3.0, 1.0]]]])


def test_cam_by_hand() -> None:
    # 2 * A[0] - 1 * A[1]; what is negative stays negative.
    np.testing.assert_array_equal(cam(FEATURES, np.array([[2.0, -1.0]])), [[[2, 3], [-3, 1]]])


def test_cam_takes_the_weights_of_each_image() -> None:
    two = np.concatenate([FEATURES, FEATURES])
    maps = cam(two, np.array([[1.0, 0.0], [0.0, -1.0]]))
    np.testing.assert_array_equal(maps, [[[1, 2], [0, 1]], [[0, -1], [-3, -1]]])


def test_grad_cam_by_hand() -> None:
    # Channel weights are the means of the gradients: (4 + 0 + 0 + 0) / 4 = 1 and (-2 * 4) / 4 = -2.
    gradients = np.array([[[[4.0, 0.0], [0.0, 0.0]], [[-2.0, -2.0], [-2.0, -2.0]]]])
    np.testing.assert_array_equal(grad_cam(FEATURES, gradients), [[[1, 0], [-6, -1]]])


def test_the_mean_of_cam_is_the_logit_without_its_bias() -> None:
    weights = np.array([[0.5, -0.25]])
    logit = (weights * FEATURES.mean((2, 3))).sum()
    assert cam(FEATURES, weights).mean() == pytest.approx(logit)


@pytest.mark.parametrize("name", [name for name, method in METHODS.items() if method.compute is not None])
def test_every_method_gives_one_signed_map_per_image(name: str) -> None:
    method = METHODS[name]
    assert method.compute is not None
    features, other = np.random.default_rng(0).normal(size=(2, 3, 4, 2, 5))
    maps = method.compute(features, other if method.needs == "gradients" else other[:, :, 0, 0])
    assert maps.shape == (3, 2, 5)
    assert (maps < 0).any(), "the ReLU belongs to drawing"


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_every_method_names_its_paper_and_what_it_needs(method: Method) -> None:
    assert method.compute is None or "Source: " in (method.compute.__doc__ or "")
    assert method.needs in ("gradients", "class_weights", "features", "passes")
    assert (method.compute is None) == (method.needs == "passes")


@pytest.mark.parametrize(
    ("text", "source", "title"),
    [
        ("cam", Source("cam"), "CAM"),
        (" grad_cam ", Source("grad_cam"), "Grad-CAM"),
        ("grad_cam@layer3", Source("grad_cam", "layer3"), "Grad-CAM at layer3"),
        ("grad_cam@features.8", Source("grad_cam", "features.8"), "Grad-CAM at features.8"),
    ],
)
def test_a_source_is_named_as_it_is_written(text: str, source: Source, title: str) -> None:
    assert parse_source(text) == source
    assert source.id == text.strip()
    assert parse_source(source.id) == source
    assert source.title == title


def test_sources_are_unique_and_ordered() -> None:
    sources = parse_sources("grad_cam@layer4, cam@layer4,grad_cam@layer2,,grad_cam,cam", LAYERS)
    assert [source.id for source in sources] == ["grad_cam", "cam", "grad_cam@layer2"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gradcam", "Unknown source 'gradcam'. Did you mean grad_cam? Choose from: " + ", ".join(METHODS) + "."),
        ("cam,lrp@layer3", "Unknown source 'lrp@layer3'. Choose from: " + ", ".join(METHODS) + "."),
        ("grad_cam@layer5", "Unknown layer 'layer5'. Choose from: layer1, layer2, layer3, layer4."),
        ("", "No source in ''. Choose from: " + ", ".join(METHODS) + "."),
        (" , ", "No source in ' , '. Choose from: " + ", ".join(METHODS) + "."),
        (
            "cam@layer3",
            "CAM exists at the last layer only, not at 'layer3': its weights belong to the linear layer after the"
            " pooling. Use cam, or grad_cam@layer3.",
        ),
    ],
)
def test_a_wrong_source_lists_the_allowed_ones(text: str, message: str) -> None:
    with pytest.raises(CamcoreError) as caught:
        parse_sources(text, LAYERS)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("first", "second", "cam_able", "expected"),
    [
        ("cam", "grad_cam", True, True),
        ("grad_cam", "cam", True, True),
        ("cam", "grad_cam", False, False),
        ("cam", "grad_cam@layer3", True, False),
        ("grad_cam", "grad_cam@layer3", True, False),
        ("grad_cam@layer3", "grad_cam@layer2", True, False),
        ("grad_cam@layer3", "grad_cam@layer3", False, True),
        ("cam", "cam", False, True),
    ],
)
def test_two_sources_are_one_by_theory_only_at_the_last_layer(
    first: str, second: str, cam_able: bool, expected: bool
) -> None:
    assert identical_by_theory(parse_source(first), parse_source(second), cam_able) is expected


def test_only_cam_needs_class_weights() -> None:
    assert needs_class_weights([Source("grad_cam"), Source("cam")])
    assert not needs_class_weights([Source("grad_cam"), Source("grad_cam", "layer3")])
