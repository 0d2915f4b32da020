import dataclasses

import pytest
import torch

from models.errors import ModelsError
from models.networks.network import NetworkConfig, SoundNetwork

SMALL = NetworkConfig(n_inputs=6, n_features=5, hidden=8)
SCRATCH = NetworkConfig(encoder="scratch", n_inputs=48, n_features=8, width=0.05, hidden=8)


def network_of(config: NetworkConfig) -> SoundNetwork:
    torch.manual_seed(0)
    return SoundNetwork(config)


def frame_influence(network: SoundNetwork) -> torch.Tensor:
    """How much each output step depends on each input frame, (45, 15)."""
    frames, first = torch.randn(1, 15, 6, requires_grad=True), torch.randn(1, 6)
    outputs = network(frames, first)[0] @ torch.randn(10)  # one number of each step, (45,)
    slopes = [torch.autograd.grad(output, frames, retain_graph=True)[0] for output in outputs]
    return torch.stack(slopes).abs().sum(dim=(1, 3))


def test_fifteen_frames_become_forty_five_steps_of_ten_components() -> None:
    assert network_of(SMALL)(torch.randn(2, 15, 6), torch.randn(2, 6)).shape == (2, 45, 10)


def test_predicted_envelopes_are_not_negative_and_have_all_channels() -> None:
    envelopes = network_of(SMALL).cochleagrams(torch.randn(2, 15, 6), torch.randn(2, 6))
    assert envelopes.shape == (2, 45, 42)
    assert (envelopes >= 0).all()


def test_without_recurrence_a_step_depends_on_its_own_frame_alone() -> None:
    influence = frame_influence(network_of(dataclasses.replace(SMALL, recurrent=False)))
    own = torch.eye(15).repeat_interleave(3, dim=0).bool()
    assert (influence[own] > 0).all()
    assert (influence[~own] == 0).all()


def test_with_recurrence_a_step_depends_on_all_frames_so_far_and_none_to_come() -> None:
    influence = frame_influence(network_of(SMALL))
    past = torch.ones(15, 15).tril().repeat_interleave(3, dim=0).bool()
    assert (influence[past] > 0).all()
    assert (influence[~past] == 0).all()


def test_the_three_steps_of_a_frame_differ_only_with_recurrence() -> None:
    frames, first = torch.randn(1, 15, 6), torch.randn(1, 6)
    for recurrent in (True, False):
        network = network_of(dataclasses.replace(SMALL, recurrent=recurrent))
        steps = network(frames, first).reshape(15, 3, 10)
        same = torch.allclose(steps[:, 0], steps[:, 2], atol=1e-6)
        assert same is not recurrent


def test_the_first_colour_image_reaches_every_step() -> None:
    network = network_of(SMALL)
    frames, first = torch.randn(1, 15, 6), torch.randn(1, 6)
    moved = network(frames, first + 1) - network(frames, first)
    assert (moved.abs().sum(dim=2) > 0).all()


def test_one_phi_sees_frames_and_first_image() -> None:
    network = network_of(SMALL)
    image = torch.randn(1, 6)
    features = network.encode(image[:, None].expand(1, 15, 6), image)
    assert torch.allclose(features[..., :5], features[..., 5:])


def test_a_clips_prediction_does_not_depend_on_its_neighbours() -> None:
    network = network_of(SMALL)
    frames, first = torch.randn(4, 15, 6), torch.randn(4, 6)
    together, alone = network(frames, first), network(frames[2:3], first[2:3])
    assert torch.allclose(together[2:3], alone, atol=1e-6)


def test_scratch_sees_pictures_and_trains_all_of_its_layers() -> None:
    network = network_of(SCRATCH)
    frames = torch.randint(0, 256, (2, 15, 3, 48, 48), dtype=torch.uint8)
    network(frames, frames[:, 0]).square().sum().backward()
    missing = [name for name, weight in network.named_parameters() if weight.grad is None]
    assert missing == []


def test_scratch_at_full_width_has_alexnets_filters() -> None:
    config = NetworkConfig(encoder="scratch", n_inputs=224, n_features=16)
    kernels = [
        w.shape[0] for w in SoundNetwork(config).encoder.convolutions.parameters() if w.dim() == 4
    ]
    assert kernels == [64, 192, 384, 256, 256]


def test_alexnets_encoder_has_two_layers_without_dropout() -> None:
    network = network_of(dataclasses.replace(SMALL, encoder="alexnet", layers=3))
    names = {name.split(".")[0] for name, _ in network.encoder.named_parameters()}
    assert names == {"fc6", "fc7"}
    assert not any(isinstance(module, torch.nn.Dropout) for module in network.modules())
    assert network(torch.randn(1, 15, 6), torch.randn(1, 6)).shape == (1, 45, 10)


def test_sizes_below_one_are_refused() -> None:
    with pytest.raises(ModelsError, match="sizes below 1"):
        NetworkConfig(hidden=0)
