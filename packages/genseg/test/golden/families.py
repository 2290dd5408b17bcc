"""The four families in PyTorch, with first weights as PyTorch draws them, for test/python.test.ts.

    families.py begin FOLDER    <name>.safetensors: the weights; <name>-expected.safetensors: image, mask, logits; the loss
                                of a training step, and logits after it, in float64
    families.py read FOLDER     <name>/model.safetensors, written by genseg, into the same modules; <name>-read.safetensors:
                                their logits

DeepLabV3 is torchvision's, the others are written in plain PyTorch under the key names of the published code.
"""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
RATE = 0.05
SIZE = 64


def script(path):
    spec = spec_from_file_location(path.stem.replace("-", "_"), path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


save = script(HERE / "../../../../examples/pytorch/export_weights.py").save_safetensors

try:
    from safetensors.torch import load_file
except ImportError:
    load_file = script(HERE / "read_safetensors.py").load_file


def deeplab():
    net = script(HERE / "make-deeplab.py").narrow(1, 1, 8)
    net.aux_classifier = None
    return net


BUILD = {
    "unet": lambda: script(HERE / "make-script.py").UNet(1, 1, 8),
    "deeplabv3": deeplab,
    "resunet": lambda: script(HERE / "make-resunet.py").ResUNet(1, 1, 4, 4),
    "swin-unet": lambda: script(HERE / "make-swin.py").SwinUNet(1, 1, 12, 1, 7),
}


def outputs_of(net, image):
    """Logits, the highest resolution first."""
    result = net(image)
    if isinstance(result, dict):
        return [result["out"]]
    return result if isinstance(result, list) else [result]


def loss_of(outputs, mask):
    """Cross-entropy and soft Dice, each output with half the weight of the one before."""
    total = 0.0
    for i, logits in enumerate(outputs):
        target = F.interpolate(mask, size=logits.shape[2:])
        p = logits.sigmoid()
        dice = (2 * (p * target).sum((2, 3)) + 1) / ((p + target).sum((2, 3)) + 1)
        term = F.binary_cross_entropy_with_logits(logits, target) + 1 - dice.mean()
        total = total + term * 2**-i
    return total / sum(2**-i for i in range(len(outputs)))


def begin(folder):
    for seed, (name, build) in enumerate(BUILD.items()):
        torch.manual_seed(seed)
        net = build()
        for key, value in net.named_parameters():
            if key.endswith("bias_table"):
                nn.init.trunc_normal_(value, std=0.02)  # zeros would show nothing
        save(folder / f"{name}.safetensors", net.state_dict())
        image = torch.rand(2, 1, SIZE, SIZE)
        mask = (torch.rand(2, 1, SIZE, SIZE) > 0.5).float()
        with torch.no_grad():
            logits = outputs_of(net.eval(), image)[0]
        net.train()
        for module in net.modules():
            if isinstance(module, nn.Dropout):
                module.eval()
        net.double()
        loss = loss_of(outputs_of(net, image.double()), mask.double())
        loss.backward()
        torch.optim.SGD(net.parameters(), RATE).step()
        with torch.no_grad():
            stepped = outputs_of(net.eval(), image.double())[0]
        expected = {"image": image, "mask": mask, "logits": logits, "loss": loss, "stepped": stepped}
        save(folder / f"{name}-expected.safetensors", expected)


def read(folder):
    for name, build in BUILD.items():
        net = build().eval()
        net.load_state_dict(load_file(folder / name / "model.safetensors"))
        image = load_file(folder / f"{name}-expected.safetensors")["image"]
        with torch.no_grad():
            save(folder / f"{name}-read.safetensors", {"logits": outputs_of(net, image)[0]})


if __name__ == "__main__":
    {"begin": begin, "read": read}[sys.argv[1]](Path(sys.argv[2]))
