"""Right solutions with one small change each, made by a program: operators, numbers, names, statements."""

import ast
import copy
from typing import NamedTuple

_OPERATORS = {ast.Add: [ast.Sub], ast.Sub: [ast.Add], ast.Mult: [ast.Div], ast.Div: [ast.Mult], ast.Pow: [ast.Mult],
              ast.GtE: [ast.Gt, ast.Lt], ast.Gt: [ast.GtE, ast.LtE], ast.LtE: [ast.Lt, ast.Gt],
              ast.Lt: [ast.LtE, ast.GtE], ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq]}
_FUNCTIONS = {"sum": ["mean", "max"], "mean": ["sum"], "max": ["min", "sum"], "min": ["max"], "argmin": ["argmax"],
              "argmax": ["argmin"], "maximum": ["minimum"], "log": ["log2"], "exp": ["exp2"], "zeros": ["ones"],
              "sqrt": ["square"], "mu": ["var"], "var": ["p"], "p": ["var"]}


class Mutant(NamedTuple):
    """A changed text, and what was changed."""

    name: str
    text: str


def mutants(text):
    """Yield every Mutant of a module's text."""
    tree = ast.parse(text)
    places = [node for function in ast.walk(tree) if isinstance(function, ast.FunctionDef)
              for node in _within(function)]
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        function.names = sorted({node.id for node in ast.walk(function) if isinstance(node, ast.Name)
                                 and isinstance(node.ctx, ast.Store)} | {one.arg for one in function.args.args})
        function.parameters = [one.arg for one in function.args.args]
        for node in ast.walk(function):
            node.function = function
    for index, node in enumerate(places):
        for kind, change in _changes(node):
            mutated = copy.deepcopy(tree)
            other = [one for function in ast.walk(mutated) if isinstance(function, ast.FunctionDef)
                     for one in _within(function)][index]
            change(other)
            new = ast.unparse(ast.fix_missing_locations(mutated))
            line = getattr(node, "lineno", 0)
            yield Mutant(f"{node.function.name}, line {line}: {kind} at {ast.unparse(node)[:60]!r}", new)


def _within(function):
    """Return the nodes of a function's body."""
    return [node for statement in function.body for node in ast.walk(statement)]


def _changes(node):
    """Yield (name, function that changes a node in place)."""
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        for operator in _OPERATORS.get(type(node.op), ()):
            yield operator.__name__, lambda one, operator=operator: setattr(one, "op", operator())
        if isinstance(node, ast.BinOp):
            yield "left alone", lambda one: _become(one, one.left)
    if isinstance(node, ast.Compare):
        for operator in _OPERATORS.get(type(node.ops[0]), ()):
            yield operator.__name__, lambda one, operator=operator: setattr(one, "ops", [operator()])
    if isinstance(node, ast.UnaryOp):
        yield "without sign", lambda one: _become(one, one.operand)
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        for value in {node.value + 1, node.value * 2, node.value / 10, -node.value, 0, 1} - {node.value}:
            value = int(value) if isinstance(node.value, int) and value == int(value) else value
            yield str(value), lambda one, value=value: setattr(one, "value", value)
    if isinstance(node, ast.Attribute):
        for name in _FUNCTIONS.get(node.attr, ()):
            yield name, lambda one, name=name: setattr(one, "attr", name)
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        yield "argument alone", lambda one: _become(one, one.args[0])
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in node.function.names:
        names = node.function.names
        for step in (1, 2):
            other = names[(names.index(node.id) + step) % len(names)]
            if other != node.id:
                yield other, lambda one, other=other: setattr(one, "id", other)
        if node.id in node.function.parameters:
            yield "as it was given", _as_given
        yield "as it was before", _as_before
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr)):
        yield "left out", lambda one: _become(one, ast.Pass())
    if isinstance(node, (ast.For, ast.While, ast.If)):
        yield "body left out", lambda one: setattr(one, "body", [ast.Pass()])
        if len(node.body) > 1:
            for at in range(len(node.body) - 1):
                yield f"statements {at} and {at + 1} exchanged", lambda one, at=at: _swap(one.body, at)


def _become(node, other):
    """Turn a node into another one in place."""
    kept = other.__dict__.copy()
    function = node.function
    node.__class__ = other.__class__
    node.__dict__.clear()
    node.__dict__.update(kept)
    node.function = function


def _swap(body, at):
    body[at], body[at + 1] = body[at + 1], body[at]


def _as_given(node):
    """Let a name stand for the argument that the function was given."""
    function, name = node.function, node.id
    node.id = f"given_{name}"
    function.body.insert(0, ast.parse(f"given_{name} = {name}").body[0])


def _as_before(node):
    """Let a name stand for its value before it was last assigned in a loop."""
    name = node.id
    node.id = f"before_{name}"
    for loop in ast.walk(node.function):
        if isinstance(loop, (ast.For, ast.While)):
            for at, statement in enumerate(loop.body):
                stored = {one.id for one in ast.walk(statement) if isinstance(one, ast.Name)
                          and isinstance(one.ctx, ast.Store)}
                if name in stored:
                    loop.body.insert(at, ast.parse(f"before_{name} = {name}").body[0])
                    if name in node.function.names and name not in node.function.parameters:
                        node.function.body.insert(0, ast.parse(f"{name} = None").body[0])
                    return
    node.id = name
