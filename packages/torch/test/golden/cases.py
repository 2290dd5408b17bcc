"""The cases of the parity test, one or more for each operator of ops.txt; make-golden.py runs them.

case(operator, *arguments in schema order, **arguments by schema name), with three words of its own:
  second   also take second derivatives
  outputs  compare and differentiate only these results (the others are not unique, or unspecified)
  after    arguments that the operator changes although its schema does not say so; compared too

Tensors are recipes, drawn from a seed of the case's own, so that an insertion changes no other case.
All numbers are small multiples of 1/64, which every floating-point dtype holds exactly, and distinct
where they are fewer than 511, so that no maximum, sort or kink depends on rounding.
"""

import zlib
from collections import namedtuple

import torch

Case = namedtuple('Case', 'operator arguments named second outputs after')
Recipe = namedtuple('Recipe', 'make format')
CASES = []


def recipe(make):
    return lambda *arguments: Recipe(lambda generator: make(generator, *arguments), None)


def steps(generator, shape, lowest, highest, unit):
    values = torch.tensor([k for k in range(lowest, highest + 1) if k != 0]) / unit
    count = torch.Size(shape).numel()
    if count > len(values):
        picked = torch.randint(len(values), (count,), generator=generator)
    else:
        picked = torch.randperm(len(values), generator=generator)[:count]
    return values[picked].reshape(shape)


f = recipe(lambda g, *shape: steps(g, shape, -255, 255, 64))  # floats in (-4, 4) without 0
pos = recipe(lambda g, *shape: steps(g, shape, 1, 255, 64))  # in (0, 4)
unit = recipe(lambda g, *shape: steps(g, shape, 1, 255, 256))  # in (0, 1)
i = recipe(lambda g, low, high, *shape: torch.randint(low, high, shape, generator=g))
b = recipe(lambda g, *shape: torch.randint(2, shape, generator=g).bool())
spd = recipe(lambda g, n: (lambda a: a @ a.mT / n + torch.eye(n))(steps(g, (n, n), -255, 255, 64)))
c = recipe(lambda g, *shape: torch.view_as_complex(steps(g, (*shape, 2), -255, 255, 64)))
const = recipe(lambda g, values, dtype=torch.float32: torch.tensor(values, dtype=dtype))
nhwc = lambda made: made._replace(format='channelsLast')  # noqa: E731
random = lambda seed: torch.Generator().manual_seed(seed)  # noqa: E731


def case(operator, *arguments, second=False, outputs=None, after=(), **named):
    serial = sum(earlier.operator == operator for earlier in CASES)
    generator = random(zlib.crc32(f'{operator} {serial}'.encode()))

    def cook(value):
        if isinstance(value, list):
            return [cook(item) for item in value]
        if not isinstance(value, Recipe):
            return value
        made = value.make(generator)
        return made.contiguous(memory_format=torch.channels_last) if value.format else made

    arguments = [cook(value) for value in arguments]
    named = {name: cook(value) for name, value in named.items()}
    CASES.append(Case(operator, arguments, named, second, outputs, after))


def each(operators, *arguments, **named):
    for operator in operators.split():
        case(operator, *arguments, **named)


# creation
each('zeros ones', [2, 3], dtype=torch.float64)
each('zeros_like ones_like', f(2, 3))
case('full', [2, 2], 1.5)
case('full', [2], 3)
case('full_like', i(0, 9, 3), 7)
case('arange.start_step', 1, 10, 3)
case('arange.start_step', 0.5, 2)
case('linspace', -1, 1, 5)
case('eye', 3)
each('tril_indices triu_indices', 3, 4, -1)
case('hann_window', 8)

# random
case('rand.generator', [17], generator=random(1))
case('randn.generator', [17], generator=random(2))
case('randn.generator', [3, 4], generator=random(3))
case('randint.low_generator', -5, 5, [9], generator=random(4))
case('randperm.generator', 10, generator=random(5))
case('normal_', f(20), 1.0, 2.0, generator=random(6))
case('uniform_', f(3, 4), -1.0, 1.0, generator=random(7))
case('bernoulli.p', f(12), 0.25, generator=random(8))
case('bernoulli', unit(12), generator=random(9))
case('bernoulli_.float', f(12), 0.75, generator=random(10))
case('exponential_', f(12), 2.0, generator=random(11))
case('multinomial', unit(2, 6), 3, generator=random(12))
case('multinomial', unit(5), 8, True, generator=random(13))

