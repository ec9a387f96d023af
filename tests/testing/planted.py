"""A plugin of components with one defect each, and of good ones like them; which checks must find the defect.

Torch-free, as a registration is to be: the classes live in `planted_networks` and its like.
"""

from __future__ import annotations

import re

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec

BUILT, WORKER = "can be built", "can be built in a worker"
DECLARED = "gives the maps it declares"
SIZES, FREEZING = "a whole model takes every size", "a frozen task does not change"
UNCHANGED = "inputs are not changed"
INVALID = "what lies under invalid pixels does not matter"

MODULES = {
    "encoder": "planted_encoders",
    "fusion": "planted_encoders",
    "decoder": "planted_decoders",
    "head": "planted_heads",
    "loss": "planted_scores",
    "metric": "planted_scores",
    "predictor": "planted_methods",
    "schedule": "planted_methods",
    "balance": "planted_balances",
    "dataset": "planted_data",
    "logger": "planted_methods",
    "source": "planted_live",
    "tracker": "planted_live",
    "sink": "planted_live",
    "exporter": "planted_exporters",
    "EagerExporter": "planted_methods",
}

PLANTED: dict[str, dict[str, tuple[str, ...]]] = {
    "encoder": {
        "GoodEncoder": (),
        "OneSizeEncoder": (),
        "FussyEncoder": (DECLARED, SIZES),
        "NoFeaturesEncoder": (BUILT,),
        "MainOnlyEncoder": (WORKER,),
        "WrongChannelsEncoder": (DECLARED,),
        "HalfStatisticsEncoder": ("pretrained statistics are whole",),
        "UnusedLayerEncoder": ("gradients reach every parameter",),
        "DropoutEncoder": ("eval is deterministic",),
        "CountingEncoder": ("eval is deterministic",),
        "BatchMeanEncoder": ("a sample has the same output in any batch",),
        "InPlaceEncoder": (UNCHANGED,),
        "Float32OnlyEncoder": ("bfloat16 output is finite",),
        "UnsavedEncoder": ("weights file restores it",),
    },
    "fusion": {
        "GoodFusion": (),
        "NoChannelFusion": (BUILT,),
        "MainOnlyFusion": (WORKER,),
        "WrongFeaturesFusion": (DECLARED,),
        "UsedUpFusion": ("the background can be computed once",),
        "BlindFusion": ("the frame matters",),
    },
    "decoder": {
        "GoodDecoder": (),
        "StridelessDecoder": (BUILT,),
        "MainOnlyDecoder": (WORKER,),
        "WrongStrideDecoder": (DECLARED,),
        "SharedBranchDecoder": ("one branch a task",),
        "EagerDecoder": ("only asked tasks are computed",),
        "StrayLayerDecoder": ("what one task uses is in its branch",),
        "CoupledDecoder": ("tasks do not change each other",),
    },
    "head": {
        "GoodHead": (),
        "UnbuildableHead": (BUILT,),
        "MainOnlyHead": (WORKER,),
        "ShrinkingHead": ("gives logits of the maps size", SIZES),
        "NamelessHead": ("its line names task loss and metrics",),
        "DetachedHead": ("its default loss teaches it", "gradients reach every parameter"),
        "WakefulHead": (FREEZING,),
        "UnmeasuredHead": ("its constants are finite",),
        "MisfitHead": ("its spaces fit together",),
        "OverflowHead": ("extreme logits have finite values",),
        "BeyondHead": ("fractions stay between 0 and 1",),
        "ForgetfulHead": ("resizing keeps the form",),
        "StayingHead": ("it follows its frames",),
        "RollingHead": ("flipped twice is the same",),
        "GreyHead": ("it can be drawn",),
        "ClippedHead": ("it can be stored",),
        "StrictHead": ("its own values are accepted",),
        "MuddledHead": ("its own values are accepted",),
    },
    "loss": {
        "GoodLoss": (),
        "UnclearLoss": (BUILT,),
        "MainOnlyLoss": (WORKER,),
        "DriftingConfigLoss": ("config survives json",),
        "LaxConfigLoss": ("config is frozen and strict",),
        "PerSampleLoss": ("is a finite float32 scalar",),
        "HalfLoss": ("is a finite float32 scalar",),
        "EmptyMeanLoss": ("without a valid pixel it is zero",),
        "SampleMeanLoss": ("a sample without a valid pixel is no trouble", "without a valid pixel it is zero"),
        "EveryPixelLoss": (INVALID,),
        "MaskedLateLoss": (INVALID,),
        "FlatLoss": ("a wrong prediction gets a gradient",),
        "PerverseLoss": ("the truth costs no more than a mistake",),
        "OrderedLoss": ("the order of samples does not matter",),
        "ExponentialLoss": ("extreme predictions are finite",),
        "InPlaceLoss": (UNCHANGED,),
    },
    "metric": {
        "GoodMetric": (),
        "UnbuildableMetric": (BUILT,),
        "MainOnlyMetric": (WORKER,),
        "UnstatedMetric": ("its protocol is stated",),
        "SingleMetric": ("statistics are finite float64",),
        "RelativeMetric": ("batches do not matter",),
        "ZeroMetric": ("without a valid pixel nothing is measured",),
        "EveryPixelMetric": (INVALID,),
        "MisjudgedMetric": ("a perfect prediction scores perfectly",),
        "PerverseMetric": ("a perfect prediction scores perfectly",),
        "SingleScoreMetric": ("scores are vectorised",),
        "InPlaceMetric": (UNCHANGED,),
    },
    "predictor": {
        "GoodPredictor": (),
        "UnbuildablePredictor": (BUILT,),
        "MainOnlyPredictor": (WORKER,),
        "BooleanPredictor": ("predicts what it declares",),
        "HastyPredictor": ("it says that it is not fitted",),
        "AdaptingPredictor": ("the same sample is predicted the same",),
        "LuckyPredictor": ("fitting twice gives the same",),
        "InPlacePredictor": ("batches are not changed",),
        "DividingPredictor": ("training without a valid pixel is no crash",),
    },
    "schedule": {
        "GoodSchedule": (),
        "UnbuildableSchedule": (BUILT,),
        "MainOnlySchedule": (WORKER,),
        "ShortSchedule": ("phases spend every step",),
        "UnfairSchedule": ("every task learns",),
        "SmallSchedule": ("the last size is the studys",),
        "MoodySchedule": ("the same input gives the same plan",),
    },
    "balance": {
        "GoodBalance": (),
        "UnbuildableBalance": (BUILT,),
        "MainOnlyBalance": (WORKER,),
        "InverseBalance": ("weights are usable",),
        "CoupledBalance": ("tasks that do not learn are left alone",),
        "InPlaceBalance": ("losses are not changed",),
        "ForgetfulBalance": ("a restored state continues",),
    },
    "dataset": {
        "GoodData": (),
        "EmptyData": (BUILT,),
        "OverlappingData": ("splits share nothing",),
        "SharedSceneData": ("splits share no scene",),
        "ShyData": ("its probe indices show every scene",),
        "FloatImageData": ("samples have their form",),
        "NanDepthData": ("samples have their form",),
        "DoubleDepthData": ("samples have their form",),
        "NegativeDepthData": ("samples have their form",),
        "NoisyData": ("the same index gives the same bytes",),
        "ForgetfulData": ("known facts have their form",),
        "EndlessData": ("known facts have their form",),
        "SharedKnowledgeData": ("known facts have their form",),
        "HashedData": ("another process reads the same",),
        "TimedData": ("its fingerprint is stable",),
    },
    "logger": {
        "GoodLogger": (),
        "UnbuildableLogger": (BUILT,),
        "FailingLogger": ("follows a study to its end",),
    },
    "source": {
        "GoodSource": (),
        "UnbuildableSource": (BUILT,),
        "FloatSource": ("gives frames or one clear error",),
        "BackwardSource": ("gives frames or one clear error",),
        "HintlessSource": ("gives frames or one clear error",),
    },
    "tracker": {
        "GoodTracker": (),
        "UnbuildableTracker": (BUILT,),
        "RenamingTracker": ("follows one who walks", "numbers are never used again"),
        "DoublingTracker": ("a detection is one object at most",),
        "EndlessTracker": ("numbers are never used again",),
    },
    "sink": {
        "GoodSink": (),
        "UnbuildableSink": (BUILT,),
        "FailingSink": ("takes a story to its end",),
        "PaintingSink": ("does not change what it is given",),
    },
    "exporter": {
        "GoodExporter": (),
        "UnbuildableExporter": (BUILT,),
        "MainOnlyExporter": (WORKER,),
        "EagerExporter": ("its module does not import torch",),
        "ForgetfulExporter": ("writes the files that it names",),
        "WrongExporter": ("computes what the network does",),
        "OneSizeExporter": ("computes it at any size",),
        "PinnedExporter": ("its files can be moved",),
        "ReusingExporter": ("answers are not changed later",),
        "WordyExporter": ("its example is python",),
    },
}
"""By kind: class → the checks that must fail, none for a good component."""

