"""Writes operators.json and printing.json beside this file: what Python's torch computes and prints.

Run it with a Python whose torch is the LibTorch that the addon is built with (Debian: python3-torch,
/usr/bin/python3). The tests only read the files. cases.py holds the cases of operators.json.

First derivatives are of L1 = weighted(outputs), second ones of L2 = weighted(L1's gradients), with the
formula of `weighted`, which parity.test.ts repeats; its square makes L2 depend on every input.
"""

import base64
import json
import pathlib

import torch
from cases import CASES

HERE = pathlib.Path(__file__).parent
torch.set_num_threads(1)


def flat(values):
    """The tensors in nested lists and tuples, in order; other values stay single items."""
    if isinstance(values, (list, tuple)):
        return [leaf for value in values for leaf in flat(value)]
    return [values]


def mapped(value, change):
    if isinstance(value, list):
        return [mapped(item, change) for item in value]
    return change(value) if isinstance(value, torch.Tensor) else value


def encode(value):
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    if isinstance(value, torch.Tensor):
        value = value.detach().resolve_conj().resolve_neg()
        last = value.dim() == 4 and value.is_contiguous(memory_format=torch.channels_last)
        raw = value.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if value.numel() else b''
        return {
            'dtype': str(value.dtype).removeprefix('torch.'),
            'shape': list(value.shape),
            'data': base64.b64encode(raw).decode(),
            **({'format': 'channelsLast'} if last and not value.is_contiguous() else {}),
        }
    if isinstance(value, torch.Generator):
        return {'seed': value.initial_seed()}
    return str(value).removeprefix('torch.') if isinstance(value, torch.dtype) else value


def weighted(tensors):
    """The sum of w (y + y^2 / 2) over all elements y, with w = ((7 k) mod 13 - 6) / 4 for a tensor's k-th."""
    total = 0
    for tensor in tensors:
        weights = ((7 * torch.arange(tensor.numel()) % 13 - 6) / 4).reshape(tensor.shape)
        # A complex number counts as its real part plus half its imaginary part.
        real = tensor.real + 0.5 * tensor.imag if tensor.is_complex() else tensor
        total = total + (weights.to(real.dtype) * (real + real.square() / 2)).sum()
    return total


def differentiable(tensors):
    return [t for t in tensors if isinstance(t, torch.Tensor) and t.requires_grad]


def gradients(loss, inputs, create_graph):
    return torch.autograd.grad(loss, inputs, create_graph=create_graph, allow_unused=True)


def schema_of(case):
    base, _, overload = case.operator.partition('.')
    operator = getattr(getattr(torch.ops.aten, base), overload or 'default')
    return operator, operator._schema.arguments


def named_arguments(case):
    _, schema = schema_of(case)
    return {**dict(zip((a.name for a in schema), case.arguments)), **case.named}


def call(case, arguments):
    """The operator's results: what it returns, or what it wrote, then what `after` names."""
    operator, schema = schema_of(case)
    written = [a.name for a in schema if a.alias_info is not None and a.alias_info.is_write]
    arguments = {
        name: mapped(value, torch.clone) if name in written or name in case.after else value
        for name, value in arguments.items()
    }
    for value in arguments.values():
        if isinstance(value, torch.Generator):
            value.manual_seed(value.initial_seed())  # the stream starts anew for every call
    count = len(case.arguments)
    names = list(arguments)
    result = operator(*(arguments[n] for n in names[:count]), **{n: arguments[n] for n in names[count:]})
    results = flat([arguments[name] for name in written] or [result])
    results = results if case.outputs is None else [results[k] for k in case.outputs]
    return results + flat([arguments[name] for name in case.after if arguments[name] is not None])


# What LibTorch 1.13 has no derivative for: operators, and arguments of any or of one other.
CONSTANT_OPERATORS = {'aminmax', 'bincount', 'unique_dim'}
CONSTANT_ARGUMENTS = {
    'running_mean', 'running_var', 'pos_weight', 'soft_margin_loss target',
    *(f'{loss} weight' for loss in ('binary_cross_entropy', 'cross_entropy_loss', 'nll_loss', 'nll_loss2d')),
}


