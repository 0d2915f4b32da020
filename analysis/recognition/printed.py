"""What Owens et al. (CVPR 2016) print of recognition, in percent of class-averaged accuracy."""

from analysis.findings import paper
from analysis.recognition.tasks import ACTION, HARDNESS, MATERIAL, REACTION

SCRATCH, FULL = "predicted-scratch-features", "predicted-full-features"
PRINTED = {
    ("sound", MATERIAL): 45.8,  # Section 4, Table 6b
    (SCRATCH, MATERIAL): 22.7,  # Section 6.3, Fig. 5b
    (SCRATCH, ACTION): 68.6,  # Section 6.3
    (SCRATCH, REACTION): 53.5,
    (SCRATCH, HARDNESS): 66.8,
    (FULL, MATERIAL): 28.8,
    (FULL, ACTION): 66.5,
    (FULL, REACTION): 55.2,
    ("audio-supervised", MATERIAL): 30.4,  # Table 6b, and below
    ("image", MATERIAL): 42.0,
    ("image+sound", MATERIAL): 48.2,
    ("crop", MATERIAL): 52.9,
    ("crop+sound", MATERIAL): 59.4,
}
LABELS = {
    "sound": "Real sound",
    "audio-supervised": "Audio-supervised CNN",
    "image": "ImageNet CNN",
    "image+sound": "ImageNet + sound",
    "crop": "ImageNet crop",
    "crop+sound": "Crop + sound",
}


def label(features: str) -> str:
    """Name features as the paper does, as far as it has them."""
    if not features.startswith("predicted-"):
        return LABELS.get(features, features)
    name = features.removeprefix("predicted-")
    variant = name.removesuffix("-features")
    return f"{paper.label(variant)}, {'predicted features' if variant != name else 'sound'}"