EXTRAS: dict[str, dict[str, object]] = {
    "head": {"tasks": ("mask",), "default_loss": "bce", "default_metrics": ("iou",)},
    "predictor": {"tasks": ("mask",)},
    "loss": {"tasks": ("depth", "mask")},
    "metric": {"tasks": ("depth",)},
    "NamelessHead": {"tasks": ("mask",)},
    "source": {"variant": "FRAMES", "representatives": ("3",)},
    "sink": {"variant": "FILE", "representatives": ("a.txt",)},
}


def name_of(planted: str) -> str:
    """`WrongChannelsEncoder` as components are called: `wrong-channels-encoder`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", planted).lower()


def _specs(kind: str) -> list[Spec]:
    return [
        Spec(name_of(c), f"{MODULES.get(c, MODULES[kind])}:{c}", "Planted.", **EXTRAS.get(c, EXTRAS.get(kind, {})))  # type: ignore[arg-type]
        for c in PLANTED[kind]
    ]


@hookimpl
def mdf_encoders() -> list[Spec]:
    return _specs("encoder")


@hookimpl
def mdf_fusions() -> list[Spec]:
    return _specs("fusion")


@hookimpl
def mdf_decoders() -> list[Spec]:
    return _specs("decoder")


@hookimpl
def mdf_heads() -> list[Spec]:
    return _specs("head")


@hookimpl
def mdf_losses() -> list[Spec]:
    return _specs("loss")


@hookimpl
def mdf_metrics() -> list[Spec]:
    return _specs("metric")


@hookimpl
def mdf_predictors() -> list[Spec]:
    return _specs("predictor")


@hookimpl
def mdf_schedules() -> list[Spec]:
    return _specs("schedule")


@hookimpl
def mdf_balances() -> list[Spec]:
    return _specs("balance")


@hookimpl
def mdf_datasets() -> list[Spec]:
    return _specs("dataset")


@hookimpl
def mdf_loggers() -> list[Spec]:
    return _specs("logger")


@hookimpl
def mdf_sources() -> list[Spec]:
    return _specs("source")


@hookimpl
def mdf_trackers() -> list[Spec]:
    return _specs("tracker")


@hookimpl
def mdf_sinks() -> list[Spec]:
    return _specs("sink")


@hookimpl
def mdf_exporters() -> list[Spec]:
    return _specs("exporter")
