"""Makes deeplab.json, the reference values of src/models/deeplab, with torchvision's own classes:
`python3 make-deeplab.py` in this folder. Written with torch 1.13 and torchvision 0.14.

Key names and shapes are those of deeplabv3_resnet50. Numbers come from the same network with two channels in
place of 64, in float64 and without dropout, from weights by formula, on an image large enough that
the pyramid's outermost taps fall on features."""

import json

import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models._utils import IntermediateLayerGetter
from torchvision.models.resnet import Bottleneck, ResNet
from torchvision.models.segmentation import DeepLabV3, deeplabv3_resnet50
from torchvision.models.segmentation.deeplabv3 import ASPP
from torchvision.models.segmentation.fcn import FCNHead

from wave import wave


class NarrowResNet(ResNet):
    """torchvision's encoder with `width` channels in place of 64, and all others in proportion."""

    def __init__(self, channels, width):
        self.width = width
        super().__init__(Bottleneck, [3, 4, 6, 3], replace_stride_with_dilation=[False, True, True])
        self.conv1 = nn.Conv2d(channels, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)

    def _make_layer(self, block, planes, *rest, **options):
        if planes == 64:
            self.inplanes = self.width
        return super()._make_layer(block, planes * self.width // 64, *rest, **options)


def narrow(channels, planes, width):
    layers = {"layer4": "out", "layer3": "aux"}
    encoder = IntermediateLayerGetter(NarrowResNet(channels, width), return_layers=layers)
    inside = 4 * width
    head = nn.Sequential(
        ASPP(32 * width, [12, 24, 36], inside),
        nn.Conv2d(inside, inside, 3, padding=1, bias=False),
        nn.BatchNorm2d(inside),
        nn.ReLU(),
        nn.Conv2d(inside, planes, 1),
    )
    return DeepLabV3(encoder, head, FCNHead(16 * width, planes))


def without_dropout(net):
    for module in net.modules():
        if isinstance(module, nn.Dropout):
            module.eval()
    return net


def fill(net):
    """What `fill` in deeplab.test.ts puts there: by position, kind and size."""
    with torch.no_grad():
        for k, (name, value) in enumerate(net.state_dict().items()):
            numbers = wave(value.shape, k).double() if value.dim() else None
            if value.dim() == 4:
                value.copy_(numbers * value[0].numel() ** -0.5)
            elif name.endswith("weight") or name.endswith("var"):
                value.copy_(1 + 0.3 * numbers)
            elif value.dim() == 1:
                value.copy_(0.1 * numbers)
    return net


def summary(tensor):
    values = tensor.detach().flatten()
    every = values.numel() // 40
    return {
        "every": every,
        "norm": float(f"{values.norm().item():.14g}"),
        "values": [float(f"{x:.14g}") for x in values[::every].tolist()],
    }


def passes():
    net = fill(narrow(3, 2, 2).double())
    names = list(net.state_dict())
    coarse = F.interpolate(wave([3, 3, 12, 5]).double(), size=(300, 61), mode="bilinear")
    image = (coarse + 0.5 * wave([3, 3, 300, 61], 1).double()).requires_grad_()
    net.eval()
    evaluation = summary(net(image)["out"])

    without_dropout(net.train())
    output = net(image)
    loss = sum((output[key] * wave(output[key].shape, i + 1).double()).mean() for i, key in enumerate(("out", "aux")))
    parameters = dict(net.named_parameters())
    gradients = torch.autograd.grad(loss, [image, *parameters.values()])
    with torch.no_grad():
        for p, g in zip(parameters.values(), gradients[1:]):
            p -= g
    net.eval()
    return {
        "names": names,
        "shape": list(output["out"].shape),
        "evaluation": evaluation,
        "training": {"logits": summary(output["out"]), "auxiliary": summary(output["aux"])},
        "inputGradient": summary(gradients[0]),
        "gradientNorms": {name: g.norm().item() for name, g in zip(parameters, gradients[1:])},
        "afterOneStep": summary(net(image)["out"]),
    }


def full_width():
    net = deeplabv3_resnet50(weights=None, weights_backbone=None, num_classes=21, aux_loss=True)
    return {name: list(value.shape) for name, value in net.state_dict().items()}


def first_weights():
    """As ResNet's constructor draws them."""
    torch.manual_seed(5)
    weight = torch.empty(4, 3, 3, 3)
    nn.init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu")
    return weight.flatten().tolist()


if __name__ == "__main__":
    made = {"fullWidth": full_width(), "firstWeights": first_weights(), "narrow": passes()}
    json.dump(made, open("deeplab.json", "w"))
