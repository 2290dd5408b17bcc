"""The test inputs of test/numeric.ts, for the scripts of this folder."""

import numpy as np
import torch


def wave(shape, phase=0.0):
    """sin(phase + 0.7 i) for the i-th element, as float32."""
    count = int(np.prod(shape))
    values = np.sin(phase + 0.7 * np.arange(count, dtype=np.float64))
    return torch.from_numpy(values.reshape(shape)).float()