# copies, types and memory
each('clone contiguous detach resolve_conj neg square', f(2, 3))
case('clone', nhwc(f(1, 2, 2, 2)))
case('resolve_conj', c(3))
case('copy_', f(2, 3), f(3))
case('to.dtype_layout', f(2, 3), dtype=torch.float64)
case('to.dtype_layout', f(2, 3), dtype=torch.int32)
case('fill_.Scalar', f(2, 3), 1.5)
case('zero_', f(2, 3))

# shape
each('view reshape', f(2, 6), [3, -1])
case('flatten.using_ints', f(2, 3, 4), 1)
case('unflatten.int', f(2, 6), 1, [2, 3])
case('squeeze', f(1, 2, 1))
case('squeeze.dim', f(1, 2, 1), 0)
case('unsqueeze', f(2, 3), -1)
each('transpose.int movedim.int', f(2, 3, 2), 0, 2)
case('permute', f(2, 3, 2), [2, 0, 1])
case('expand', f(2, 1), [3, -1, 2])
case('expand_as', f(2, 1), f(2, 3))
case('repeat', f(2, 2), [2, 1, 2])
case('repeat_interleave.self_int', f(2, 2), 2, 1)
case('roll', f(3, 4), [1, -1], [0, 1])
case('flip', f(2, 3), [0, 1])
case('narrow', f(2, 5), 1, 1, 3)
case('select.int', f(2, 3), 1, -1)
case('slice.Tensor', f(6, 2), 0, 1, 6, 2)
case('unfold', f(2, 7), 1, 3, 2)
case('cat', [f(2, 1), f(2, 3)], 1)
case('stack', [f(2, 2), f(2, 2)], -1)
case('split.Tensor', f(5, 2), 2)
case('split_with_sizes', f(2, 5), [1, 4], 1)
case('chunk', f(5, 2), 3)
case('unbind.int', f(2, 3), 1)
case('pixel_shuffle', f(1, 4, 2, 2), 2)
case('pixel_unshuffle', f(1, 1, 4, 4), 2)
case('meshgrid.indexing', [f(2), f(3)], indexing='ij')
each('tril triu', f(3, 4), 1)
case('diagonal', f(3, 4), 1)
each('tril triu', f(2, 3, 3))
case('im2col', f(1, 2, 4, 5), [2, 3], [1, 1], [1, 0], [2, 1])
case('col2im', f(1, 8, 9), [4, 4], [2, 2], [1, 1], [0, 0], [1, 1])
case('constant_pad_nd', f(2, 3), [1, 2, 0, 1], 0.5)
case('pad', f(1, 2, 3), [1, 1], 'reflect')
case('pad', f(1, 2, 3), [1, 1], value=0.25)
each('reflection_pad1d replication_pad1d', f(1, 2, 4), [1, 2], second=True)
each('reflection_pad2d replication_pad2d', f(1, 2, 3, 4), [1, 2, 1, 0], second=True)
each('reflection_pad3d replication_pad3d', f(1, 1, 3, 3, 2), [1, 1, 2, 0, 1, 1], second=True)

# indexing
case('index.Tensor', f(4, 3), [None, i(0, 3, 5)])
case('index.Tensor', f(4, 3), [i(0, 4, 2, 2), i(0, 3, 2)])
case('index_put_', f(4, 3), [const([0, 2], torch.int64)], f(2, 3))
case('index_put_', f(4, 3), [const([1, 1], torch.int64)], f(2, 3), True)
case('index_select', f(4, 3), 1, i(0, 3, 5))
each('index_add index_add_', f(4, 3), 0, i(0, 4, 5), f(5, 3), alpha=2)
case('index_copy_', f(4, 3), 0, const([3, 1], torch.int64), f(2, 3))
case('index_fill_.int_Scalar', f(4, 3), 1, const([0, 2], torch.int64), 1.5)
case('gather', f(3, 4), 1, i(0, 4, 3, 2))
each('scatter.src scatter_.src', f(3, 4), 1, const([[0, 2], [1, 3]], torch.int64), f(2, 2))
each('scatter.value scatter_.value', f(3, 4), 1, const([[0, 2], [1, 3]], torch.int64), 0.5)
each('scatter_add scatter_add_', f(3, 4), 0, i(0, 3, 2, 4), f(2, 4))
each('masked_fill.Scalar masked_fill_.Scalar', f(3, 4), b(3, 4), -1.5)
case('masked_select', f(3, 4), b(3, 4))
case('masked_scatter', f(3, 4), b(3, 4), f(12))
case('take_along_dim', f(3, 4), i(0, 4, 3, 2), 1)
case('where.self', b(3, 1), f(3, 4), f(4))
case('where.ScalarOther', b(3, 4), f(3, 4), 0.5)
case('nonzero', b(3, 4))
case('one_hot', i(0, 4, 5), 4)
case('bincount', i(0, 5, 9), minlength=7)
case('bincount', i(0, 5, 9), pos(9))
case('searchsorted.Tensor', const([-1.0, 0.5, 2.0, 3.0]), f(2, 3), right=True)
case('bucketize.Tensor', f(2, 3), const([-1.0, 0.5, 2.0]))

