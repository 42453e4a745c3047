"""What the agent hears of GPUs: of answers as drivers give them, of a program that fails."""

import os
from pathlib import Path
from typing import Any

import pytest
from tests.support.agents import Agent, eventually

from studiolo.agent import procfs
from studiolo.agent.gpus import Gpu, parse

MIB = 1024 * 1024
H100 = Gpu(0, "NVIDIA H100 80GB HBM3", 37.0, 4321 * MIB, 81559 * MIB)


@pytest.mark.parametrize(
    ("printed", "gpus"),
    [
        ("0, NVIDIA H100 80GB HBM3, 37, 4321, 81559\n", (H100,)),
        (
            "0, Tesla T4, 0, 0, 15360\n1, Tesla T4, 100, 15000, 15360\n",
            (Gpu(0, "Tesla T4", 0, 0, 15360 * MIB), Gpu(1, "Tesla T4", 100, 15000 * MIB,
                                                        15360 * MIB)),
        ),
        # of one that is divided (MIG)
        (
            "0, NVIDIA A100-SXM4-80GB, [N/A], [Insufficient Permissions], [Not Supported]\n",
            (Gpu(0, "NVIDIA A100-SXM4-80GB", None, None, None),),
        ),
        ("3, a name, with a comma, 1, 2, 3\n", (Gpu(3, "a name, with a comma", 1, 2 * MIB,
                                                    3 * MIB),)),
        ("0, x, nan, inf, 1e400\n", (Gpu(0, "x", None, None, None),)),
        ("", ()),
        ("No devices were found\n", ()),
        (
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make "
            "sure that the latest NVIDIA driver is installed and running.\n",
            (),
        ),
        ("warning: infoROM is corrupted\n0, NVIDIA H100 80GB HBM3, 37, 4321, 81559\n", (H100,)),
        ("0, NVIDIA H100\n", ()),
    ],
)  # fmt: skip
def test_answers(printed: str, gpus: tuple[Gpu, ...]) -> None:
    assert parse(printed) == gpus


def with_program(agent: Agent, folder: Path, script: str) -> Agent:
    """Start the agent where `nvidia-smi` is a script."""
    (folder / "bin").mkdir()
    program = folder / "bin" / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return agent.start({"PATH": f"{program.parent}:{os.environ['PATH']}"})


def gpus_of(agent: Agent) -> list[dict[str, Any]]:
    with agent.client() as client:
        return list(client.get("/v1/status").json()["usage"]["gpus"])


def test_gpus_are_told_with_what_they_do(agent: Agent, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    script = f'echo "$@" > {asked}; echo "0, NVIDIA H100 80GB HBM3, 37, 4321, 81559"'
    with_program(agent, tmp_path, script)
    assert eventually(lambda: gpus_of(agent)) == [
        {
            "index": 0,
            "name": "NVIDIA H100 80GB HBM3",
            "utilizationPercent": 37.0,
            "memoryUsedBytes": 4321 * MIB,
            "memoryTotalBytes": 81559 * MIB,
        }
    ]
    assert asked.read_text().split() == [
        "--query-gpu=index,name,utilization.gpu,memory.used,memory.total",
        "--format=csv,noheader,nounits",
    ]


def test_without_the_program_there_are_no_gpus(agent: Agent, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert gpus_of(agent.start({"PATH": str(tmp_path / "empty")})) == []


@pytest.mark.parametrize("script", ["exit 9", "echo it failed >&2; exit 255"])
def test_a_program_that_fails_is_no_gpu_and_no_fault(
    agent: Agent, tmp_path: Path, script: str
) -> None:
    done = tmp_path / "done"
    with_program(agent, tmp_path, f"touch {done}; {script}")
    eventually(done.exists)
    assert gpus_of(agent) == []
    assert agent.answers()


def test_a_program_that_hangs_delays_nothing_and_is_ended(agent: Agent, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    with_program(agent, tmp_path, f"trap '' TERM; echo $$ > {pid}; while :; do sleep 1; done")
    hanging = int(eventually(lambda: pid.exists() and pid.read_text()) or 0)
    assert gpus_of(agent) == []
    assert procfs.stat(hanging) is not None, "nobody waited for it"
    assert agent.ensure().status_code == 200
    eventually(lambda: procfs.stat(hanging) is None)
    assert "does not answer within 5 s" in agent.log("agent")
