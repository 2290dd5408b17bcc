"""Writes the weights of a PyTorch checkpoint as safetensors, for `genseg train --weights`.

    python3 examples/pytorch/export_weights.py resnet50.pth resnet50.safetensors --imagenet

Takes what torch.save wrote: a state dict, or a dict with one under `state_dict`, `model_state_dict` or `model`, as
training scripts leave. Needs torch alone. Names are kept: genseg finds them below a prefix by itself.

Images reach a network of genseg in 0..1 and with the channels of the data set. What was trained otherwise is brought
to that here, in the first convolution and the batch normalisation after it:

--imagenet  the network took images less ImageNet's mean, over its deviation. Exact but for the padding of images.
--gray      the network took three channels, and shall take one. Exact where all three were the gray image.
"""

import argparse
import json
import struct
from typing import Dict

import torch

MEAN = torch.tensor([0.485, 0.456, 0.406])
DEVIATION = torch.tensor([0.229, 0.224, 0.225])
TYPES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.int64: "I64", torch.int32: "I32",
    torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL",
}  # fmt: skip

State = Dict[str, torch.Tensor]


def state_of(checkpoint) -> State:
    for key in ("state_dict", "model_state_dict", "model"):
        if isinstance(checkpoint, dict) and isinstance(checkpoint.get(key), dict):
            checkpoint = checkpoint[key]
    if not isinstance(checkpoint, dict):
        raise SystemExit(f"expected a state dict, got {type(checkpoint).__name__}: save model.state_dict()")
    state = {name: value for name, value in checkpoint.items() if isinstance(value, torch.Tensor)}
    if not state:
        raise SystemExit(f"there are no tensors in it, only {', '.join(map(str, list(checkpoint)[:5]))}")
    return state


def first_convolution(state: State) -> str:
    for name, value in state.items():
        if value.dim() == 4 and value.shape[1] == 3:
            return name
    raise SystemExit("no convolution of three channels is in it, so --imagenet and --gray have no meaning")


def take_plain_images(state: State) -> None:
    """conv((x - mean) / deviation) = conv'(x) - shift, and the shift goes to what is added next."""
    name = first_convolution(state)
    weight = state[name] / DEVIATION.reshape(1, 3, 1, 1)
    shift = (weight * MEAN.reshape(1, 3, 1, 1)).sum((1, 2, 3))
    state[name] = weight
    bias = name.replace("weight", "bias")
    if bias in state:
        state[bias] = state[bias] - shift
        return
    means = [key for key in state if key.endswith("running_mean")]
    if not means or state[means[0]].shape != shift.shape:
        raise SystemExit(f"{name} has neither a bias nor batch normalisation after it to take --imagenet's shift")
    state[means[0]] = state[means[0]] + shift


def take_gray_images(state: State) -> None:
    name = first_convolution(state)
    state[name] = state[name].sum(1, keepdim=True)


def save_safetensors(path: str, state: State) -> None:
    """The format: eight bytes of length, a JSON header, then the elements of all tensors."""
    tensors = {name: value.detach().cpu().contiguous() for name, value in state.items()}
    for name, value in tensors.items():
        if value.dtype not in TYPES:
            tensors[name] = value.float()  # bfloat16, which numpy does not have
    header, end = {}, 0
    for name, value in tensors.items():
        begin, end = end, end + value.numel() * value.element_size()
        header[name] = {"dtype": TYPES[value.dtype], "shape": list(value.shape), "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for value in tensors.values():
            file.write(value.numpy().tobytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", help="what torch.save wrote")
    parser.add_argument("out", help="the safetensors file")
    parser.add_argument("--imagenet", action="store_true", help="it took images normalised as for ImageNet")
    parser.add_argument("--gray", action="store_true", help="let it take gray images")
    options = parser.parse_args()
    state = state_of(torch.load(options.checkpoint, map_location="cpu", weights_only=True))
    if options.imagenet:
        take_plain_images(state)
    if options.gray:
        take_gray_images(state)
    save_safetensors(options.out, state)
    print(f"{options.out}: {len(state)} tensors, {sum(value.numel() for value in state.values()):,} values")


if __name__ == "__main__":
    main()
