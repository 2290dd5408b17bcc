"""safetensors read without the package of that name, as docs/how-to/use-in-python.md shows it."""

import json
import struct

import torch

TYPES = {"F64": torch.float64, "F32": torch.float32, "I64": torch.int64}


def load_file(path):
    data = bytearray(open(path, "rb").read())
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        elements = torch.frombuffer(data[start + begin : start + end], dtype=TYPES[entry["dtype"]])
        tensors[name] = elements.reshape(entry["shape"])
    return tensors
