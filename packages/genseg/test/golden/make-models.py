"""Makes models.json, the reference values of src/models, with plain PyTorch modules under the key names
of milesial's Pytorch-UNet and of pix2pix's discriminator: `python3 make-models.py` in this folder.
Written with torch 1.13."""

import json

import torch
from torch import nn
from torch.nn import functional as F

from wave import wave


def double_conv(inside, outside, middle=None):
    middle = middle or outside
    return nn.Sequential(
        nn.Conv2d(inside, middle, 3, padding=1, bias=False),
        nn.BatchNorm2d(middle),
        nn.ReLU(),
        nn.Conv2d(middle, outside, 3, padding=1, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(),
    )


def named(**children):
    module = nn.Module()
    for name, child in children.items():
        module.add_module(name, child)
    return module


class UNet(nn.Module):
    def __init__(self, channels, classes, w, bilinear):
        super().__init__()
        self.bilinear = bilinear
        f = 2 if bilinear else 1
        self.inc = named(double_conv=double_conv(channels, w))
        for i, (a, b) in enumerate([(w, 2 * w), (2 * w, 4 * w), (4 * w, 8 * w), (8 * w, 16 * w // f)]):
            conv = named(double_conv=double_conv(a, b))
            self.add_module(f"down{i + 1}", named(maxpool_conv=nn.Sequential(nn.MaxPool2d(2), conv)))
        for i, (a, b) in enumerate([(16 * w, 8 * w // f), (8 * w, 4 * w // f), (4 * w, 2 * w // f), (2 * w, w)]):
            conv = named(double_conv=double_conv(a, b, a // 2 if bilinear else None))
            up = {} if bilinear else {"up": nn.ConvTranspose2d(a, a // 2, 2, stride=2)}
            self.add_module(f"up{i + 1}", named(**up, conv=conv))
        self.outc = named(conv=nn.Conv2d(w, classes, 1))

    def forward(self, x):
        skips = [self.inc.double_conv(x)]
        for i in range(1, 5):
            pool, conv = getattr(self, f"down{i}").maxpool_conv
            skips.append(conv.double_conv(pool(skips[-1])))
        x = skips.pop()
        for i in range(1, 5):
            level = getattr(self, f"up{i}")
            if self.bilinear:
                x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)
            else:
                x = level.up(x)
            x = level.conv.double_conv(torch.cat([skips.pop(), x], 1))
        return self.outc.conv(x)


class Mixed(nn.Module):
    """The candidates one by one, and the weighted sum of what they give."""

    def __init__(self, inside, outside, transposed, bias):
        super().__init__()
        make = nn.ConvTranspose2d if transposed else nn.Conv2d
        self.candidates = nn.ModuleList(
            make(inside, outside, k, stride=2, padding=k // 2 - 1, bias=False) for k in (4, 6, 8)
        )
        if bias:
            self.bias = nn.Parameter(torch.zeros(outside))

    def forward(self, x, alpha):
        y = sum(share * op(x) for share, op in zip(alpha.softmax(0), self.candidates))
        return y + self.bias[:, None, None] if hasattr(self, "bias") else y


class Generator(nn.Module):
    """Five levels: the fewest that repeat the full width, and too few for dropout."""

    def __init__(self, masks, images, w):
        super().__init__()
        c = [masks, w, 2 * w, 4 * w, 8 * w, 8 * w]
        for i in range(1, 6):
            plain = i in (1, 5)
            norm = {} if plain else {"norm": nn.BatchNorm2d(c[i])}
            self.add_module(f"down{i}", named(op=Mixed(c[i - 1], c[i], False, plain), **norm))
        for i, (a, b) in enumerate([(c[5], c[4]), (2 * c[4], c[3]), (2 * c[3], c[2]), (2 * c[2], c[1]), (2 * c[1], images)]):
            norm = {} if i == 4 else {"norm": nn.BatchNorm2d(b)}
            self.add_module(f"up{i + 1}", named(op=Mixed(a, b, True, i == 4), **norm))

    def level(self, name, x, alphas):
        level = getattr(self, name)
        y = level.op(x, alphas[name])
        return level.norm(y) if hasattr(level, "norm") else y

    def forward(self, x, alphas):
        d = [self.level("down1", 2 * x - 1, alphas)]
        for i in range(2, 6):
            d.append(self.level(f"down{i}", F.leaky_relu(d[-1], 0.2), alphas))
        y = self.level("up1", d[4].relu(), alphas)
        for i in range(2, 6):
            y = self.level(f"up{i}", torch.cat([d[5 - i], y], 1).relu(), alphas)
        return (y.tanh() + 1) / 2


def discriminator(channels, w, norm):
    def block(inside, outside, stride):
        conv = nn.Conv2d(inside, outside, 4, stride=stride, padding=1, bias=norm is nn.Identity)
        return [conv, norm(outside), nn.LeakyReLU(0.2)]

    first = nn.Conv2d(channels, w, 4, stride=2, padding=1)
    last = nn.Conv2d(8 * w, 1, 4, stride=1, padding=1)
    middle = block(w, 2 * w, 2) + block(2 * w, 4 * w, 2) + block(4 * w, 8 * w, 1)
    return named(model=nn.Sequential(first, nn.LeakyReLU(0.2), *middle, last))


def fill(module):
    """What `fill` in models/golden.test.ts puts there: by position, kind and size."""
    with torch.no_grad():
        for k, (name, value) in enumerate(module.state_dict().items()):
            if value.dim() == 4:
                fan_in = value[0].numel()
                value.copy_(wave(value.shape, k) * (2 / fan_in) ** 0.5)
            elif name.endswith("weight") or name.endswith("var"):
                value.copy_(1 + 0.5 * wave(value.shape, k))
            elif value.dim() == 1:
                value.copy_(0.1 * wave(value.shape, k))
    return module


def summary(tensor, every):
    values = tensor.detach().flatten()
    return {
        "every": every,
        "norm": float(f"{values.double().norm().item():.8g}"),
        "values": [float(f"{x:.7g}") for x in values[::every].tolist()],
    }


def record(module, inputs, run):
    """One pass in training with its gradients, then one in evaluation."""
    inputs = [x.requires_grad_() for x in inputs]
    output = run(*inputs)
    parameters = dict(module.named_parameters())
    loss = (output * wave(output.shape, 3)).sum()
    gradients = torch.autograd.grad(loss, [*inputs, *parameters.values()])
    state = {name: list(value.shape) for name, value in module.state_dict().items()}
    module.eval()
    return {
        "state": state,
        "shape": list(output.shape),
        "training": summary(output, 31),
        "evaluation": summary(run(*inputs), 31),
        "inputGradients": [summary(g, 31) for g in gradients[: len(inputs)]],
        "gradients": {
            name: summary(g, max(1, g.numel() // 5)) for name, g in zip(parameters, gradients[len(inputs) :])
        },
    }


def unet(bilinear):
    net = fill(UNet(3, 2, 2, bilinear))
    return record(net, [wave([2, 3, 32, 48])], net)


def generator():
    net = fill(Generator(2, 3, 2))
    names = [f"{side}{i}" for side in ("down", "up") for i in range(1, 6)]
    alphas = [wave([3], i) for i in range(10)]
    run = lambda mask, *alphas: net(mask, dict(zip(names, alphas)))
    return record(net, [wave([2, 2, 32, 32]), *alphas], run)


def patches(norm):
    net = fill(discriminator(4, 2, norm))
    return record(net, [wave([2, 4, 40, 32])], lambda x: net.model(2 * x - 1))


json.dump(
    {
        "unet": {"transposed": unet(False), "bilinear": unet(True)},
        "generator": generator(),
        "discriminator": {
            "byBatch": patches(nn.BatchNorm2d),
            "byInstance": patches(nn.InstanceNorm2d),
            "unnormalised": patches(nn.Identity),
        },
    },
    open("models.json", "w"),
)
