"""Python's half of the benchmark: answers requests, one line of JSON each, until its input ends.

worker.mjs is its twin, with the same requests, operators and training step, which is written as
PyTorch's own recipes advise.
"""

import json
import sys
from time import perf_counter

import torch
from torch.nn.functional import batch_norm, binary_cross_entropy_with_logits, conv2d

from unet import UNet, load_safetensors


def small_operators():
    """By name, calls whose kernels have next to nothing to compute."""
    a, b, recorded = torch.rand(4, 4), torch.rand(4, 4), torch.rand(4, 4, requires_grad=True)
    image, kernel = torch.rand(1, 1, 4, 4), torch.rand(1, 1, 3, 3)
    one, zero = torch.ones(1), torch.zeros(1)
    return {
        "a + b": lambda: a + b,
        "a * b": lambda: a * b,
        "a * 2": lambda: a * 2,
        "a += b": lambda: a.add_(b),
        "a * b, recorded": lambda: recorded * b,
        "view": lambda: a.view(2, 8),
        "slice": lambda: a[1:3],
        "sum": lambda: a.sum(),
        "relu": lambda: a.relu(),
        "matmul": lambda: a.matmul(b),
        "cat": lambda: torch.cat((a, b)),
        "batch norm": lambda: batch_norm(image, None, None, one, zero, True, 0.1, 1e-5),
        "convolution": lambda: conv2d(image, kernel, padding=1),
    }


def training(file, threads, width, precision, layout, **_):
    """Number of parameters, and one step of training, which returns its loss."""
    torch.set_num_threads(threads)
    state = load_safetensors(file)
    images, masks = state.pop("images").clone(), state.pop("masks").clone()
    model = UNet(3, 1, width)
    model.load_state_dict(state)
    if layout == "channels-last":
        model = model.to(memory_format=torch.channels_last)
        images = images.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            loss = binary_cross_entropy_with_logits(model(images), masks)
        loss.backward()
        optimizer.step()
        return loss.item()

    return sum(p.numel() for p in model.parameters()), step


operators = small_operators()
step = None


def describe():
    return {"runtime": f"Python {sys.version.split()[0]}", "libtorch": torch.__version__}


def operator(name, calls):
    """Seconds of a call."""
    call = operators[name]
    start = perf_counter()
    for _ in range(calls):
        call()
    return (perf_counter() - start) / calls


def prepare(**request):
    global step
    parameters, step = training(**request)
    return parameters


def steps(count):
    """Seconds of a step, and the losses."""
    start = perf_counter()
    losses = [step() for _ in range(count)]
    return {"seconds": (perf_counter() - start) / count, "losses": losses}


answers = {f.__name__: f for f in (describe, operator, prepare, steps)}
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps(answers[request.pop("action")](**request)), flush=True)
