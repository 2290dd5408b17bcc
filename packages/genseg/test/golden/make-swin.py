"""Makes swin.json, the reference values of src/models/swin-unet: `python3 make-swin.py` in this folder.
Written with torch 1.13.

The network is written a second time, from the papers' definitions rather than with windows in memory:
every token looks at every token of the map, and two tokens see each other if the shifted windows' grid puts them
into one window. So there is nothing to cut, to roll or to pad, and a map may have any size."""

import json

import torch
from torch import nn
from torch.nn import functional as F

from wave import wave


class Attention(nn.Module):
    def __init__(self, channels, heads, window):
        super().__init__()
        self.heads, self.window = heads, window
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * window - 1) ** 2, heads))
        i = torch.arange(window**2)
        row, column = i // window, i % window
        offset = lambda x: x[:, None] - x[None, :] + window - 1
        self.register_buffer("relative_position_index", offset(row) * (2 * window - 1) + offset(column))
        self.qkv = nn.Linear(channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)

    def forward(self, x, shifted):
        n, height, width, channels = x.shape
        row = torch.arange(height).repeat_interleave(width)
        column = torch.arange(width).repeat(height)

        def side(place, size):
            """Which window each place is in, and the offset of each pair where they share one."""
            shift = self.window // 2 if shifted and size > self.window else 0
            which = torch.div(place - shift, self.window, rounding_mode="floor")
            same = which[:, None] == which[None, :]
            return same, (place[:, None] - place[None, :] + self.window - 1) * same

        same_rows, by_row = side(row, height)
        same_columns, by_column = side(column, width)
        bias = self.relative_position_bias_table[by_row * (2 * self.window - 1) + by_column]
        visible = same_rows & same_columns

        d = channels // self.heads
        q, k, v = self.qkv(x.flatten(1, 2)).split(channels, -1)
        outputs = []
        for h in range(self.heads):
            part = slice(h * d, (h + 1) * d)
            scores = q[..., part] @ k[..., part].transpose(1, 2) / d**0.5 + bias[..., h]
            scores = scores - 100.0 * ~visible  # the official code's way to block
            outputs.append(scores.softmax(-1) @ v[..., part])
        return self.proj(torch.cat(outputs, -1)).reshape(x.shape)


class Block(nn.Module):
    def __init__(self, channels, heads, window, shifted):
        super().__init__()
        self.shifted = shifted
        self.norm1 = nn.LayerNorm(channels)
        self.attn = Attention(channels, heads, window)
        self.norm2 = nn.LayerNorm(channels)
        self.mlp = nn.Module()
        self.mlp.fc1 = nn.Linear(channels, 4 * channels)
        self.mlp.fc2 = nn.Linear(4 * channels, channels)

    def forward(self, x):
        x = x + self.attn(self.norm1(x), self.shifted)
        return x + self.mlp.fc2(F.gelu(self.mlp.fc1(self.norm2(x))))


