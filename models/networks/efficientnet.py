"""EfficientNet-Lite0, the network whose ImageNet weights come inside a package."""

from collections.abc import Iterator

from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

N_FEATURES = 1280
# (kernel, stride, expansion, output channels, repeats): EfficientNet-B0 (Tan & Le 2019, table 1)
# without squeeze-and-excitation, which is what the Lite variant leaves out.
STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)


class Lite0(nn.Module):
    """EfficientNet-Lite0 up to its pooled 1,280 features.

    After Tan & Le 2019 and the description of the Lite variants: ReLU6 for swish, no
    squeeze-and-excitation, TensorFlow's "same" padding. Names of parameters follow the weights file.
    """

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = _SameConv(3, 32, 3, stride=2)
        self._bn0 = _norm(32)
        self._blocks = nn.ModuleList(_blocks_in_order())
        self._conv_head = _SameConv(320, N_FEATURES, 1)
        self._bn1 = _norm(N_FEATURES)

    def forward(self, images: Tensor) -> Tensor:
        """Map normalised images (batch, 3, height, width) to features (batch, 1280)."""
        hidden = functional.relu6(self._bn0(self._conv_stem(images)))
        for block in self._blocks:
            hidden = block(hidden)
        hidden = functional.relu6(self._bn1(self._conv_head(hidden)))
        pooled: Tensor = hidden.mean(dim=(2, 3))
        return pooled


def fold_norms(network: Lite0) -> None:
    """Multiply each batch norm into the convolution before it: the same function, fewer steps.

    For inference only; the network is put into evaluation mode.
    """
    network.eval()
    for module in [network, *network._blocks]:
        for conv, norm in _FOLDED[type(module)]:
            if hasattr(module, conv):
                setattr(module, conv, fuse_conv_bn_eval(getattr(module, conv), getattr(module, norm)))
                setattr(module, norm, nn.Identity())


class _SameConv(nn.Conv2d):
    """A convolution without bias, padded as TensorFlow does: at stride 2 more after than before."""

    def __init__(self, n_in: int, n_out: int, kernel: int, *, stride: int = 1, groups: int = 1) -> None:
        super().__init__(n_in, n_out, kernel, stride=stride, groups=groups, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        (kernel, _), (stride, _) = self.kernel_size, self.stride
        pads: list[int] = []
        for size in (images.shape[3], images.shape[2]):
            total = max(0, (-(-size // stride) - 1) * stride + kernel - size)
            pads += [total // 2, total - total // 2]
        if pads[0] == pads[1] == pads[2] == pads[3]:  # the convolution's own padding is faster
            padding = pads[0]
        else:
            images, padding = functional.pad(images, pads), 0
        filtered: Tensor = functional.conv2d(
            images, self.weight, self.bias, self.stride, padding, groups=self.groups
        )
        return filtered


class _Block(nn.Module):
    """An inverted residual: expand, filter each channel, project."""

    def __init__(self, n_in: int, n_out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        width = n_in * expansion
        if expansion > 1:
            self._expand_conv = _SameConv(n_in, width, 1)
            self._bn0 = _norm(width)
        self._depthwise_conv = _SameConv(width, width, kernel, stride=stride, groups=width)
        self._bn1 = _norm(width)
        self._project_conv = _SameConv(width, n_out, 1)
        self._bn2 = _norm(n_out)
        self._expands, self._skips = expansion > 1, stride == 1 and n_in == n_out

    def forward(self, images: Tensor) -> Tensor:
        hidden = images
        if self._expands:
            hidden = functional.relu6(self._bn0(self._expand_conv(hidden)))
        hidden = functional.relu6(self._bn1(self._depthwise_conv(hidden)))
        projected: Tensor = self._bn2(self._project_conv(hidden))
        return projected + images if self._skips else projected


def _norm(n_channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(n_channels, eps=1e-3)  # TensorFlow's epsilon, with which it was trained


def _blocks_in_order() -> Iterator[_Block]:
    n_in = 32
    for kernel, stride, expansion, n_out, repeats in STAGES:
        for repeat in range(repeats):
            yield _Block(n_in, n_out, kernel, stride if repeat == 0 else 1, expansion)
            n_in = n_out


_FOLDED = {
    Lite0: (("_conv_stem", "_bn0"), ("_conv_head", "_bn1")),
    _Block: (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")),
}
