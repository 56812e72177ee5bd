"""The methods that belong to higher layers: what the stub promises is what the functions take."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

from dicomkit import Dataset
from dicomkit.dataset import accessors

STUB = ast.parse(Path(accessors.__file__).with_suffix(".pyi").read_text("utf-8"))
PROMISED = {
    node.name: node
    for parent in STUB.body
    if isinstance(parent, ast.ClassDef) and parent.name == "Accessors"
    for node in parent.body
    if isinstance(node, ast.FunctionDef)
}
THERE = {name: value for name, value in vars(accessors.Accessors).items() if isinstance(value, accessors.Method)}


def test_the_stub_has_all_of_them() -> None:
    assert set(PROMISED) == set(THERE)


@pytest.mark.parametrize("name", THERE)
def test_the_stub_has_their_parameters(name: str) -> None:
    parameters = list(inspect.signature(THERE[name].function()).parameters.values())
    arguments = PROMISED[name].args
    is_method = not any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in PROMISED[name].decorator_list)
    names = [argument.arg for argument in arguments.args[is_method:]]
    assert [each.name for each in parameters[is_method:] if each.kind is each.POSITIONAL_OR_KEYWORD] == names
    assert [each.name for each in parameters if each.kind is each.KEYWORD_ONLY] == [
        each.arg for each in arguments.kwonlyargs
    ]
    defaults = {
        argument.arg: ast.literal_eval(default)
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is not None
    }
    assert {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY} == defaults


def test_methods_are_bound_and_makers_are_not() -> None:
    dataset = Dataset(PatientID="1")
    assert dataset.save.__self__ is dataset  # type: ignore[attr-defined]  # a bound method
    assert Dataset.from_json is dataset.from_json
    assert Dataset.save.__name__ == "save"