# pointwise
each('add.Tensor sub.Tensor', f(2, 3), f(3), alpha=2)
each('add_.Tensor sub_.Tensor', f(2, 3), f(3), alpha=-0.5)
case('add.Tensor', i(-9, 9, 4), i(-9, 9, 4))
case('add.Tensor', i(-9, 9, 4), f(4))
each('add.Scalar sub.Scalar add_.Scalar sub_.Scalar rsub.Scalar', f(2, 3), 1.5, 2)
each('mul.Tensor mul_.Tensor div.Tensor div_.Tensor maximum minimum atan2 logaddexp hypot', f(2, 3), f(3))
each('mul.Scalar mul_.Scalar div.Scalar div_.Scalar remainder.Scalar fmod.Scalar', f(2, 3), 0.75)
case('div.Tensor_mode', f(2, 3), f(3), rounding_mode='floor')
case('div.Tensor_mode', i(-9, 9, 5), const([2, -2, 3, -3, 4], torch.int64), rounding_mode='trunc')
case('remainder.Tensor', f(2, 3), pos(3))
case('pow.Tensor_Scalar', f(2, 3), 3)
case('pow.Tensor_Tensor', pos(2, 3), f(3))
case('pow.Scalar', 2, f(2, 3))
each('abs sign reciprocal exp expm1 sin cos tan atan sinh cosh tanh erf floor ceil round trunc frac', f(2, 3))
each('neg_ exp_', f(2, 3))
each('sqrt sqrt_ rsqrt log log_ log2 log10 log1p lgamma digamma', pos(2, 3))
each('asin acos erfinv', unit(2, 3))
case('clamp', f(2, 4), -1, 1.5)
case('clamp', f(2, 4), max=0.5)
case('clamp.Tensor', f(2, 4), f(4), max=None)
case('clamp_', f(2, 4), -1.25)
each('clamp_min clamp_max', f(2, 4), 0.25)
each('lerp.Scalar lerp_.Scalar', f(2, 3), f(3), 0.25)
case('lerp.Tensor', f(2, 3), f(2, 3), unit(3))
each('addcmul addcmul_ addcdiv addcdiv_', f(2, 3), f(3), pos(2, 1), value=0.5)
case('nan_to_num', const([float('nan'), float('inf'), -float('inf'), 1.0]), 0.5, 9.0, -9.0)
each('bitwise_and.Tensor bitwise_or.Tensor bitwise_xor.Tensor', i(0, 99, 5), i(0, 99, 5))
case('bitwise_not', i(0, 99, 5))
case('bitwise_not', b(5))

# comparison and logic
COMPARISONS = 'eq ne lt le gt ge'.split()
for name in COMPARISONS:
    case(f'{name}.Tensor', i(0, 3, 3, 3), i(0, 3, 3))
    case(f'{name}.Scalar', f(2, 3), 0.5)
each('logical_and logical_or logical_xor', b(6), b(6))
case('logical_not', b(6))
each('isnan isinf isfinite', const([float('nan'), float('inf'), -float('inf'), 1.0]))
case('isclose', const([1.0, 2.0, float('nan')]), const([1.001, 2.1, float('nan')]), 0.01, equal_nan=True)
case('allclose', const([1.0, 2.0]), const([1.0, 2.001]), atol=0.01)
each('allclose equal', const([1.0, 2.0]), const([1.0, 2.5]))
case('equal', const([1.0, 2.0]), const([1.0, 2.0]))

