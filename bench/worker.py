"""Python's half of the benchmark: answers requests, one line of JSON each, until its input ends.

worker.mjs is its twin, with the same requests, operators and training step. The U-Net has the shapes
and names of milesial's Pytorch-UNet, and the step is written as PyTorch's own recipes advise.
"""

import json
import struct
import sys
from time import perf_counter

import torch
from torch import nn
from torch.nn.functional import batch_norm, binary_cross_entropy_with_logits, conv2d


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


class DoubleConv(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.double_conv = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )

    def forward(self, x):
        return self.double_conv(x)


class Down(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.maxpool_conv = nn.Sequential(nn.MaxPool2d(2), DoubleConv(inputs, outputs))

    def forward(self, x):
        return self.maxpool_conv(x)


class Up(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.up = nn.ConvTranspose2d(inputs, inputs // 2, 2, stride=2)
        self.conv = DoubleConv(inputs, outputs)

    def forward(self, x, skip):
        return self.conv(torch.cat([skip, self.up(x)], dim=1))


class OutConv(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x):
        return self.conv(x)


class UNet(nn.Module):
    def __init__(self, inputs, classes, width):
        super().__init__()
        self.inc = DoubleConv(inputs, width)
        self.down1 = Down(width, 2 * width)
        self.down2 = Down(2 * width, 4 * width)
        self.down3 = Down(4 * width, 8 * width)
        self.down4 = Down(8 * width, 16 * width)
        self.up1 = Up(16 * width, 8 * width)
        self.up2 = Up(8 * width, 4 * width)
        self.up3 = Up(4 * width, 2 * width)
        self.up4 = Up(2 * width, width)
        self.outc = OutConv(width, classes)

    def forward(self, x):
        x1 = self.inc(x)
        x2 = self.down1(x1)
        x3 = self.down2(x2)
        x4 = self.down3(x3)
        x = self.up1(self.down4(x4), x4)
        x = self.up2(x, x3)
        x = self.up3(x, x2)
        x = self.up4(x, x1)
        return self.outc(x)


def load_safetensors(path):
    dtypes = {"F32": torch.float32, "I64": torch.int64}
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        elements = bytearray(file.read())
    return {
        name: torch.frombuffer(
            elements, dtype=dtypes[entry["dtype"]], offset=entry["data_offsets"][0],
            count=torch.Size(entry["shape"]).numel(),
        ).reshape(entry["shape"])
        for name, entry in header.items()
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
