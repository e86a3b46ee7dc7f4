"""Everything from nothing to an evaluated checkpoint.

python3 -m training.make --data DIR [--out DIR] [--renderer PYTHON] [--fresh]

DIR takes the shards (about 9 GB) and intermediate weights. The renderer needs python3-cairo, numpy and pillow, the rest
torch, tokenizers, onnx and onnxruntime; give the renderer's interpreter when they are not the same. --fresh starts from
random weights instead of those of the first version (tower-v1.npz, reader-v1.npz), and then trains longer.
"""

import argparse
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHARDS = [
    ("tr0", 0, 30000),
    ("tr1", 100000, 40000),
    ("lm0", 200000, 14000),
    ("tr2", 300000, 30000),
    ("te", 500000, 3000),
]
QUIET_MALLOC = dict(
    OMP_WAIT_POLICY="PASSIVE", MALLOC_MMAP_MAX_="0", MALLOC_TRIM_THRESHOLD_="100000000000", MALLOC_TOP_PAD_="500000000"
)


def start(python, module, *words):
    env = dict(os.environ, **QUIET_MALLOC)
    return subprocess.Popen([python, "-W", "ignore", "-m", "training." + module, *map(str, words)], cwd=HERE, env=env)


def together(*jobs):
    """wait for all; stop at the first failure"""
    begun = time.time()
    for job in jobs:
        if job.wait():
            sys.exit(f"failed: {' '.join(job.args)}")
    print(f"-- {' + '.join(j.args[4] for j in jobs)}: {(time.time() - begun) / 60:.1f} minutes", flush=True)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", required=True)
    ap.add_argument("--out", default=HERE)
    ap.add_argument("--renderer", default=sys.executable)
    ap.add_argument("--fresh", action="store_true")
    arg = ap.parse_args()
    data, out, py = os.path.abspath(arg.data), os.path.abspath(arg.out), sys.executable
    os.makedirs(data, exist_ok=True)
    jobs = [[f"{data}/{name}", first, count] for name, first, count in SHARDS]
    for some in (jobs[:2], jobs[2:]):
        together(*(start(arg.renderer, "mkdata", *job) for job in some))
    together(start(py, "tokenizer", data + "/tokenizer.json"))
    tower = [] if arg.fresh else ["--init", HERE + "/training/tower-v1.npz"]
    reader = [] if arg.fresh else ["--init", HERE + "/training/reader-v1.npz"]
    more = 2 if arg.fresh else 1
    whole = ["--seconds", 10**6]  # as many steps as are given, however long they take
    together(
        start(py, "train_vision", data, "--steps", 6600 * more, "--rate", 1.2e-3, *whole, *tower),
        start(py, "train_lm", data, "syn", "--steps", 2300 * more, "--rate", 1.5e-3, *whole, *reader),
    )
    together(
        start(py, "train_lm", data, "real", "--steps", 5000, "--rate", 1.2e-3, *whole, "--init", data + "/lm_syn.pt")
    )
    together(start(py, "export", data, out))
    together(start(arg.renderer, "clips", out + "/demo"), start(arg.renderer, "heldout", "render", out + "/heldout"))
    together(start(py, "heldout", "questions", out + "/heldout", data + "/tokenizer.json"))
    checks = ["--clips", out + "/demo", "--managers", HERE + "/training/managers.json", "--robust", "--compare"]
    together(start(py, "evaluate", out, out + "/heldout", *checks))


if __name__ == "__main__":
    main()