# reductions
each('sum mean prod max min median all any argmax argmin count_nonzero amax amin aminmax', f(3, 4))
each('sum.dim_IntList mean.dim', f(2, 3, 4), [0, 2], True)
case('sum.dim_IntList', b(3, 4), [1])
case('mean.dim', f(2, 3), [1], dtype=torch.float64)
each('std.correction var.correction var_mean.correction', f(3, 4), [1], correction=1, keepdim=True)
case('var.correction', f(3, 4), None, correction=0)
case('prod.dim_int', f(3, 4), 1)
each('max.dim min.dim median.dim cumsum cumprod argmax argmin sort argsort', f(3, 4), 1)
each('amax amin', f(2, 3, 4), [0, -1], True)
case('aminmax', f(3, 4), dim=1)
each('all.dim any.dim', b(3, 4), 0, True)
case('count_nonzero', i(0, 2, 3, 4), 1)
case('quantile', f(3, 4), const([0.25, 0.6]), 1)
case('quantile.scalar', f(3, 5), 0.3, 0, True, interpolation='nearest')
case('logsumexp', f(3, 4), [1])
case('norm.ScalarOpt_dim', f(3, 4), 2, [1])
case('norm.ScalarOpt_dim', f(3, 4), 1.5, [0], True)
case('linalg_vector_norm', f(3, 4), 3, [1])
case('dist', f(3, 4), f(3, 4), 2)
case('histc', f(40), 8, -4, 4)

# sorting
case('sort', f(3, 4), 0, True)
case('topk', f(3, 6), 2, 1)
case('topk', f(3, 6), 4, -1, False)
case('kthvalue', f(3, 6), 2, 1)
case('unique_dim', const([[1.0, 2.0], [0.0, 3.0], [1.0, 2.0]]), 0, True, True, True)
case('_unique2', i(0, 5, 12), True, True, True)

# activations
each('relu relu_ relu6 selu mish hardsigmoid hardswish silu silu_ sigmoid sigmoid_ log_sigmoid', f(3, 5))
each('elu celu softplus hardtanh gelu glu', f(3, 4))
each('leaky_relu leaky_relu_', f(3, 5), 0.2)
case('elu', f(3, 5), 1.5)
case('gelu', f(3, 5), approximate='tanh')
case('softplus', f(3, 5), 2, 3)
each('softmax.int log_softmax.int', f(2, 3, 4), 1, second=True)
case('softmax.int', f(2, 3), -1, dtype=torch.float64)
case('prelu', f(2, 3, 4), unit(3))
case('threshold', f(3, 4), 0.5, -2)

# linear algebra
case('matmul', f(2, 3, 4), f(4, 2), second=True)
case('matmul', f(4), f(2, 4, 3))
case('mm', f(2, 3), f(3, 4), second=True)
case('bmm', f(2, 2, 3), f(2, 3, 2), second=True)
case('mv', f(2, 3), f(3))
case('dot', f(5), f(5))
case('addmm', f(4), f(2, 3), f(3, 4), beta=0.5, alpha=2)
case('baddbmm', f(2, 2, 2), f(2, 2, 3), f(2, 3, 2), beta=0.5)
case('linear', f(2, 3), f(4, 3), f(4), second=True)
case('bilinear', f(2, 3), f(2, 2), f(2, 3, 2), f(2))
case('einsum', 'bij,bjk->bik', [f(2, 2, 3), f(2, 3, 2)])
case('outer', f(2), f(3))
case('linalg_norm', f(3, 3))
case('linalg_norm', f(2, 3, 3), 1, [-2, -1])
each('linalg_inv linalg_cholesky linalg_det linalg_slogdet', spd(3))
case('linalg_solve', spd(3), f(3, 2))
case('linalg_qr', spd(3))
case('linalg_svd', spd(3), outputs=[1])
case('linalg_eigh', spd(3), outputs=[0])
case('linalg_lstsq', f(4, 2), f(4, 1), driver='gelsd', outputs=[0])
case('linalg_matrix_norm', f(2, 3, 3), 1)
case('cross', f(2, 3), f(2, 3), 1)
case('kron', f(2, 2), f(1, 3))
case('trace', f(3, 3))

