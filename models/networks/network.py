"""The whole network of Section 5.1 and A1.3: image features to sound features, 15 frames to 45 steps.

Every variant is a configuration of this one network. Its input is what the cache holds: maps of frozen
convolutions, or, where the image network itself is trained, small pictures.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

from models.errors import ModelsError
from models.networks.targets import N_COMPONENTS, Targets

FRAMES = 15  # a clip (Section 6.1)
STEPS_PER_FRAME = 3  # k (Section 5.1): 45 steps at 90 Hz

FrameInput = Literal["spacetime", "colour"]
EncoderKind = Literal["dense", "alexnet", "scratch"]


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkConfig:
    """What a network is, stored in its checkpoint.

    Attributes
    ----------
    frames : {"spacetime", "colour"}
        What is seen of each frame: F_t as in Equation 2, or, without spacetime images, I_t. The first
        colour image I_1 is seen beside it in either case.
    encoder : {"dense", "alexnet", "scratch"}
        What is trained of the image network: one new fully connected layer on cached maps, AlexNet's
        fc6 and fc7 on cached pool5, or all of a network that starts at random.
    recurrent : bool
        False sets the hidden state to zero between timesteps ("No RNN").
    n_inputs : int
        Numbers in the cached map of an image; side of the square pictures for ``scratch`` (pixels).
    n_features : int
        Length of phi.
    width : float
        Of ``scratch``: filters as a share of AlexNet's.
    hidden : int
        LSTM state (256 in A1.3).
    layers : int
        LSTM layers (2 in A1.3); the last runs at 90 Hz, those before at the frame rate.
    n_components : int
        Principal components predicted.
    lag : int
        Frames by which the output comes late, so that the network sees what follows (2 in A1.1's
        detection model).
    """

    frames: FrameInput = "spacetime"
    encoder: EncoderKind = "dense"
    recurrent: bool = True
    n_inputs: int = 320
    n_features: int = 256
    width: float = 1.0
    hidden: int = 256
    layers: int = 2
    n_components: int = N_COMPONENTS
    lag: int = 0

    def __post_init__(self) -> None:
        sizes = (self.n_inputs, self.n_features, self.hidden, self.layers, self.lag + 1)
        if min(sizes) < 1 or self.width <= 0:
            raise ModelsError(f"a network can't have sizes below 1: {self}")


class SoundNetwork(nn.Module):
    """Clips to the sound features of each timestep.

    Parameters
    ----------
    config : NetworkConfig
        Its shape.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = _ENCODERS[config.encoder](config)
        self.targets = Targets(n_components=config.n_components)
        sizes = [2 * config.n_features, *[config.hidden] * config.layers]
        self.lstms = nn.ModuleList(
            nn.LSTM(n_in, n_out, batch_first=True) for n_in, n_out in pairwise(sizes)
        )
        self.affine = nn.Linear(config.hidden, config.n_components)
        for lstm in self.lstms:
            _initialize(lstm)

    def forward(self, frames: Tensor, first: Tensor) -> Tensor:
        """Predict in the coordinates of `targets`.

        Parameters
        ----------
        frames : Tensor [shape=(n_clips, n_frames, n_inputs)]
            Maps of each frame's image; for ``scratch`` images, uint8 [shape=(n_clips, n_frames, 3,
            side, side)].
        first : Tensor [shape=(n_clips, n_inputs)]
            The first colour image, likewise.

        Returns
        -------
        Tensor of float [shape=(n_clips, 3 * (n_frames - lag), n_components)]
            Of the first frames; the last `lag` are only looked at.
        """
        hidden = self.encode(frames, first)
        for lstm in self.lstms[:-1]:
            hidden = self._run(lstm, hidden)  # (n_clips, n_frames, hidden)
        # "upsampling the input to the last LSTM layer [...] replicating each input k times" (A1.3)
        hidden = self._run(self.lstms[-1], hidden.repeat_interleave(STEPS_PER_FRAME, dim=1))
        hidden = hidden[:, STEPS_PER_FRAME * self.config.lag :]
        predicted: Tensor = self.affine(hidden)  # (n_clips, n_steps, n_components)
        return predicted

    def encode(self, frames: Tensor, first: Tensor) -> Tensor:
        """Make ``x_t = [phi(F_t), phi(I_1)]`` (Equation 2), (n_clips, n_frames, 2 * n_features)."""
        n_clips, n_frames = frames.shape[:2]
        images = torch.cat([frames.flatten(end_dim=1), first])  # one phi for both, as in Equation 2
        features = self.encoder(images)
        of_frames = features[: n_clips * n_frames].unflatten(0, (n_clips, n_frames))
        of_first = features[n_clips * n_frames :, None].expand(-1, n_frames, -1)
        return torch.cat([of_frames, of_first], dim=-1)

    def cochleagrams(self, frames: Tensor, first: Tensor) -> Tensor:
        """Predict compressed envelopes, (n_clips, 3 * (n_frames - lag), 42)."""
        decoded: Tensor = self.targets.decode(self(frames, first))
        return decoded

    def _run(self, lstm: nn.Module, inputs: Tensor) -> Tensor:
        if self.config.recurrent:
            outputs: Tensor = lstm(inputs)[0]
            return outputs
        n_clips, n_steps = inputs.shape[:2]
        alone = inputs.flatten(end_dim=1)[:, None]  # every timestep a sequence of its own
        outputs = lstm(alone)[0]
        return outputs.view(n_clips, n_steps, -1)


