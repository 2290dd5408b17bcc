"""Python's half of the iteration benchmark: one GenSeg iteration as a user of PyTorch would write it.

The mathematics are those of iteration.mjs: a step of the discriminator and of the generator (level I), a
step of the segmentation model on real and synthetic pairs (II), and a step of the architecture along
the exact gradient of the validation loss through both of these steps (III). Written plainly: each candidate
is a layer of its own, updates that must be differentiated are written as functions of their gradients,
and autograd records it all. Nothing is evaluated twice.

Answers requests, one line of JSON each, until its input ends.
"""

import ctypes
import json
import os
import sys
from contextlib import nullcontext
from time import perf_counter

import torch
from torch import nn
from torch.autograd import grad
from torch.nn.functional import binary_cross_entropy_with_logits, leaky_relu, relu, softplus
from torch.nn.utils.stateless import functional_call

from unet import UNet, load_safetensors


class Mixed(nn.Module):
    """The candidates of one level, weighted by softmax(alpha)."""

    def __init__(self, layer, inputs, outputs, bias):
        super().__init__()
        self.candidates = nn.ModuleList(
            layer(inputs, outputs, k, stride=2, padding=k // 2 - 1, bias=False) for k in (4, 6, 8)
        )
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None

    def forward(self, x, alpha):
        y = sum(share * layer(x) for share, layer in zip(alpha.softmax(0), self.candidates))
        return y if self.bias is None else y + self.bias[:, None, None]


class Level(nn.Module):
    def __init__(self, layer, inputs, outputs, normalised):
        super().__init__()
        self.op = Mixed(layer, inputs, outputs, bias=not normalised)
        self.norm = nn.BatchNorm2d(outputs) if normalised else nn.Identity()

    def forward(self, x, alpha):
        return self.norm(self.op(x, alpha))


class Generator(nn.Module):
    """pix2pix's U-Net from masks to images in 0..1; dropout is left out, so that both halves compute the same."""

    def __init__(self, masks, images, width, depth):
        super().__init__()
        self.depth = depth
        channels = [masks] + [width * min(2**i, 8) for i in range(depth)]
        for level in range(1, depth + 1):
            normalised = 1 < level < depth
            setattr(self, f"down{level}",
                    Level(nn.Conv2d, channels[level - 1], channels[level], normalised))
        for i in range(depth):
            level = depth - i
            inputs = channels[level] * (1 if level == depth else 2)
            outputs = images if level == 1 else channels[level - 1]
            setattr(self, f"up{i + 1}", Level(nn.ConvTranspose2d, inputs, outputs, level > 1))

    def forward(self, mask, alphas):
        features = []
        x = mask * 2 - 1
        for i in range(self.depth):
            x = getattr(self, f"down{i + 1}")(leaky_relu(x, 0.2) if i else x, alphas[i])
            features.append(x)
        x = self.up1(relu(features.pop()), alphas[self.depth])
        for i in range(1, self.depth):
            x = relu(torch.cat([features.pop(), x], 1))
            x = getattr(self, f"up{i + 1}")(x, alphas[self.depth + i])
        return (x.float().tanh() + 1) / 2


class Discriminator(nn.Module):
    """The 70 x 70 PatchGAN."""

    def __init__(self, inputs, width):
        super().__init__()
        layers = [nn.Conv2d(inputs, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        for i in range(3):
            before, after = width * 2**i, width * 2 ** (i + 1)
            layers += [
                nn.Conv2d(before, after, 4, 2 if i < 2 else 1, 1, bias=False),
                nn.BatchNorm2d(after),
                nn.LeakyReLU(0.2),
            ]
        self.model = nn.Sequential(*layers, nn.Conv2d(8 * width, 1, 4, 1, 1))

    def forward(self, mask, image):
        return self.model(torch.cat([mask, image], 1) * 2 - 1)


def segmentation_loss(logits, target):
    """Binary cross-entropy and soft Dice."""
    logits = logits.float()
    p = logits.sigmoid()
    intersection, total = (p * target).sum((2, 3)), p.sum((2, 3)) + target.sum((2, 3))
    dice = (2 * intersection + 1) / (total + 1)
    return binary_cross_entropy_with_logits(logits, target) + 1 - dice.mean()


def root(square):
    """A weight that never had a gradient does not move; the root's derivative is infinite there."""
    return torch.where(square > 0, square, torch.full_like(square, float("inf"))).sqrt()


class Adam:
    """As a function of its gradients, so that what it makes of them can be differentiated."""

    def __init__(self, parameters, lr, betas):
        self.lr, self.betas, self.step = lr, betas, 0
        self.state = [(torch.zeros_like(p), torch.zeros_like(p)) for p in parameters]

    def __call__(self, parameters, gradients):
        self.step += 1
        b1, b2 = self.betas
        updated, state = [], []
        for p, g, (m, s) in zip(parameters, gradients, self.state):
            m = b1 * m + (1 - b1) * g
            s = b2 * s + (1 - b2) * g * g
            denominator = root(s) / (1 - b2**self.step) ** 0.5 + 1e-8
            updated.append(p - self.lr / (1 - b1**self.step) * m / denominator)
            state.append((m, s))
        self.state = [(m.detach(), s.detach()) for m, s in state]
        return updated


class RMSprop:
    """The same, with momentum and weight decay."""

    def __init__(self, parameters, lr, momentum, decay):
        self.lr, self.momentum, self.decay = lr, momentum, decay
        self.state = [(torch.zeros_like(p), torch.zeros_like(p)) for p in parameters]

    def __call__(self, parameters, gradients):
        updated, state = [], []
        for p, g, (s, v) in zip(parameters, gradients, self.state):
            g = g + self.decay * p
            s = 0.99 * s + 0.01 * g * g
            v = self.momentum * v + g / (root(s) + 1e-8)
            updated.append(p - self.lr * v)
            state.append((s, v))
        self.state = [(s.detach(), v.detach()) for s, v in state]
        return updated


def commit(parameters, values):
    with torch.no_grad():
        for p, value in zip(parameters, values):
            p.copy_(value)


def meter_of(device, library):
    """What was spent so far: operators that the device in software was asked for, or else seconds."""
    if device != "software":
        def now():
            if device == "cuda":
                torch.cuda.synchronize()
            return perf_counter()

        return now
    native = ctypes.CDLL(library, os.RTLD_LAZY)  # its functions of Node are never called here
    total = 0

    def asked():
        nonlocal total
        total += native.software_device_operators()
        return total

    return asked


def make_iteration(file, threads, width, size, depth, precision, layout, device, rates, library=None, **_):
    """Number of parameters, and one iteration, which returns losses and what each stage cost."""
    now = meter_of(device, library)
    if device == "software":
        device = "privateuseone:0"  # LibTorch's name of it
    torch.set_num_threads(threads)
    torch.backends.cudnn.benchmark = device == "cuda"
    state = {name: value.to(device) for name, value in load_safetensors(file).items()}
    parts = {"generator": Generator(1, 3, width, depth), "discriminator": Discriminator(4, width),
             "segmenter": UNet(3, 1, width)}
    for name, module in parts.items():
        prefix = f"{name}."
        own = {k[len(prefix):]: v for k, v in state.items() if k.startswith(prefix)}
        module.to(device).load_state_dict(own)
    generator, discriminator, segmenter = parts.values()
    alphas = [state[f"alpha.{i}"].clone().requires_grad_() for i in range(2 * depth)]
    image, mask, drawn, val_image, val_mask = (
        state[k].clone() for k in ("image", "mask", "drawn", "valImage", "valMask"))
    del state
    if layout == "channels-last":
        for module in parts.values():
            module.to(memory_format=torch.channels_last)
        image, val_image = (x.contiguous(memory_format=torch.channels_last) for x in (image, val_image))
    theta, w = dict(generator.named_parameters()), dict(segmenter.named_parameters())
    foreach = device != "cpu"  # as PyTorch 2 chooses itself on CUDA
    update_discriminator = torch.optim.Adam(
        discriminator.parameters(), rates["gan"], (0.5, 0.999), foreach=foreach)
    update_generator = Adam(theta.values(), rates["gan"], (0.5, 0.999))
    update_segmenter = RMSprop(w.values(), rates["segmentation"], 0.9, 1e-8)
    update_alphas = torch.optim.Adam(alphas, rates["architecture"], weight_decay=1e-5, foreach=foreach)
    low = precision == "bf16"

    def autocast():
        return torch.autocast(device, torch.bfloat16) if low else nullcontext()

    def iterate():
        times = [now()]
        with autocast():
            with torch.no_grad():
                fake = generator(mask, alphas)
            real_logits, fake_logits = discriminator(mask, image), discriminator(mask, fake)
            d_loss = (softplus(-real_logits.float()).mean() + softplus(fake_logits.float()).mean()) / 2
        update_discriminator.zero_grad(set_to_none=True)
        d_loss.backward()
        update_discriminator.step()
        times.append(now())

        with autocast():
            fake = generator(mask, alphas)
            judged = softplus(-discriminator(mask, fake).float()).mean()
            g_loss = judged + 200 * (fake - image).abs().mean()
        gradients = grad(g_loss, list(theta.values()), create_graph=True)
        theta_after = dict(zip(theta, update_generator(theta.values(), gradients)))
        times.append(now())

        with autocast():
            synthetic = functional_call(generator, theta_after, (drawn, alphas))
            logits = segmenter(torch.cat([image, synthetic]))
            real, other = logits.split([len(image), len(synthetic)])
            s_loss = segmentation_loss(real, mask) + segmentation_loss(other, drawn)
        gradients = grad(s_loss, list(w.values()), create_graph=True)
        w_after = dict(zip(w, update_segmenter(w.values(), gradients)))
        times.append(now())

        segmenter.eval()
        with autocast():
            v_loss = segmentation_loss(functional_call(segmenter, w_after, (val_image,)), val_mask)
        segmenter.train()
        gradients = grad(v_loss, alphas)
        update_alphas.zero_grad(set_to_none=True)
        for alpha, g in zip(alphas, gradients):
            alpha.grad = g
        update_alphas.step()
        commit(theta.values(), theta_after.values())
        commit(w.values(), w_after.values())
        times.append(now())
        norm = sum((g.double() ** 2).sum().item() for g in gradients) ** 0.5
        return {
            "stages": [after - before for before, after in zip(times, times[1:])],
            "losses": [x.item() for x in (d_loss, g_loss, s_loss, v_loss)] + [norm],
        }

    return sum(p.numel() for module in parts.values() for p in module.parameters()), iterate


iterate = None


def prepare(**request):
    global iterate
    parameters, iterate = make_iteration(**request)
    return parameters


def iterations(count):
    return [iterate() for _ in range(count)]


def device_memory():
    free, total = torch.cuda.mem_get_info()
    return total - free


answers = {"prepare": prepare, "iterations": iterations, "deviceMemory": device_memory}
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps(answers[request.pop("action")](**request)), flush=True)
