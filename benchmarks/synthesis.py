"""Time the way from frames in memory to sound: ``python benchmarks/synthesis.py [DATASET]``.

Weights are random, and the 35,000 exemplars, as many as the whole dataset gives, are the dataset's own
with noise on their features: this measures speed alone. A call holds the clips of one video. Beside each
time stand two floors that are worked out first, see `floors`; the share is that of the larger one. On a
CPU times are processor time of one thread.
"""

import argparse
import dataclasses
import importlib.util
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torchvision.models
from bench import dataset_or_demo, head
from floors import (
    COLUMNS,
    N_CLIPS,
    N_EXEMPLARS,
    VALUES,
    WINDOW_BYTES,
    Cost,
    Machine,
    cochleagram_cost,
    counted,
    envelopes_cost,
    l1_cost,
    line,
    measured,
    search_cost,
)
from numpy.typing import NDArray

from models.backend import Clip
from models.clips.exemplars import ExemplarBank, load_exemplars
from models.clips.predictions import BATCH, BATCH_GPU, Predictor
from models.context import Context
from models.evaluation.testing import HeldOut, prepared, read_held_out
from models.networks.backbones import BATCH as IMAGE_BATCH
from models.networks.backbones import Backbone, load_backbone
from models.networks.checkpoints import Checkpoint, write_checkpoint
from models.networks.convolutions import convolutions_of
from models.networks.network import SoundNetwork
from models.networks.targets import fit_targets
from models.sounds.cochleagram import clip_cochleagrams
from models.sounds.filterbank import N_CHANNELS
from models.sounds.inversion import impose_envelopes, white_noise
from models.sounds.sound import CLIP_STEPS, WINDOW_SAMPLES
from models.training.trainings import NETWORKS, TrainRequest, plan_of
from models.variants.predicted import CLIP_SAMPLES
from models.variants.registry import load, variant_names
from models.videos.dataset import read_dataset
from models.videos.video import probe, read_clips

EXTRAPOLATED = 244 * 15  # clips: the published test videos
FRAMES = 15


class LargeBank(ExemplarBank):
    """A bank that has its own sounds many times over."""

    def waveform(self, index: int) -> NDArray[np.float32]:
        """Read one of its own sounds."""
        return super().waveform(index % sum(len(e.facts["impacts"]) for e in self._entries))


class Setting(NamedTuple):
    """All that is measured on."""

    context: Context
    clips: list[Clip]
    bank: LargeBank
    told: Callable[[str, object], list[Clip]]


def prepare(root: Path, scratch: Path, device: str) -> Setting:
    """Read a dataset's exemplars and test clips, and write networks with random weights."""
    checkpoints = scratch / f"networks-{device}"
    dataset, cache = read_dataset(root), scratch / "cache"
    context = Context(dataset=dataset, cache=cache, device=device, checkpoints=checkpoints)
    real = load_exemplars(context, dataset.train)
    write_networks(context, real, checkpoints)
    test = read_held_out(context)
    seen = list(seen_clips(context, test))
    seen = (seen * N_CLIPS)[:N_CLIPS] if len(seen) < N_CLIPS else seen[:N_CLIPS]
    told = partial(prepared, seen, test=test, seed=0)
    bank = enlarged(real, context)
    return Setting(context, seen, bank, lambda name, backend: told(backend=backend, variant=name))


def write_networks(context: Context, real: ExemplarBank, folder: Path) -> None:
    """Write all networks in the paper's sizes, with random weights."""
    torch.manual_seed(0)
    for network in NETWORKS:
        plan = plan_of(network, context, TrainRequest())
        made = SoundNetwork(plan.config)
        made.targets = fit_targets(real.cochleagrams)
        state, images = made.state_dict(), plan.images
        checkpoint = Checkpoint(variant=network, config=plan.config, images=images, state=state)
        write_checkpoint(folder / network, checkpoint)