class DenseEncoder(nn.Module):
    """One fully connected layer with ReLU on standardized maps; mean and scale are set from training."""

    mean: Tensor
    scale: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(config.n_inputs))
        self.register_buffer("scale", torch.ones(config.n_inputs))
        self.fc = nn.Linear(config.n_inputs, config.n_features)
        nn.init.kaiming_uniform_(self.fc.weight, nonlinearity="relu")
        nn.init.zeros_(self.fc.bias)

    def forward(self, maps: Tensor) -> Tensor:
        """Map (n, n_inputs) to (n, n_features)."""
        return torch.relu(self.fc((maps.float() - self.mean) / self.scale))


class AlexNetEncoder(nn.Module):
    """AlexNet's fc6 and fc7 with ReLU, no dropout ("to remove dropout", Section 5.1)."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.fc6 = nn.Linear(config.n_inputs, config.n_features)
        self.fc7 = nn.Linear(config.n_features, config.n_features)

    def forward(self, maps: Tensor) -> Tensor:
        """Map pool5 (n, 9216) to fc7 (n, n_features)."""
        return torch.relu(self.fc7(torch.relu(self.fc6(maps.float()))))


class ScratchEncoder(nn.Module):
    """AlexNet's layers with batch norm in place of local normalisation, from random weights (A1.3)."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        widths = [max(4, round(config.width * filters)) for filters in (64, 192, 384, 256, 256)]
        one, two, three, four, five = widths
        self.convolutions = nn.Sequential(
            *_normed(nn.Conv2d(3, one, 11, stride=4, padding=2, bias=False), one),
            nn.MaxPool2d(3, stride=2, padding=1),
            *_normed(nn.Conv2d(one, two, 5, padding=2, bias=False), two),
            nn.MaxPool2d(3, stride=2, padding=1),
            *_normed(nn.Conv2d(two, three, 3, padding=1, bias=False), three),
            *_normed(nn.Conv2d(three, four, 3, padding=1, bias=False), four),
            *_normed(nn.Conv2d(four, five, 3, padding=1, bias=False), five),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        black = torch.zeros(1, 3, config.n_inputs, config.n_inputs)
        with torch.no_grad():
            side = self.convolutions.eval()(black).shape[-1]
        self.fc6 = nn.Linear(five * side * side, config.n_features, bias=False)
        self.fc6_norm = nn.BatchNorm1d(config.n_features)
        self.fc7 = nn.Linear(config.n_features, config.n_features, bias=False)
        self.fc7_norm = nn.BatchNorm1d(config.n_features)
        self.train()

    def forward(self, images: Tensor) -> Tensor:
        """Map images, uint8 (n, 3, side, side), to (n, n_features)."""
        pixels = (images.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
        maps = self.convolutions(pixels).flatten(start_dim=1)  # (n, channels * rows * columns)
        hidden = torch.relu(self.fc6_norm(self.fc6(maps)))
        return torch.relu(self.fc7_norm(self.fc7(hidden)))


def _initialize(lstm: nn.Module) -> None:
    """Start an LSTM with gates that are open and recurrences that keep lengths.

    Forget biases of 1 after Jozefowicz et al. 2015, orthogonal recurrences after Saxe et al. 2014;
    torch's own small uniform weights take many more steps to learn when an impact comes.
    """
    with torch.no_grad():
        for name, values in lstm.named_parameters():
            gates = values.chunk(4)  # input, forget, cell, output
            if name.startswith("weight_hh"):
                for gate in gates:
                    nn.init.orthogonal_(gate)
            elif name.startswith("weight_ih"):
                nn.init.xavier_uniform_(values)
            else:
                values.zero_()
                gates[1].fill_(0.5)  # in both of torch's biases, which are summed


def _normed(convolution: nn.Conv2d, n_filters: int) -> tuple[nn.Module, nn.Module, nn.Module]:
    return convolution, nn.BatchNorm2d(n_filters), nn.ReLU()


_ENCODERS = {"dense": DenseEncoder, "alexnet": AlexNetEncoder, "scratch": ScratchEncoder}
