"""The smallest batches that a training accepts."""

import pytest

from camcore.config import ModelConfig, TrainConfig
from camcore.errors import CamcoreError
from camcore.training.data import require_batch
from tests.conftest import BuildModel


def test_a_batch_of_one_is_refused_only_by_batch_norm(build_model: BuildModel) -> None:
    with_norm, without = (build_model(ModelConfig(name)) for name in ("resnet10_narrow", "vgg16"))
    with pytest.raises(CamcoreError) as caught:
        require_batch(TrainConfig(batch_size=1), 9, with_norm)
    assert str(caught.value) == (
        "batch_size is 1, but batch normalisation learns from 2 images or more. Use a larger --batch-size, --frozen"
        " batchnorm, or a --backbone without batch normalisation."
    )
    require_batch(TrainConfig(batch_size=2), 9, with_norm)
    for frozen in ("batchnorm", "trunk"):
        require_batch(TrainConfig(batch_size=1, frozen=frozen), 9, with_norm)
    require_batch(TrainConfig(batch_size=1), 9, without)