def with_gradients(case):
    """The results in float32 with first and, where asked, second gradients; None where nothing has one."""
    if case.operator in CONSTANT_OPERATORS or case.operator.startswith('_foreach'):
        return {}

    def leaf(name):
        constant = CONSTANT_ARGUMENTS & {name, f'{case.operator} {name}'}
        return lambda t: t.clone().requires_grad_(
            not constant and (t.is_floating_point() or t.is_complex()))

    arguments = named_arguments(case)
    arguments = {name: mapped(value, leaf(name)) for name, value in arguments.items()}
    outputs = differentiable(call(case, arguments))
    inputs = differentiable(flat(list(arguments.values())))
    if not outputs or not inputs:
        return {}
    names = [name for name, value in arguments.items() if differentiable(flat(value))]
    first = gradients(weighted(outputs), inputs, case.second)
    if not case.second:
        return {'inputs': names, 'first': first}
    second = gradients(weighted(differentiable(first)), inputs, False)
    return {'inputs': names, 'first': first, 'second': second}


CASTS = {
    'float64': {torch.float32: torch.float64, torch.complex64: torch.complex128},
    'bfloat16': {torch.float32: torch.bfloat16},
}


def in_dtype(case, cast):
    """The results with every tensor cast; None where nothing changes or LibTorch has no such kernel."""
    arguments = named_arguments(case)
    tensors = [t for t in flat(list(arguments.values())) if isinstance(t, torch.Tensor)]
    if not any(t.dtype in cast for t in tensors):
        return None
    change = lambda t: t.to(cast.get(t.dtype, t.dtype))  # noqa: E731
    try:
        return call(case, {name: mapped(value, change) for name, value in arguments.items()})
    except RuntimeError as error:
        print(f'{case.operator}: {str(error).splitlines()[0]}')  # "not implemented for 'BFloat16'"
        return None


def record(case):
    other = {name: in_dtype(case, cast) for name, cast in CASTS.items()}
    parts = {
        'results': call(case, named_arguments(case)),
        **with_gradients(case),
        **{name: results for name, results in other.items() if results is not None},
    }
    return {
        'operator': case.operator,
        'arguments': {name: encode(value) for name, value in named_arguments(case).items()},
        **({'outputs': case.outputs} if case.outputs else {}),
        **({'after': case.after} if case.after else {}),
        **{name: encode(values) for name, values in parts.items()},
    }


def write(name, entries):
    lines = ',\n'.join(json.dumps(entry, separators=(',', ':')) for entry in entries)
    (HERE / name).write_text(f'[\n{lines}\n]\n')
    print(f'{name}: {len(entries)} entries, {(HERE / name).stat().st_size} bytes')


PRINTED = [
    torch.tensor(3.5),
    torch.tensor([1.0, 2.0, -3.0]),
    torch.tensor([[0.1, -2.25], [10.0, 3.14159]]),
    torch.tensor([1e-5, 1.0, 1000.5]),
    torch.tensor([1e10, 1.0]),
    torch.tensor([float('nan'), float('inf'), -float('inf'), 1.5]),
    torch.tensor([-0.0, 0.0]),
    torch.tensor([-0.0, 0.5, float('nan')]),
    torch.tensor([0.03125, -0.09375, 0.15625]),
    torch.tensor([100005.0, 100015.0, 1.0]),
    torch.tensor([1234567.0, 0.5]),
    torch.tensor(1e-7),
    torch.tensor([[1, -20], [300, 4]]),
    torch.tensor([2**40, 1]),
    torch.tensor([1, 200], dtype=torch.uint8),
    torch.tensor([[True, False]]),
    torch.tensor([1 + 2j, -0.5 - 10j]),
    torch.tensor([0.1, 2.5], dtype=torch.bfloat16),
    torch.tensor([0.1, -2.5], dtype=torch.float16),
    torch.tensor([0.1], dtype=torch.float64),
    torch.tensor([0.25], requires_grad=True),
    torch.arange(9.0, dtype=torch.float64, requires_grad=True),
    torch.arange(12.0, dtype=torch.float64, requires_grad=True),
    torch.empty(0),
    torch.empty(2, 0),
    torch.empty(0, dtype=torch.int64),
    torch.arange(30.0),
    torch.arange(60),
    torch.arange(24.0).reshape(2, 3, 4),
    torch.arange(16.0).reshape(2, 2, 2, 2) / 8,
    torch.arange(1001),
    torch.arange(1200.0).reshape(30, 40) / 7,
    torch.arange(1080.0).reshape(9, 10, 12),
]


def printed(tensor):
    return {'tensor': encode(tensor), 'requiresGrad': tensor.requires_grad, 'text': str(tensor)}


write('operators.json', [record(case) for case in CASES])
write('printing.json', [printed(tensor) for tensor in PRINTED])
