"""Makes resunet.json, the reference values of src/models/resunet, with the network in plain PyTorch modules
under nnU-Net's key names: `python3 make-resunet.py` in this folder. Written with torch 1.13.

Numbers come from a network of width 2 in float64, six levels deep so that the channels reach their limit,
from weights by formula."""

import json

import torch
from torch import nn
from torch.nn import functional as F

from wave import wave


def named(**children):
    module = nn.Module()
    for name, child in children.items():
        module.add_module(name, child)
    return module


def conv_norm(inside, outside, kernel=3, stride=1, bias=True):
    return named(
        conv=nn.Conv2d(inside, outside, kernel, stride, padding=kernel // 2, bias=bias),
        norm=nn.InstanceNorm2d(outside, affine=True),
    )


def through(part, x):
    return part.norm(part.conv(x))


class Block(nn.Module):
    def __init__(self, inside, outside, stride):
        super().__init__()
        self.conv1 = conv_norm(inside, outside, stride=stride)
        self.conv2 = conv_norm(outside, outside)
        if stride == 1:
            self.skip = nn.Identity()
        else:
            project = [] if inside == outside else [conv_norm(inside, outside, 1, bias=False)]
            self.skip = nn.Sequential(nn.AvgPool2d(2), *project)

    def shortcut(self, x):
        if isinstance(self.skip, nn.Identity):
            return x
        pooled = self.skip[0](x)
        return through(self.skip[1], pooled) if len(self.skip) > 1 else pooled

    def forward(self, x):
        y = F.leaky_relu(through(self.conv1, x), 0.01)
        return F.leaky_relu(through(self.conv2, y) + self.shortcut(x), 0.01)


class ResUNet(nn.Module):
    def __init__(self, channels, planes, width, depth):
        super().__init__()
        c = [min(width * 2**level, 16 * width) for level in range(depth + 1)]
        blocks = [1, 3, 4, 6, 6, 6, 6, 6]
        first = named(blocks=nn.Sequential(Block(width, width, 1)))
        stages = [first] + [
            named(blocks=nn.Sequential(Block(c[i - 1], c[i], 2), *[Block(c[i], c[i], 1) for _ in range(blocks[i] - 1)]))
            for i in range(1, depth + 1)
        ]
        stem = named(convs=nn.Sequential(conv_norm(channels, width)))
        self.encoder = named(stem=stem, stages=nn.Sequential(*stages))
        up = [(c[i + 1], c[i]) for i in reversed(range(depth))]
        heads = {str(s): nn.Conv2d(above, planes, 1) for s, (_, above) in enumerate(up) if s > 0}
        self.decoder = named(
            stages=nn.ModuleList(named(convs=nn.Sequential(conv_norm(2 * above, above))) for _, above in up),
            transpconvs=nn.ModuleList(nn.ConvTranspose2d(below, above, 2, 2) for below, above in up),
            seg_layers=nn.ModuleDict(heads),
        )

    def forward(self, x):
        """Logits, the highest resolution first; the lowest level of the decoder gives none."""
        x = F.leaky_relu(through(self.encoder.stem.convs[0], x), 0.01)
        skips = []
        for stage in self.encoder.stages:
            x = stage.blocks(x)
            skips.append(x)
        x = skips.pop()
        outputs = []
        for s, (stage, enlarge) in enumerate(zip(self.decoder.stages, self.decoder.transpconvs)):
            joined = torch.cat([enlarge(x), skips.pop()], 1)
            x = F.leaky_relu(through(stage.convs[0], joined), 0.01)
            if s > 0:
                outputs.append(self.decoder.seg_layers[str(s)](x))
        return outputs[::-1]


def fill(net):
    """What `fill` in resunet.test.ts puts there: by position, kind and size."""
    with torch.no_grad():
        for k, (name, value) in enumerate(net.state_dict().items()):
            numbers = wave(value.shape, k).double()
            if value.dim() == 4:
                value.copy_(numbers * (2 / value[0].numel()) ** 0.5)
            elif name.endswith("weight"):
                value.copy_(1 + 0.3 * numbers)
            else:
                value.copy_(0.1 * numbers)
    return net


def summary(tensor):
    values = tensor.detach().flatten()
    every = max(1, values.numel() // 40)
    return {
        "every": every,
        "norm": float(f"{values.norm().item():.14g}"),
        "values": [float(f"{x:.14g}") for x in values[::every].tolist()],
    }


def first_weights():
    """As nnU-Net draws them."""
    torch.manual_seed(5)
    weight = torch.empty(4, 3, 3, 3)
    nn.init.kaiming_normal_(weight, a=0.01)
    return weight.flatten().tolist()


def main():
    net = fill(ResUNet(3, 2, 2, 5).double())
    image = wave([2, 3, 64, 96]).double().requires_grad_()
    outputs = net(image)
    loss = sum((y * wave(y.shape, i).double()).mean() for i, y in enumerate(outputs))
    parameters = dict(net.named_parameters())
    by_image, *gradients = torch.autograd.grad(loss, [image, *parameters.values()])
    json.dump(
        {
            "state": {name: list(value.shape) for name, value in net.state_dict().items()},
            "shapes": [list(y.shape) for y in outputs],
            "outputs": [summary(y) for y in outputs],
            "inputGradient": summary(by_image),
            "gradientNorms": {name: float(f"{g.norm().item():.12g}") for name, g in zip(parameters, gradients)},
            "firstWeights": first_weights(),
        },
        open("resunet.json", "w"),
    )


if __name__ == "__main__":
    main()
