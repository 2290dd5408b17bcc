"""Makes unet.pt, a U-Net in milesial's layout at width 2, scripted, with PyTorch's own first weights;
and unfit.pt and tied.pt, which cannot be trained: a layer is never used, two layers share a tensor.

    /usr/bin/python3 packages/genseg/test/golden/make-script.py

src/train/script.test.ts trains the first beside the same network in TypeScript.
"""

from pathlib import Path

import torch
from torch import nn


class DoubleConv(nn.Module):
    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        layers = []
        for channels in (inputs, outputs):
            conv = nn.Conv2d(channels, outputs, 3, padding=1, bias=False)
            layers += [conv, nn.BatchNorm2d(outputs), nn.ReLU()]
        self.double_conv = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.double_conv(x)


class Down(nn.Module):
    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.maxpool_conv = nn.Sequential(nn.MaxPool2d(2), DoubleConv(inputs, outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.maxpool_conv(x)


class Up(nn.Module):
    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.up = nn.ConvTranspose2d(inputs, outputs, 2, stride=2)
        self.conv = DoubleConv(inputs, outputs)

    def forward(self, below: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        return self.conv(torch.cat([skip, self.up(below)], 1))


class OutConv(nn.Module):
    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x)


class UNet(nn.Module):
    def __init__(self, channels: int, classes: int, width: int):
        super().__init__()
        self.inc = DoubleConv(channels, width)
        self.down1, self.down2, self.down3, self.down4 = [
            Down(width * 2**k, width * 2 ** (k + 1)) for k in range(4)
        ]
        self.up1, self.up2, self.up3, self.up4 = [
            Up(width * 2 ** (k + 1), width * 2**k) for k in reversed(range(4))
        ]
        self.outc = OutConv(width, classes)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        one = self.inc(image)
        two = self.down1(one)
        three = self.down2(two)
        four = self.down3(three)
        x = self.up1(self.down4(four), four)
        x = self.up3(self.up2(x, three), two)
        return self.outc(self.up4(x, one))


class Pair(nn.Module):
    """Two convolutions in a row, of which the second may be left out, or be the first again."""

    def __init__(self, use: bool, tied: bool):
        super().__init__()
        self.use = use
        self.first = nn.Conv2d(1, 1, 3, padding=1)
        self.second = nn.Conv2d(1, 1, 3, padding=1)
        if tied:
            self.second.weight = self.first.weight

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.first(image)
        return self.second(x) if self.use else x


if __name__ == "__main__":
    torch.manual_seed(0)
    folder = Path(__file__).parent
    torch.jit.script(UNet(1, 1, 2)).save(str(folder / "unet.pt"))
    torch.jit.script(Pair(use=False, tied=False)).save(str(folder / "unfit.pt"))
    torch.jit.script(Pair(use=True, tied=True)).save(str(folder / "tied.pt"))