# convolution
conv = {'second': True}
case('conv1d', f(2, 2, 6), f(3, 2, 3), f(3), [2], [1], **conv)
case('conv2d', f(2, 2, 5, 5), f(4, 2, 3, 3), f(4), [2, 1], [1, 1], **conv)
case('conv2d', nhwc(f(2, 3, 5, 5)), nhwc(f(2, 3, 3, 3)), padding=[1, 1], **conv)
case('conv2d', f(1, 4, 5, 5), f(4, 2, 3, 3), None, [1, 1], [2, 2], [2, 2], 2, **conv)
case('conv2d', f(1, 3, 4, 4), f(3, 1, 3, 3), f(3), groups=3, padding=[1, 1], **conv)
case('conv3d', f(1, 2, 3, 4, 4), f(2, 2, 2, 3, 3), f(2), [1, 2, 1], [0, 1, 1], **conv)
case('conv_transpose1d', f(1, 2, 4), f(2, 3, 4), f(3), [2], [1], **conv)
case('conv_transpose2d.input', f(2, 2, 3, 3), f(2, 3, 4, 4), f(3), [2, 2], [1, 1], **conv)
case('conv_transpose2d.input', f(1, 2, 3, 3), f(2, 1, 3, 3), None, [2, 2], [1, 1], [1, 1], 2, **conv)
case('conv_transpose2d.input', nhwc(f(1, 2, 3, 3)), f(2, 2, 2, 2), f(2), [2, 2], **conv)
case('conv_transpose3d.input', f(1, 2, 2, 2, 3), f(2, 2, 2, 2, 2), f(2), [2, 2, 2], **conv)
case('convolution', f(1, 2, 4, 4), f(2, 2, 3, 3), f(2), [1, 1], [1, 1], [1, 1], False, [0, 0], 1, **conv)
case('convolution', f(1, 2, 3, 3), f(2, 2, 4, 4), None, [2, 2], [1, 1], [1, 1], True, [0, 0], 1, **conv)

# pooling
case('max_pool1d', f(1, 2, 7), [3], [2], [1], **conv)
each('max_pool2d max_pool2d_with_indices', f(1, 2, 5, 6), [2, 3], [2, 2], [1, 1], **conv)
case('max_pool2d', nhwc(f(1, 3, 4, 4)), [2, 2], **conv)
case('max_pool3d', f(1, 1, 4, 4, 4), [2, 2, 2], **conv)
case('avg_pool1d', f(1, 2, 7), [3], [2], **conv)
case('avg_pool2d', f(1, 2, 5, 6), [3, 2], [2, 2], [1, 1], True, False, **conv)
case('avg_pool3d', f(1, 1, 4, 4, 3), [2, 2, 2], **conv)
case('adaptive_avg_pool1d', f(1, 2, 7), [3], **conv)
case('adaptive_avg_pool2d', f(1, 2, 5, 7), [3, 2], **conv)
case('adaptive_avg_pool2d', f(1, 2, 4, 4), [1, 1], **conv)
case('adaptive_avg_pool3d', f(1, 1, 4, 5, 3), [2, 2, 2], **conv)
case('adaptive_max_pool2d', f(1, 2, 5, 7), [3, 2], **conv)
case('max_unpool2d', f(1, 1, 2, 2), const([[[[0, 3], [9, 15]]]], torch.int64), [4, 4], **conv)

# interpolation and warping
case('upsample_nearest1d', f(1, 2, 3), [7], **conv)
case('upsample_nearest2d', f(1, 2, 3, 3), [6, 5], **conv)
case('upsample_nearest3d', f(1, 1, 2, 2, 3), [4, 3, 6], **conv)
each('upsample_bilinear2d upsample_bicubic2d', f(1, 2, 3, 4), [6, 6], False, **conv)
each('upsample_bilinear2d upsample_bicubic2d', f(1, 1, 3, 4), [5, 7], True, **conv)
case('upsample_bilinear2d', nhwc(f(1, 3, 3, 3)), [6, 6], False, **conv)
case('upsample_trilinear3d', f(1, 1, 2, 3, 2), [4, 5, 3], True, **conv)
for interpolation in range(3):
    for padding in range(3):
        case('grid_sampler', f(1, 2, 4, 4), f(1, 3, 2, 2), interpolation, padding, padding == 1)
case('grid_sampler', f(1, 1, 3, 3, 3), unit(1, 2, 2, 2, 3), 0, 1, True)
case('affine_grid_generator', f(2, 2, 3), [2, 1, 3, 4], False)

# normalisation
STATISTICS = {'after': ('running_mean', 'running_var')}
each('batch_norm', f(3, 2, 3, 3), pos(2), f(2), f(2), pos(2), True, 0.1, 1e-5, False, **conv, **STATISTICS)
each('batch_norm', nhwc(f(2, 3, 4, 4)), pos(3), f(3), None, None, True, 0.1, 1e-5, False, **conv)
each('batch_norm', f(3, 2, 3, 3), pos(2), f(2), f(2), pos(2), False, 0.1, 1e-5, False, **conv)
case('native_batch_norm', f(3, 2, 4), pos(2), f(2), f(2), pos(2), True, 0.1, 1e-5, outputs=[0], **conv, **STATISTICS)
case('instance_norm', f(2, 2, 3, 3), pos(2), f(2), None, None, True, 0.1, 1e-5, False, **conv)
case('group_norm', f(2, 4, 2, 3), 2, pos(4), f(4), **conv)
case('layer_norm', f(2, 3, 4), [3, 4], pos(3, 4), f(3, 4), **conv)

