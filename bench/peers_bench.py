#!/usr/bin/env python3
"""What learning costs beside what people would run instead: scikit-learn, PyTorch and faiss. The
same points, the same work, one thread on one core, seconds of CPU. Both sides take turns, and a
ratio is the median of those of the rounds.

usage: peers_bench.py BUILD_DIR     in a Python that has what ./dev installs for it
"""

import os

CORE = max(os.sched_getaffinity(0))
os.sched_setaffinity(0, {CORE})
for pool in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{pool}_NUM_THREADS"] = "1"

import functools  # noqa: E402
import json  # noqa: E402
import pathlib  # noqa: E402
import statistics  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
import warnings  # noqa: E402

import faiss  # noqa: E402
import numpy as np  # noqa: E402
import sklearn  # noqa: E402
import torch  # noqa: E402
from sklearn.cluster import KMeans, MiniBatchKMeans  # noqa: E402
from torch.nn import functional as fn  # noqa: E402

torch.set_num_threads(1)
faiss.omp_set_num_threads(1)

POINTS, FEATURES, CODES, CLUSTERS = 100_000, 32, 8, 8
BATCH, EPOCHS, RATE = 256, 3, 1e-3
ROUNDS = 5


def clouds():
    """Eight Gaussian clouds, every second column log-normal, all standardised."""
    dice = np.random.default_rng(20260101)
    cloud = dice.choice(CLUSTERS, POINTS, p=dice.dirichlet(np.full(CLUSTERS, 4.0)))
    centres = dice.normal(0, 1, (CLUSTERS, FEATURES))
    spreads = dice.uniform(0.7, 1.3, (CLUSTERS, FEATURES))
    points = dice.normal(0, 1, (POINTS, FEATURES)) * spreads[cloud] + centres[cloud]
    points[:, ::2] = np.exp(0.8 * points[:, ::2])
    points = (points - points.mean(0)) / points.std(0)
    return np.ascontiguousarray(points.clip(-4, 4), dtype=np.float32)


