"""Makes script.pt, a small scripted U-Net, and script.safetensors, what PyTorch computes with it.

    /usr/bin/python3 packages/torch/test/golden/make-script.py

The seed and the learning rate are those of test/script.test.ts.
"""

import json
import struct
from pathlib import Path
from typing import Dict, List, Optional, Tuple

import torch
from torch import nn

FOLDER = Path(__file__).parent
SEED, LR = 5, 0.1


def block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU()
    )


class UNet(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.encoder = block(1, width)
        self.bottleneck = nn.Sequential(block(width, 2 * width), nn.Dropout(0.25))
        self.up = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.decoder = block(2 * width, width)
        self.head = nn.Conv2d(width, 2, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        skip = self.encoder(image)
        deep = self.bottleneck(nn.functional.max_pool2d(skip, 2))
        return self.head(self.decoder(torch.cat([skip, self.up(deep)], 1)))


class Values(nn.Module):
    """Every kind of input and output that has a JavaScript form."""

    def forward(
        self,
        x: torch.Tensor,
        factor: float,
        flags: List[bool],
        pair: Tuple[int, str],
        named: Dict[str, torch.Tensor],
        mask: Optional[torch.Tensor] = None,
        power: int = 1,
    ):
        y = x * factor
        if mask is not None:
            y = y * mask
        named["sum"] = x.sum()
        return y**power, named, [pair[0], len(flags)], pair[1], None, flags


class Complex(nn.Module):
    """Its second result has no JavaScript form."""

    def forward(self, x: torch.Tensor):
        return x, complex(1.0, 2.0)


def save_safetensors(path: Path, tensors: Dict[str, torch.Tensor]) -> None:
    """float32 only; the format is in src/safetensors.ts."""
    header, data = {}, b""
    for name, tensor in tensors.items():
        bytes_ = tensor.detach().contiguous().numpy().tobytes()
        offsets = [len(data), len(data) + len(bytes_)]
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": offsets}
        data += bytes_
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main() -> None:
    torch.manual_seed(0)
    model = UNet(4)
    torch.jit.script(model).save(str(FOLDER / "script.pt"))
    torch.jit.script(Values()).save(str(FOLDER / "script-values.pt"))
    torch.jit.script(Complex()).save(str(FOLDER / "script-complex.pt"))

    golden = {"image": torch.randn(2, 1, 8, 8), "target": torch.randn(2, 2, 8, 8)}
    golden["eval"] = model.eval()(golden["image"])

    torch.manual_seed(SEED)
    golden["train"] = model.train()(golden["image"])
    loss = (golden["train"] - golden["target"]).square().mean()
    names, parameters = zip(*model.named_parameters())
    grads = torch.autograd.grad(loss, parameters, create_graph=True)
    # The derivative of the gradient's squared norm, where it has one.
    norm = sum(g.square().sum() for g in grads)
    seconds = torch.autograd.grad(norm, parameters)
    with torch.no_grad():
        for name, parameter, grad, second in zip(names, parameters, grads, seconds):
            golden[f"grad.{name}"] = grad
            golden[f"second.{name}"] = second
            parameter -= LR * grad
    for name, buffer in model.named_buffers():
        if buffer.is_floating_point():
            golden[f"buffer.{name}"] = buffer.clone()
    golden["stepped"] = model.eval()(golden["image"])
    save_safetensors(FOLDER / "script.safetensors", golden)


main()