# attention and recurrent parts
case('embedding', f(5, 3), i(0, 5, 2, 3))
case('embedding', f(5, 3), const([0, 2, 2, 4], torch.int64), 2)
case('dropout', f(2, 3), 0.5, False)

# losses; reduction 0 none, 1 mean, 2 sum
for reduction in range(3):
    each('mse_loss l1_loss smooth_l1_loss huber_loss', f(3, 4), f(3, 4), reduction)
    case('binary_cross_entropy', unit(3, 4), unit(3, 4), reduction=reduction)
    case('binary_cross_entropy_with_logits', f(3, 4), unit(3, 4), reduction=reduction, second=True)
    case('cross_entropy_loss', f(2, 3, 2, 2), i(0, 3, 2, 2, 2), None, reduction, second=True)
case('smooth_l1_loss', f(3, 4), f(3, 4), beta=0.5)
case('binary_cross_entropy', unit(3, 4), unit(3, 4), const([[0.5], [1.0], [2.0]]))
case('binary_cross_entropy_with_logits', f(3, 4), unit(3, 4), None, const([0.5, 1.0, 2.0, 3.0]))
case('cross_entropy_loss', f(4, 3), const([0, 2, -100, 1], torch.int64), const([0.5, 1.0, 2.0]), label_smoothing=0.25)
case('cross_entropy_loss', f(4, 3), unit(4, 3))
case('nll_loss', f(4, 3), i(0, 3, 4))
case('nll_loss2d', f(2, 3, 2, 2), i(0, 3, 2, 2, 2), const([0.5, 1.0, 2.0]), 2)
case('kl_div', f(3, 4), unit(3, 4))
case('kl_div', f(3, 4), f(3, 4), 2, log_target=True)
case('cosine_similarity', f(3, 4), f(3, 4))
case('cosine_embedding_loss', f(3, 4), f(3, 4), const([1.0, -1.0, 1.0]), 0.25)
case('soft_margin_loss', f(4), const([1.0, -1.0, 1.0, -1.0]))
case('hinge_embedding_loss', f(4), const([1.0, -1.0, 1.0, -1.0]), 2.5)
case('margin_ranking_loss', f(4), f(4), const([1.0, -1.0, 1.0, -1.0]), 0.5)
case('triplet_margin_loss', f(3, 4), f(3, 4), f(3, 4), 2.0)

# spectral
each('fft_fft fft_ifft', c(2, 6))
each('fft_fft fft_rfft', f(2, 6), 5, 1, 'ortho')
each('fft_fft2 fft_ifft2', c(2, 4, 3))
each('fft_rfft2', f(2, 4, 6))
case('fft_irfft', c(2, 4))
case('fft_irfft2', c(3, 4), [3, 6])
each('fft_fftshift fft_ifftshift', f(3, 5))
each('real imag view_as_real', c(2, 3))
case('view_as_complex', f(3, 2))
case('complex', f(2, 3), f(2, 3))
case('stft', f(2, 32), 8, 4, window=const([0.25, 0.5, 0.75, 1.0, 1.0, 0.75, 0.5, 0.25]), return_complex=True)

# lists of tensors
two = [f(2, 3), f(4)]
each('_foreach_add.List _foreach_add_.List _foreach_sub.List _foreach_sub_.List', two, two, alpha=2)
each('_foreach_mul.List _foreach_mul_.List _foreach_div.List _foreach_div_.List _foreach_maximum_.List', two, two)
for name in ('add', 'mul', 'div'):
    each(f'_foreach_{name}.Scalar _foreach_{name}_.Scalar', two, 1.5)
each('_foreach_add_.ScalarList _foreach_mul_.ScalarList', two, [1.5, -2])
each('_foreach_addcmul_.Scalar _foreach_addcdiv_.Scalar', two, two, two, 0.5)
case('_foreach_addcdiv_.ScalarList', two, two, two, [0.5, 2])
each('_foreach_sqrt _foreach_sqrt_', [pos(2, 3), pos(4)])
each('_foreach_neg _foreach_abs _foreach_exp _foreach_zero_ _foreach_norm.Scalar', two)
case('flatten_dense_tensors', two)
case('unflatten_dense_tensors', f(10), two)