X = clouds()
START = np.ascontiguousarray(X[:: POINTS // CLUSTERS][:CLUSTERS])


def measure(work):
    """Seconds of CPU of a call, as bench_learn measures them."""
    work()
    began, calls = time.process_time(), 0
    while True:
        work()
        calls += 1
        used = time.process_time() - began
        if used >= 0.3:
            return used / calls


def batches(size):
    return [X[at : at + size] for at in range(0, POINTS - size + 1, size)]


class Net(torch.nn.Module):
    """The product's: a linear path, which starts as PCA, beside 64 and 32 SiLU units."""

    def __init__(self):
        super().__init__()
        linear, silu = torch.nn.Linear, torch.nn.SiLU
        self.there, self.back = linear(FEATURES, CODES), linear(CODES, FEATURES)
        self.f = torch.nn.Sequential(
            linear(FEATURES, 64), silu(), linear(64, 32), silu(), linear(32, CODES, bias=False)
        )
        self.g = torch.nn.Sequential(
            linear(CODES, 32), silu(), linear(32, 64), silu(), linear(64, FEATURES, bias=False)
        )
        axes = torch.tensor(np.linalg.svd(X[:10_000], full_matrices=False)[2][:CODES])
        with torch.no_grad():
            self.there.weight.copy_(axes)
            self.back.weight.copy_(axes.T)
            for path in (self.f, self.g):
                for layer in path[::2]:
                    torch.nn.init.kaiming_normal_(layer.weight)
                path[-1].weight *= 0.01
            for bias in (self.there.bias, self.back.bias):
                bias.zero_()

    def encode(self, x):
        return self.there(x) + self.f(x)

    def forward(self, x):
        code = self.encode(x)
        return self.back(code) + self.g(code)


def train_torch(optimizer):
    torch.manual_seed(1)
    held = torch.arange(POINTS) % 10 == 0
    learned, judged = torch.from_numpy(X)[~held], torch.from_numpy(X)[held]
    losses = []

    def run():
        net = Net()
        adam = optimizer(net.parameters(), lr=RATE, weight_decay=1e-4)
        steps = -(-len(learned) // BATCH) * EPOCHS
        cosine = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
        for _ in range(EPOCHS):
            shuffled = learned[torch.randperm(len(learned))]
            for x in shuffled.split(BATCH):
                noisy = x + 0.1 * torch.randn_like(x)
                noisy *= torch.rand_like(x) >= 0.1
                adam.zero_grad()
                fn.smooth_l1_loss(net(noisy), x).backward()
                torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
                adam.step()
                cosine.step()
            with torch.inference_mode():
                losses.append(fn.smooth_l1_loss(net(judged), judged).item())

    return len(learned) * EPOCHS / measure(run), losses[-1]


def encode_torch(size):
    net = Net().eval()
    parts = [torch.from_numpy(part) for part in batches(size)[:1000]]

    def run():
        with torch.inference_mode():
            for part in parts:
                net.encode(part)

    return len(parts) * size / measure(run), None


def inertia(centroids):
    centroids = np.asarray(centroids, dtype=np.float64)
    squares = ((X[:, None, :].astype(np.float64) - centroids) ** 2).sum(-1)
    return squares.min(1).sum()


def kmeans_sklearn():
    means = KMeans(CLUSTERS, init=START, n_init=1, max_iter=300, tol=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seconds = measure(lambda: means.fit(X))
    return POINTS * means.n_iter_ / seconds, means.inertia_


def kmeans_faiss(iterations):
    """Stops where its inertia does: with the others' number of iterations it gets as far."""
    means = faiss.Kmeans(FEATURES, CLUSTERS, niter=iterations, max_points_per_centroid=POINTS)
    seconds = measure(lambda: means.train(X, init_centroids=START))
    return POINTS * len(means.obj) / seconds, inertia(means.centroids)


def assign_sklearn(size):
    means = KMeans(CLUSTERS, init=START, n_init=1, max_iter=1).fit(X)
    parts = batches(size)
    return len(parts) * size / measure(lambda: [means.predict(part) for part in parts]), None


def assign_faiss(size):
    index = faiss.IndexFlatL2(FEATURES)
    index.add(START)
    parts = batches(size)
    return len(parts) * size / measure(lambda: [index.search(part, 1) for part in parts]), None


def update_sklearn(size):
    means = MiniBatchKMeans(CLUSTERS, init=START, n_init=1, random_state=1)
    parts = batches(size)
    seconds = measure(lambda: [means.partial_fit(part) for part in parts])
    return len(parts) * size / seconds, inertia(means.cluster_centers_)


# (what, of which the result is, how bench_learn is asked, [(peer, its work, aim)])
ADAMW = torch.optim.AdamW
CASES = [
    (
        "training an autoencoder, rows",
        "loss of the held-out",
        ("train", EPOCHS),
        [
            ("PyTorch, AdamW", functools.partial(train_torch, ADAMW), 3),
            (
                "PyTorch, AdamW(foreach=True)",
                functools.partial(train_torch, functools.partial(ADAMW, foreach=True)),
                2,
            ),
            (
                "PyTorch, AdamW(fused=True)",
                functools.partial(train_torch, functools.partial(ADAMW, fused=True)),
                2,
            ),
        ],
    ),
    *(
        (
            f"encoding in batches of {size:,}, rows",
            None,
            ("encode", size),
            [("PyTorch", functools.partial(encode_torch, size), None)],
        )
        for size in (1, 256, 4096)
    ),
    (
        "k-means from the same start to its end, row-iterations",
        "inertia",
        ("kmeans", CLUSTERS),
        [
            ("scikit-learn, Lloyd", kmeans_sklearn, 1.5),
            ("faiss", functools.partial(kmeans_faiss, 60), 2),
        ],
    ),
    *(
        (
            f"nearest of {CLUSTERS} in batches of {size:,}, rows",
            None,
            ("assign", size),
            [
                ("scikit-learn", functools.partial(assign_sklearn, size), aim),
                ("faiss", functools.partial(assign_faiss, size), None),
            ],
        )
        for size, aim in ((256, 10), (4096, None))
    ),
    *(
        (
            f"mini-batch updates of {size:,}, rows",
            "inertia",
            ("update", size),
            [("scikit-learn", functools.partial(update_sklearn, size), None)],
        )
        for size in (256, 1024)
    ),
]


def ours(program, points, what):
    command = [program, points, str(FEATURES), *map(str, what)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command}: status {done.returncode}\n{done.stderr[-3000:]}")
    figures = json.loads(done.stdout)
    return figures["per_cpu_s"], figures["result"]


def rate(value):
    return f"{value / 1e6:.2f} M/s" if value >= 1e6 else f"{value / 1e3:.1f} k/s"


def compare(title, meaning, what, peers, run_ours):
    mine, theirs = [], {peer: [] for peer, _, _ in peers}
    for _ in range(ROUNDS):
        mine.append(run_ours(what))
        for peer, work, _ in peers:
            theirs[peer].append(work())
    show = f", {meaning} {mine[-1][1]:.6g}" if meaning else ""
    print(f"{title}\n    {'segmentd':30} {rate(statistics.median(r for r, _ in mine)):>12}{show}")
    for peer, _, aim in peers:
        ratios = [own / other for (own, _), (other, _) in zip(mine, theirs[peer])]
        show = f", {meaning} {theirs[peer][-1][1]:.6g}" if meaning else ""
        aimed = f" (aim {aim})" if aim else ""
        print(
            f"    {peer:30} {rate(statistics.median(r for r, _ in theirs[peer])):>12}{show}: "
            f"{statistics.median(ratios):.2f} times faster{aimed}, "
            f"{min(ratios):.2f} to {max(ratios):.2f}",
            flush=True,
        )


def main():
    program = pathlib.Path(sys.argv[1]).resolve() / "bench" / "bench_learn"
    print(
        f"scikit-learn {sklearn.__version__}, PyTorch {torch.__version__}, faiss "
        f"{faiss.__version__}, numpy {np.__version__}; {POINTS:,} points of {FEATURES} features, "
        f"{CODES} dimensions, {CLUSTERS} clusters; core {CORE}, load average "
        f"{os.getloadavg()[0]:.1f}; per second of CPU, medians of {ROUNDS} rounds in turns"
    )
    with tempfile.NamedTemporaryFile(suffix=".f32") as file:
        X.tofile(file)
        file.flush()
        for case in CASES:
            compare(*case, functools.partial(ours, program, file.name))


if __name__ == "__main__":
    main()
