"""Makes nn.json, the reference values of src/nn, with PyTorch: `python3 make-nn.py` in this folder.
Written with torch 1.13."""

import json

import torch
from torch import nn
from torch.nn import functional as F

from wave import wave


def rounded(tensor):
    return [float(f"{x:.7g}") for x in tensor.detach().flatten().tolist()]


def layer(module, shape):
    """Weights drawn from seed 5, the output, and the gradient of <output, wave> by input."""
    x = wave(shape).requires_grad_()
    y = module(x)
    (gradient,) = torch.autograd.grad((y * wave(y.shape, 3)).sum(), [x])
    return {
        "state": {name: rounded(value) for name, value in module.state_dict().items()},
        "shape": list(y.shape),
        "output": rounded(y),
        "gradient": rounded(gradient),
    }


def drawn(make):
    torch.manual_seed(5)
    return make()


def normalised(module):
    """The layer in training, its state after one pass, and its output in evaluation."""
    if module.weight is not None:
        with torch.no_grad():
            module.weight.copy_(wave(module.weight.shape, 1))
            module.bias.copy_(wave(module.bias.shape, 2))
    result = layer(module, [2, 4, 3, 3])
    module.eval()
    result["evaluation"] = rounded(module(wave([2, 4, 3, 3])))
    return result


def segmentation(classes):
    logits = (2 * wave([2, classes, 3, 4])).requires_grad_()
    count = max(classes, 2)
    mask = (torch.arange(24).reshape(2, 3, 4) * 7 // 5) % count
    if classes == 1:
        target = mask[:, None].float()
        entropy = F.binary_cross_entropy_with_logits(logits, target)
    else:
        entropy = F.cross_entropy(logits, mask)
    (gradient,) = torch.autograd.grad(entropy, [logits])
    return {"mask": mask.flatten().tolist(), "entropy": entropy.item(), "gradient": rounded(gradient)}


json.dump(
    {
        "layers": {
            "conv": layer(drawn(lambda: nn.Conv2d(3, 4, 3, stride=2, padding=1)), [2, 3, 7, 6]),
            "linear": layer(drawn(lambda: nn.Linear(3, 4)), [2, 5, 3]),
            "transposed": layer(drawn(lambda: nn.ConvTranspose2d(3, 2, 4, stride=2, padding=1)), [2, 3, 3, 4]),
        },
        "norms": {
            "batch": normalised(nn.BatchNorm2d(4)),
            "instance": normalised(nn.InstanceNorm2d(4)),
            "layer": normalised(nn.LayerNorm(3)),
        },
        "segmentation": {str(classes): segmentation(classes) for classes in (1, 3)},
    },
    open("nn.json", "w"),
)