class Merging(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.reduction = nn.Linear(4 * channels, 2 * channels, bias=False)
        self.norm = nn.LayerNorm(4 * channels)

    def forward(self, x):
        quarters = [x[:, r::2, c::2] for c in (0, 1) for r in (0, 1)]
        return self.reduction(self.norm(torch.cat(quarters, -1)))


class Expanding(nn.Module):
    def __init__(self, channels, outside, scale):
        super().__init__()
        self.scale, self.outside = scale, outside
        self.expand = nn.Linear(channels, scale**2 * outside, bias=False)
        self.norm = nn.LayerNorm(outside)

    def forward(self, x):
        n, height, width, _ = x.shape
        y = self.expand(x)
        fine = y.new_zeros(n, height * self.scale, width * self.scale, self.outside)
        parts = y.split(self.outside, -1)
        for i, part in enumerate(parts):
            fine[:, i // self.scale :: self.scale, i % self.scale :: self.scale] = part
        return self.norm(fine)


def stage(channels, heads, window, **resize):
    made = nn.Module()
    made.blocks = nn.ModuleList(Block(channels, heads, window, shifted) for shifted in (False, True))
    for name, module in resize.items():
        made.add_module(name, module)
    return made


class SwinUNet(nn.Module):
    def __init__(self, channels, planes, width, heads, window):
        super().__init__()
        w = [width * 2**i for i in range(4)]
        h = [heads * 2**i for i in range(4)]
        self.patch_embed = nn.Module()
        self.patch_embed.proj = nn.Conv2d(channels, width, 4, stride=4)
        self.patch_embed.norm = nn.LayerNorm(width)
        down = [{"downsample": Merging(w[i])} if i < 3 else {} for i in range(4)]
        self.layers = nn.ModuleList(stage(w[i], h[i], window, **down[i]) for i in range(4))
        up = [{"upsample": Expanding(w[i], w[i - 1], 2)} if i > 0 else {} for i in range(4)]
        first = Expanding(w[3], w[2], 2)
        self.layers_up = nn.ModuleList([first, *(stage(w[i], h[i], window, **up[i]) for i in (2, 1, 0))])
        self.concat_back_dim = nn.ModuleList([nn.Identity(), *(nn.Linear(2 * w[i], w[i]) for i in (2, 1, 0))])
        self.norm = nn.LayerNorm(w[3])
        self.norm_up = nn.LayerNorm(w[0])
        self.up = Expanding(w[0], w[0], 4)
        self.output = nn.Conv2d(width, planes, 1, bias=False)

    def forward(self, image):
        height, width = image.shape[2:]
        image = F.pad(image, [0, -width % 32, 0, -height % 32], mode="replicate")
        x = self.patch_embed.norm(self.patch_embed.proj(image).movedim(1, -1))
        skips = []
        for layer in self.layers:
            skips.append(x)
            for block in layer.blocks:
                x = block(x)
            x = layer.downsample(x) if hasattr(layer, "downsample") else x
        x = self.layers_up[0](self.norm(x))
        for i in (1, 2, 3):
            x = self.concat_back_dim[i](torch.cat([x, skips[3 - i]], -1))
            for block in self.layers_up[i].blocks:
                x = block(x)
            x = self.layers_up[i].upsample(x) if i < 3 else x
        x = self.up(self.norm_up(x))
        return self.output(x.movedim(-1, 1))[:, :, :height, :width]


def fill(net):
    """What `fill` in swin-unet.test.ts puts there: by position and kind."""
    with torch.no_grad():
        for k, (name, value) in enumerate(net.state_dict().items()):
            if name.endswith("index"):
                continue
            numbers = wave(value.shape, k).double()
            if "norm" in name and name.endswith("weight"):
                value.copy_(1 + 0.3 * numbers)
            elif name.endswith("table"):
                value.copy_(numbers)
            elif value.dim() > 1:
                value.copy_(numbers * value[0].numel() ** -0.5)
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


def passes(window, size):
    net = fill(SwinUNet(3, 2, 12, 1, window).double())
    image = wave([2, 3, *size]).double().requires_grad_()
    logits = net(image)
    parameters = dict(net.named_parameters())
    loss = (logits * wave(logits.shape, 1).double()).mean()
    gradients = torch.autograd.grad(loss, [image, *parameters.values()])
    with torch.no_grad():
        for p, g in zip(parameters.values(), gradients[1:]):
            p -= g
    return {
        "window": window,
        "size": size,
        "logits": summary(logits),
        "inputGradient": summary(gradients[0]),
        "gradientNorms": {name: float(f"{g.norm().item():.11g}") for name, g in zip(parameters, gradients[1:])},
        "afterOneStep": summary(net(image)),
    }


def truncated():
    torch.manual_seed(5)
    weight = nn.init.trunc_normal_(torch.empty(60), std=0.02, a=-0.03, b=0.03)
    return [float(f"{x:.7g}") for x in weight.tolist()]


def main():
    shapes = {name: list(value.shape) for name, value in SwinUNet(3, 2, 12, 1, 4).state_dict().items()}
    # Maps of 16 x 8 tokens and halves; with windows of 3 and 5 no map is a multiple of a window.
    cases = [passes(4, [64, 32]), passes(3, [64, 32]), passes(5, [39, 61])]
    published = sum(p.numel() for p in SwinUNet(3, 9, 96, 3, 7).parameters())
    json.dump({"published": published, "truncated": truncated(), "shapes": shapes, "cases": cases}, open("swin.json", "w"))


if __name__ == "__main__":
    main()
