"""Load the model of a run, and save its weights."""

from safetensors import SafetensorError
from safetensors.torch import load_file, save

from camcore.errors import RunError
from camcore.models.classifier import Classifier
from camcore.models.weights import find_not_finite
from camcore.runs.run import EPOCH_KEY, Run
from camcore.system.checksums import atomic_listed, verify
from camcore.system.files import RESTORE
from camcore.system.ranks import written_by_first


def load_model(run: Run) -> Classifier:
    """Return the run's trained model, on the CPU, in evaluation mode.

    Raises:
        RunError: The weights are missing, damaged, not finite or of another network.
    """
    run.require_weights()
    verify(run.weights_path, RESTORE, largest=None)  # the whole file is read anyway
    model = Classifier(run.config.model, run.config.view, len(run.class_names))
    try:
        state = load_file(run.weights_path)
        model.load_state_dict(state)
    except (SafetensorError, RuntimeError, OSError) as error:
        raise RunError(f"{run.weights_path} is damaged ({str(error).splitlines()[0]}). {RESTORE}") from error
    if spoilt := find_not_finite(state):
        raise RunError(f"{run.weights_path} holds NaN or infinity in {spoilt!r}. {RESTORE}")
    return model.eval()


@written_by_first
def save_weights(run: Run, model: Classifier, epoch: int | None) -> None:
    """Write the model's weights after `epoch` (None if unknown) into the run folder, atomically."""
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    with atomic_listed(run.weights_path) as part:
        part.write_bytes(save(state, None if epoch is None else {EPOCH_KEY: str(epoch)}))
