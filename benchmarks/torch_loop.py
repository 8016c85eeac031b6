"""Plain eager PyTorch on the same autoencoders, run by `training_speed.py` in an interpreter that has PyTorch.

It prints its version, and then answers each line of its input, `<k> <samples> <batch size>`, with the CPU and clock
seconds of one epoch. Numbers k, networks and bounds are those of `keras_loops.BareAutoencoder`.

usage: python torch_loop.py [THREADS]
"""

import json
import math
import sys
import time

import torch
from torch import nn

IMAGE_SIZE, LATENT_DIM, HIDDEN = 784, 50, (200, 200)


def mlp(size_in, size_out, hidden):
    sizes = (size_in, *hidden)
    layers = [layer for pair in zip(sizes, hidden) for layer in (nn.Linear(*pair), nn.Tanh())]  # noqa: B905
    return nn.Sequential(*layers, nn.Linear(hidden[-1], size_out))


class Autoencoder(nn.Module):
    def __init__(self, num_samples):
        super().__init__()
        self.num_samples = num_samples
        self.encoder = mlp(IMAGE_SIZE, 2 * LATENT_DIM, HIDDEN)
        self.decoder = mlp(LATENT_DIM, IMAGE_SIZE, HIDDEN[::-1])

    def log_likelihood(self, z, x):
        logits = self.decoder(z)
        return (x * logits - nn.functional.softplus(logits)).sum(-1)

    def bound(self, x):
        mean, log_variance = self.encoder(x).chunk(2, dim=-1)
        stddev = (0.5 * log_variance).exp()
        if not self.num_samples:
            z = mean + stddev * torch.randn_like(mean)
            return self.log_likelihood(z, x) - 0.5 * (mean**2 + stddev**2 - log_variance - 1.0).sum(-1)
        noise = torch.randn(self.num_samples, *mean.shape)
        z = mean + stddev * noise
        log_w = self.log_likelihood(z, x) + 0.5 * (noise**2 + log_variance - z**2).sum(-1)
        return log_w.logsumexp(0) - math.log(self.num_samples)


def epoch(model, optimizer, images, batch_size):
    for indices in torch.randperm(len(images)).split(batch_size):
        loss = -model.bound(images[indices]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def main():
    threads = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(threads)
    print(json.dumps({"torch": torch.__version__}), flush=True)
    trained = {}
    for line in sys.stdin:
        num_samples, count, batch_size = map(int, line.split())
        if line not in trained:
            model = Autoencoder(num_samples)
            images = torch.bernoulli(torch.full((count, IMAGE_SIZE), 0.5))
            trained[line] = model, torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-4), images
        wall, cpu = time.perf_counter(), time.process_time()
        epoch(*trained[line], batch_size)
        seconds = {"cpu_seconds": time.process_time() - cpu, "wall_seconds": time.perf_counter() - wall}
        print(json.dumps(seconds), flush=True)


if __name__ == "__main__":
    main()
