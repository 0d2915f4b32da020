"""The five commands as a newcomer meets them."""

import subprocess
import sys

import pytest

COMMANDS = {
    "models": [
        "check-data",
        "demo-data",
        "evaluate",
        "list",
        "train",
        "denoise",
        "dub",
        "recognition-data",
        "write-labels",
    ],
    "stimuli": ["build", "check", "preview"],
    "experiment_server": [
        "init",
        "run",
        "simulate",
        "export",
        "upload",
        "pause",
        "resume",
        "close",
        "status",
        "forget",
        "erase",
        "ledger",
        "password",
        "upgrade",
    ],
    "analysis": ["report", "compare", "power", "convert", "recognition", "annotation"],
    "mturk": [
        "init",
        "cost",
        "launch",
        "extend",
        "expire",
        "status",
        "balance",
        "review",
        "approve",
        "bonus",
        "pay",
        "compensate",
        "notify",
        "reconcile",
        "reject",
        "block",
    ],
}
HELPS = [(package, verb) for package, verbs in COMMANDS.items() for verb in (None, *verbs)]
HEAVY = ("torch", "torchvision", "scipy", "matplotlib", "av")


def modules_after(code):
    """Run code in a fresh interpreter; return the modules it ended with."""
    report = "import sys; print('\\n'.join(sys.modules), file=sys.stderr)"
    program = f"import atexit\natexit.register(lambda: exec({report!r}))\n{code}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout, set(done.stderr.split())


@pytest.mark.parametrize(("package", "verb"), HELPS)
def test_help_answers_without_loading_what_is_heavy(package, verb):
    arguments = [verb, "--help"] if verb else ["--help"]
    shown, modules = modules_after(f"from {package}.cli import main; main({arguments!r})")
    assert "Usage:" in shown
    assert not modules & set(HEAVY)


@pytest.mark.parametrize("package", COMMANDS)
def test_the_listed_commands_are_all_there_are(package):
    shown, _ = modules_after(f"from {package}.cli import main; print(*main.commands)")
    assert sorted(shown.split()) == sorted(COMMANDS[package])


@pytest.mark.parametrize("package", ["experiment_server", "analysis", "mturk"])
def test_everything_above_the_stimuli_runs_without_torch(package):
    code = (
        f"import pkgutil, importlib, {package}\n"
        f"for m in pkgutil.walk_packages({package}.__path__, '{package}.'):\n"
        "    if '.migrations' not in m.name: importlib.import_module(m.name)"
    )
    _, modules = modules_after(code)
    assert f"{package}.cli" in modules
    assert "torch" not in modules
