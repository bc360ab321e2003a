"""Writes checkpoints as torch.save makes them into a folder, each beside a safetensors file of its tensors."""

import argparse
import sys
from collections import OrderedDict
from pathlib import Path

import numpy
import torch
from safetensors.torch import save_file


def state() -> OrderedDict:
    torch.manual_seed(0)
    base = torch.randn(6, 4)
    tensors = OrderedDict()
    tensors["conv.weight"] = torch.randn(3, 2, 1, 3, 3)
    tensors["conv.bias"] = torch.nn.Parameter(torch.randn(3))
    tensors["half"] = torch.randn(5).half()
    tensors["bfloat"] = torch.randn(5).bfloat16()
    tensors["steps"] = torch.tensor(12345)
    tensors["transposed"] = base.t()
    tensors["slice"] = base[2:4, 1:3]
    tensors["empty"] = torch.zeros(0, 7)
    tensors["tied"] = tensors["conv.weight"]
    tensors._metadata = OrderedDict(version=2)  # as nn.Module.state_dict() has it
    return tensors


def main() -> None:
    folder = Path(sys.argv[1])
    tensors = state()
    nested = {"epoch": 3, "name": "net", "losses": [1.5, 2.5], "state_dict": tensors, "lr": [torch.ones(2)]}
    plain = {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}
    save_file(plain, folder / "state.safetensors")
    save_file(
        {"state_dict." + name: tensor for name, tensor in plain.items()} | {"lr.0": torch.ones(2)},
        folder / "nested.safetensors",
    )
    for kind, is_zip in (("zip", True), ("legacy", False)):
        torch.save(tensors, folder / f"state.{kind}.pt", _use_new_zipfile_serialization=is_zip)
        torch.save(nested, folder / f"nested.{kind}.pt", _use_new_zipfile_serialization=is_zip)
        torch.save(
            {"args": argparse.Namespace(lr=1)}, folder / f"object.{kind}.pt", _use_new_zipfile_serialization=is_zip
        )
    arrays = {name.replace(".", "/"): tensor.numpy() for name, tensor in plain.items() if name != "bfloat"}
    arrays["double"] = numpy.linspace(0, 1, 7)
    arrays["fortran"] = numpy.asfortranarray(numpy.arange(24, dtype=numpy.float32).reshape(2, 3, 4))
    numpy.savez(folder / "state.npz", **arrays)
    numpy.savez_compressed(folder / "compressed.npz", **arrays)
    save_file(
        {name: torch.from_numpy(array.copy()).float() for name, array in arrays.items()},
        folder / "arrays.safetensors",
    )
    network = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.Sequential(torch.nn.BatchNorm2d(2).half()))
    traced = torch.jit.script(network)
    torch.jit.save(traced, folder / "script.pt")
    save_file(dict(network.state_dict()), folder / "script.safetensors")


main()
