"""Which nodes of a cluster a study uses: those that all compute alike. Torch-free."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial

from mdf.core.config import ExperimentConfig, to_table
from mdf.core.errors import MdfError
from mdf.runs.observer import Observer
from mdf.study.costs.memory_fit import Memory
from mdf.study.node_look import NodeFacts, NodeRequest
from mdf.workers.executor import Executor
from mdf.workers.job import Job

JOB: Job[NodeRequest, NodeFacts] = Job("mdf.study.node_look:look")
LOOKED_AT = (
    *("data", "extra_train", "eval_data", "skip_bad", "device", "precision", "threads"),
    *("encoder", "fusion", "decoder", "heads", "loss", "predictor"),
)
"""The keys of a config that decide what a node needs for it."""
NAMES = {"device_name": "device", "torch": "torch", "python": "Python", "system": "system", "threads": "threads"}


def choose_nodes(
    executor: Executor, configs: Sequence[ExperimentConfig], plugins: Sequence[str], observer: Observer
) -> Memory:
    """Let `executor` use only nodes that have the data and compute alike; the observer is warned of each other node.

    Returns the memory of the smallest of them; of this machine, if it runs the trials itself. Nodes that
    join later are looked at in the same way, and used if they are like these.

    Raises MdfError if no node can be used.
    """
    if not executor.is_remote:
        return Memory.now()
    observer.began("looking at the nodes", 0, 0)
    mark = executor.shared.leave_mark() if executor.shared else ""
    request = NodeRequest(_each_kind(configs), plugins, mark)
    answers = executor.ask_each(JOB, request)
    facts = {name: answer for name, answer in answers.items() if isinstance(answer, NodeFacts)}
    left_out = {name: answer for name, answer in answers.items() if isinstance(answer, MdfError)}
    used = _largest_group(facts)
    for name, error in left_out.items():
        observer.warned(f"the node {name} is left out: {error.message}")
    for name in facts.keys() - used:
        observer.warned(f"the node {name} is left out: {_difference(facts[used[0]], facts[name])}")
    if not used:
        name, error = next(iter(left_out.items()), ("", MdfError("the cluster has no node", "")))
        raise MdfError(f"no node can train this: {name}: {error.message}", error.hint)
    executor.use_only(used)
    executor.welcome(JOB, request, partial(_suits, facts[used[0]], observer))
    known = [free for name in used if (free := facts[name].free_memory) is not None]
    return Memory(min(known, default=None))


def _suits(used: NodeFacts, observer: Observer, name: str, answer: NodeFacts | MdfError) -> bool:
    """Whether a node that has joined computes like those that are used; the observer hears of it either way."""
    if isinstance(answer, MdfError):
        why = answer.message
    else:
        why = "" if _key(answer) == _key(used) else _difference(used, answer)
    observer.warned(f"the node {name} has joined, and is left out: {why}" if why else f"the node {name} has joined")
    return not why


def _each_kind(configs: Sequence[ExperimentConfig]) -> list[ExperimentConfig]:
    """One config of each kind of data, machine part and components: seeds and budgets make no difference."""
    kinds: dict[str, ExperimentConfig] = {}
    for config in configs:
        table = to_table(config)
        kinds.setdefault(json.dumps([table.get(key) for key in LOOKED_AT], sort_keys=True), config)
    return list(kinds.values())


def _largest_group(facts: Mapping[str, NodeFacts]) -> list[str]:
    """The names of the nodes that agree, as many as there can be; of GPUs before others."""
    groups: dict[str, list[str]] = {}
    for name, of_node in facts.items():
        groups.setdefault(_key(of_node), []).append(name)

    def rank(names: list[str]) -> tuple[bool, int]:
        trains_on_gpu = any(stamp["device"] == "cuda" for stamp in facts[names[0]].stamps)
        return trains_on_gpu, len(names)

    return max(groups.values(), key=rank, default=[])


def _key(facts: NodeFacts) -> str:
    return json.dumps([list(map(dict, facts.stamps)), list(facts.fingerprints), dict(facts.versions)], sort_keys=True)


def _difference(used: NodeFacts, other: NodeFacts) -> str:
    """What another node has otherwise than those that are used, in words."""
    for mine, its in zip(used.stamps, other.stamps, strict=True):
        for key, value in mine.items():
            if its.get(key) != value:
                return f"it has {NAMES.get(key, key)} {its.get(key)}, and the nodes that are used have {value}"
    if list(used.fingerprints) != list(other.fingerprints):
        return "its data differ from those of the nodes that are used"
    names = sorted(
        name for name in used.versions.keys() | other.versions if used.versions.get(name) != other.versions.get(name)
    )
    told = [
        f"{name} {other.versions.get(name, 'missing')} instead of {used.versions.get(name, 'none')}" for name in names
    ]
    return f"it has {', '.join(told)}"
