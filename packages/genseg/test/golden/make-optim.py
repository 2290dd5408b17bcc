"""Makes optim.json, ten steps of PyTorch's optimisers in float64, the reference of src/optim:
`python3 make-optim.py` in this folder. Written with PyTorch 1.13."""

import json

import torch

torch.manual_seed(20250730)
STEPS = 10
LR_FACTORS = [1.0] * 5 + [0.3] * 5  # the rate changes between steps, as under a schedule

values = [torch.randn(2, 3, dtype=torch.float64), torch.randn(4, dtype=torch.float64)]
gradients = [[torch.randn_like(v) for v in values] for _ in range(STEPS)]
for step in gradients:
    step[1][0] = 0  # a weight that never gets a gradient
    step[1][1] *= 1e-6  # one at the size of eps

CASES = [
    ("SGD", 0.1, {}),
    ("SGD", 0.1, {"weight_decay": 0.01}),
    ("SGD", 0.05, {"momentum": 0.9, "weight_decay": 0.01}),
    ("SGD", 0.05, {"momentum": 0.9, "nesterov": True}),
    ("RMSprop", 0.01, {}),
    ("RMSprop", 0.01, {"alpha": 0.9, "eps": 1e-3}),
    ("RMSprop", 1e-3, {"momentum": 0.9, "weight_decay": 0.1}),
    ("Adam", 0.01, {}),
    ("Adam", 0.01, {"betas": [0.5, 0.999], "eps": 1e-3}),
    ("Adam", 0.01, {"weight_decay": 0.1}),
    ("AdamW", 0.01, {}),
    ("AdamW", 0.01, {"betas": [0.5, 0.9], "eps": 1e-6, "weight_decay": 0.3}),
]


def run(name, lr, options):
    """The values after steps 1, 2 and STEPS."""
    parameters = [v.clone().requires_grad_() for v in values]
    optimizer = getattr(torch.optim, name)(parameters, lr=lr, **options)
    seen = {}
    for step, (factor, step_gradients) in enumerate(zip(LR_FACTORS, gradients), start=1):
        optimizer.param_groups[0]["lr"] = lr * factor
        for parameter, gradient in zip(parameters, step_gradients):
            parameter.grad = gradient.clone()
        optimizer.step()
        if step in (1, 2, STEPS):
            seen[step] = [p.tolist() for p in parameters]
    return seen


def camel(name):
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


golden = {
    "values": [v.tolist() for v in values],
    "gradients": [[g.tolist() for g in step] for step in gradients],
    "lrFactors": LR_FACTORS,
    "cases": [
        {
            "name": name,
            "lr": lr,
            "options": {camel(key): value for key, value in options.items()},
            "after": run(name, lr, options),
        }
        for name, lr, options in CASES
    ],
}

with open("optim.json", "w") as file:
    json.dump(golden, file, separators=(",", ":"))
    file.write("\n")