def seen_clips(context: Context, test: HeldOut) -> Iterator[Clip]:
    """Read the pictures of test clips, until there are enough."""
    n = 0
    for video in context.dataset.test:
        own = [clip for clip in test.clips if clip.video_id == video.id]
        rate = probe(video.pictures).frame_rate or 0.0
        for found in read_clips(video.pictures, [clip.impact_s for clip in own]):
            pictures = {"frames": found.images, "impact_frame": len(found.images) // 2}
            yield dataclasses.replace(own[found.index], **pictures, frame_rate=rate)
            n += 1
        if n >= N_CLIPS:
            return


def enlarged(real: ExemplarBank, context: Context) -> LargeBank:
    """Repeat a bank's exemplars with noise on their features."""
    rng = np.random.default_rng(0)
    places = np.arange(N_EXEMPLARS) % len(real)
    noise = np.exp(0.05 * rng.standard_normal((N_EXEMPLARS, CLIP_STEPS, N_CHANNELS), dtype=np.float32))
    fields = {field.name: getattr(real, field.name) for field in dataclasses.fields(real)}
    for name in ("ids", "video_ids", "impacts"):
        fields[name] = tuple(getattr(real, name)[place] for place in places)
    bank = LargeBank(**{**fields, "cochleagrams": real.cochleagrams[places] * noise})
    features = rng.random((2, N_EXEMPLARS, context.image_network.n_features), dtype=np.float32)
    known = {"has_images": np.ones(N_EXEMPLARS, bool)}
    known |= {"image_features": features[0], "spacetime_features": features[1]}
    bank.__dict__.update(known)  # cached properties
    return bank


def fresh(setting: Setting) -> Context:
    """Make a context that knows the exemplars and the image network, and has seen no clip."""
    context = dataclasses.replace(setting.context)
    known = {"exemplars": setting.bank, "image_network": setting.context.image_network}
    context.__dict__.update(known)  # cached properties
    return context


def random_alexnet(scratch: Path, device: str) -> Backbone:
    """Give torchvision's AlexNet random weights, since its own have to be downloaded."""
    path = scratch / "alexnet.pth"
    torch.save(torchvision.models.alexnet(weights=None).state_dict(), path)
    return load_backbone(f"alexnet={path}", device=device)


def image_cost(backbone: Backbone, n: int) -> Cost:
    """Count a clip's images through an image network, a full batch at a time."""
    black = np.zeros((IMAGE_BATCH, backbone.image_size, backbone.image_size, 3), np.uint8)
    return counted(backbone.network, lambda: backbone.features(black), n=IMAGE_BATCH).times(n)


def network_cost(setting: Setting, name: str) -> tuple[Cost, Callable[[], object]]:
    """Count a clip's way through a network; also gives what runs all clips through it."""
    predictor: Predictor = fresh(setting).predictors[name]
    config, size = predictor.network.config, predictor.streams.size
    shapes = ((N_CLIPS, FRAMES), (N_CLIPS,))
    if config.encoder == "scratch":
        frames, first = (np.zeros((*s, size, size), np.uint8) for s in shapes)
        first = np.repeat(first[..., None], 3, axis=-1)
    else:
        frames, first = (np.zeros((*s, config.n_inputs), np.float16) for s in shapes)
    size = BATCH if setting.context.device == "cpu" else BATCH_GPU
    run = partial(predictor.predict, frames, first)
    return counted(predictor.network, run, n=-(-N_CLIPS // size) * size), run


def parts(setting: Setting, machine: Machine, scratch: Path) -> dict[str, Cost]:
    """Print the table of parts; returns what each costs a clip."""
    print()
    head("part, a clip", *COLUMNS)
    costs = {}
    for backbone in (setting.context.image_network, random_alexnet(scratch, machine.device)):
        images = np.zeros((FRAMES + 1, *[backbone.image_size] * 2, 3), np.uint8)
        name = f"image features, {backbone.name} at {backbone.image_size}, 16 images"
        costs[name] = image_cost(backbone, FRAMES + 1)
        run = partial(convolutions_of(backbone).features, images)
        line(name, machine, costs[name], machine.timed_s(run))
    for network in NETWORKS:
        costs[network], run = network_cost(setting, network)
        line(f"network, {network}", machine, costs[network], machine.timed_s(run) / N_CLIPS)
    rng = np.random.default_rng(0)
    table = setting.bank.cochleagrams.reshape(N_EXEMPLARS, -1)
    queries = table[:N_CLIPS] + 0.1 * rng.standard_normal((N_CLIPS, VALUES), dtype=np.float32)
    by = "faiss" if machine.device == "cpu" and importlib.util.find_spec("faiss") else "torch"
    run = partial(setting.bank.sound_index.nearest, queries)
    name = f"L1 search of {N_EXEMPLARS:,}, {by}"
    line(name, machine, l1_cost(), machine.timed_s(run) / N_CLIPS)
    noise = np.stack([white_noise(CLIP_SAMPLES, rng=rng) for _ in range(N_CLIPS)])
    impose = partial(impose_envelopes, queries.reshape(N_CLIPS, CLIP_STEPS, -1), noise=noise)
    run = partial(impose, device=machine.device)
    line("envelopes imposed on noise", machine, envelopes_cost(), machine.timed_s(run) / N_CLIPS)
    windows = rng.standard_normal((N_CLIPS, WINDOW_SAMPLES), dtype=np.float32)
    run = partial(clip_cochleagrams, windows, device=machine.device)
    line("cochleagram", machine, cochleagram_cost(), machine.timed_s(run) / N_CLIPS)
    return costs


def variant_costs(setting: Setting, networks: dict[str, Cost]) -> dict[str, Cost]:
    """Add up what each variant can't do without, used alone."""
    backbone = setting.context.image_network
    image, sound = image_cost(backbone, 1), Cost(0, 2.0 * WINDOW_BYTES)
    labels = [setting.bank.allowed("", clip.material).mean() for clip in setting.clips]
    share, columns = float(np.mean(labels)), backbone.n_features
    seen = {"full": 16, "no-spacetime": 15, "no-rnn": 16, "scratch": 0}
    predicted = {name: image.times(n) + networks[name] for name, n in seen.items()}
    match = image + search_cost(columns, flop_a_value=2.0) + sound
    pair = partial(search_cost, 2 * columns, flop_a_value=2.0)
    return {
        **{name: cost + l1_cost() + sound for name, cost in predicted.items()},
        "parametric": predicted["full"] + envelopes_cost(),
        "full-material": predicted["full"] + l1_cost(share) + sound,
        "image-match": match,
        "spacetime-match": match,
        "image-spacetime-match": image.times(2) + pair() + sound,
        "match-material": image.times(2) + pair(share=share) + sound,
        "random": sound,
        "random-material": sound,
        "real-match": cochleagram_cost() + l1_cost() + sound,
    }


def variants(setting: Setting, machine: Machine, networks: dict[str, Cost]) -> None:
    """Print the table of variants, each alone and all that share what they have seen."""
    print()
    head("variant, a clip", *COLUMNS)
    costs = variant_costs(setting, networks)
    names = [name for name in variant_names() if name in costs]
    alone_s = sum(line(name, machine, costs[name], alone(setting, machine, name)) for name in names)
    # 16 images for `full` and all that look at the same, 14 later ones in colour, 2 for the matches
    looked_at = 16 * 4 + 15 + 2 * 1 + 2 * 2
    image = image_cost(setting.context.image_network, 1)
    cost = sum(costs.values(), Cost(0, 0)) + image.times(16 + 14 + 2 - looked_at)
    spent_s = line("all thirteen, sharing", machine, cost, together(setting, machine, names))
    whole, apart, least = (EXTRAPOLATED * s for s in (spent_s, alone_s, max(machine.floors_s(cost))))
    print(
        f"\nextrapolated, not measured: {EXTRAPOLATED:,} clips in all thirteen variants take "
        f"{whole:,.0f} s ({apart:,.0f} s each variant alone); the floor is {least:,.0f} s"
    )


def alone(setting: Setting, machine: Machine, name: str) -> float:
    """Time a variant that has seen none of the clips (s a clip); the first of two runs warms up."""
    for _ in range(2):
        backend = load(name, fresh(setting))
        clips = setting.told(name, backend)
        spent_s = machine.timed_s(partial(backend.synthesize, clips), times=1)
    return spent_s / N_CLIPS


def together(setting: Setting, machine: Machine, names: list[str]) -> float:
    """Time all variants on the same clips, what each image gives kept for all (s a clip)."""
    context = fresh(setting)
    backends = {name: load(name, context) for name in names}
    told = {name: setting.told(name, backend) for name, backend in backends.items()}
    work = [partial(backend.synthesize, told[name]) for name, backend in backends.items()]
    return machine.timed_s(lambda: [run() for run in work], times=1) / N_CLIPS


def report(root: Path, scratch: Path, device: str) -> None:
    """Print all tables of a device."""
    machine = measured(device)
    setting = prepare(root, scratch, device)
    clip = setting.clips[0]
    print(
        f"\n{device}: {machine.flops / 1e9:,.0f} GFLOP/s in float32, "
        f"{machine.bandwidth / 1e9:,.1f} GB/s read; "
        f"{N_CLIPS} clips a call, frames of {clip.frames.shape[2]} x {clip.frames.shape[1]}, "
        f"{N_EXEMPLARS:,} exemplars"
    )
    variants(setting, machine, parts(setting, machine, scratch))


def main() -> None:
    """Print the tables of the CPU, and of the GPU if there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", nargs="?", type=Path)
    given = parser.parse_args().dataset
    torch.set_num_threads(1)
    if importlib.util.find_spec("faiss"):
        importlib.import_module("faiss").omp_set_num_threads(1)
    with dataset_or_demo(given) as (root, scratch):
        report(root, scratch, "cpu")
        if torch.cuda.is_available():
            report(root, scratch, "cuda")
        else:
            print("\nGPU: not measured, none here")


if __name__ == "__main__":
    main()
