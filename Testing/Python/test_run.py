"""run.py where no network is needed: what it refuses, what it says, and when it sets up again."""

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

RUN_PY = Path(__file__).resolve().parents[1] / "run.py"


@pytest.fixture
def run():
    spec = importlib.util.spec_from_file_location("run", RUN_PY)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("arguments", [[], ["nonsense"]], ids=["no command", "unknown command"])
def test_wrong_command_ends_with_status_2_and_the_usage(arguments):
    ended = subprocess.run([sys.executable, RUN_PY, *arguments], capture_output=True, text=True)
    assert ended.returncode == 2
    assert "usage: python3 Testing/run.py COMMAND" in ended.stderr


def test_usage_names_every_command(run):
    assert all(f"\n  {command} " in run.__doc__ for command in run.COMMANDS)


def test_too_old_python_reads_the_remedy_in_one_line(run):
    ast.parse(RUN_PY.read_text(encoding="utf-8"), feature_version=(3, 7))
    assert run.is_too_old((3, 9, 18)) and not run.is_too_old((3, 10, 0))
    message = run.too_old_message((3, 9, 18))
    assert "Python 3.10 or later is needed, this is 3.9" in message and "\n" not in message


def test_tests_draw_off_screen_and_the_window_where_there_is_no_display(run, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    assert run.environment_of("tests")["QT_QPA_PLATFORM"] == "offscreen"
    assert "QT_QPA_PLATFORM" not in run.environment_of("window")
    monkeypatch.delenv("DISPLAY")
    assert run.environment_of("window")["QT_QPA_PLATFORM"] == "offscreen"


def test_missing_packages_are_named_with_the_line_that_brings_them(run, monkeypatch):
    monkeypatch.setattr(run.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match=r"libGL\.so\.1.*sudo apt-get install .*libgl1"):
        run.bring_packages("libGL.so.1", ["libgl1"])


@pytest.fixture
def said(run, tmp_path, monkeypatch, capfd):
    """Sets up for a command, where nothing need be fetched; whether .venv was made, and what was installed."""
    monkeypatch.setattr(run, "VENV", tmp_path / "a path" / ".venv")
    for name, file in (("DEMO_REQUIREMENTS", "for-demo.txt"), ("REQUIREMENTS", "for-all.txt")):
        monkeypatch.setattr(run, name, tmp_path / file)
        getattr(run, name).write_text("# nothing to fetch\n")

    def said(command):
        capfd.readouterr()
        run.set_up(command)
        output = capfd.readouterr().out
        return "run.py: making" in output, re.findall(r"run.py: installing what for-(\w+).txt", output)

    return said


def test_set_up_is_done_once_and_again_where_it_was_cut_short_or_is_outdated(run, said):
    run.VENV.mkdir(parents=True)  # making it was cut short
    assert said("tests") == (True, ["all"])
    assert said("tests") == said("window") == said("benchmark") == (False, [])

    run.REQUIREMENTS.write_text("# still nothing\n")
    assert said("tests") == (False, ["all"])

    (run.VENV / "set-up-for.txt").unlink()  # pip was cut short
    assert said("tests") == (False, ["all"])

    (run.VENV / "set-up-for.txt").write_text(f"{sys.version}\n# what an earlier version of this file asked for\n")
    assert said("demo") == (False, ["demo"])


def test_the_demo_brings_no_more_than_it_needs_and_the_first_of_the_others_the_rest(run, said):
    assert said("demo") == (True, ["demo"])
    assert said("demo") == (False, [])
    assert said("tests") == (False, ["all"])
    assert said("demo") == said("tests") == (False, [])

    run.REQUIREMENTS.write_text("# still nothing\n")  # of which the demo needs nothing
    assert said("demo") == (False, [])
    run.DEMO_REQUIREMENTS.write_text("# still nothing\n")
    assert said("demo") == (False, ["demo"])
    assert said("tests") == (False, ["all"])
    run.DEMO_REQUIREMENTS.write_text("# nothing for all others either\n")
    assert said("tests") == (False, ["all"])

    run.REQUIREMENTS.write_text("no package is called so\n")  # pip ends in the middle
    with pytest.raises(SystemExit, match="pip could not install"):
        run.set_up("tests")
    assert said("demo") == (False, ["demo"])


def test_requirements_of_the_demo_are_what_the_command_line_cannot_do_without_and_part_of_all(run):
    def names(file):
        return re.findall(r"^[\w-]+", file.read_text(), re.MULTILINE)

    assert names(run.DEMO_REQUIREMENTS) == ["numpy", "scipy", "nibabel", "SimpleITK", "matplotlib"]
    assert f"-r {run.DEMO_REQUIREMENTS.name}" in run.REQUIREMENTS.read_text().splitlines()
