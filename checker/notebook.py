"""The course's functions in notebooks: each is taken by its name, with the imports and constants that it needs."""

import ast
import json
import re
import symtable
from typing import NamedTuple

from console import InputError, noun

FUNCTIONS = {"estep", "mstep", "run", "fill_matrix"}
COMMON = {"rmse", "bic"}
_MODULE = r"(common|em|kmeans|naive_em)"
_OF_PYTHON = ("time", "timeit", "capture", "prun")  # cell magics whose cell is Python
_DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.Try)


class Found(NamedTuple):
    """Modules made of notebooks."""

    files: dict  # "em.py" -> bytes
    lines: dict  # "em.py" -> [(cell, line)], where each of its lines comes from
    notes: dict  # module -> what to say about it


class Cell(NamedTuple):
    """A code cell."""

    notebook: str  # its name
    number: int  # from 1
    module: str | None  # that its first line names
    text: str  # Python; magics and shell lines are left out
    place: str  # for people


class Statement(NamedTuple):
    """A statement at the top level of a cell: an import, a definition or an assignment."""

    cell: Cell
    line: int
    text: str
    defines: set
    uses: set  # names that something before must define
    node: ast.stmt


def has_functions(content):
    """Return whether the bytes of a notebook seem to define some of the course's functions."""
    return re.search(rb"def (estep|mstep|fill_matrix)\b|%%(writefile|file) +\S*\.py", content) is not None


def modules_in(notebooks):
    """Return Found of notebooks, {name: bytes}; raise InputError if the module of a function cannot be told."""
    cells = [cell for name, content in sorted(notebooks.items()) for cell in _cells(name, content)]
    statements = [statement for cell in cells for statement in _statements(cell)]
    found = Found({}, {}, {})
    for module, functions in _by_module(statements).items():
        chosen = _needed(functions, statements)
        found.files[f"{module}.py"] = "".join(f"{one.text}\n" for one in chosen).encode()
        found.lines[f"{module}.py"] = [(one.cell.place, one.line + i) for one in chosen
                                       for i in range(one.text.count("\n") + 1)]
        places = {}
        for cell in dict.fromkeys(statements[i].cell for i in functions.values()):
            places.setdefault(cell.notebook, []).append(str(cell.number))
        found.notes[module] = "from " + ", ".join(f"{name} (code {noun(len(numbers), 'cell')} {', '.join(numbers)})"
                                                  for name, numbers in places.items())
    return found


def _cells(name, content):
    try:
        found = [cell for cell in json.loads(content)["cells"] if cell["cell_type"] == "code"]
        sources = ["".join(cell["source"]) for cell in found]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(f"{name} is not a notebook that can be read; expected one of Jupyter's, version 4") from None
    cells = []
    for number, source in enumerate(sources, 1):
        marked = re.match(rf"\s*(?:#|%%(?:write)?file(?: +-a)?)[ \w./]*\b{_MODULE}\.py\b", source)
        cells.append(Cell(name, number, marked and marked[1], _python(source), f"{name}, code cell {number}"))
    return cells


def _python(source):
    """Return the Python in a cell, line by line in its place, without magics and shell lines."""
    magic = re.match(r"\s*%%(\w+)[^\n]*", source)
    if magic and magic[1] not in (*_OF_PYTHON, "writefile", "file"):
        return ""
    source = re.sub(r"\A(\s*)%%[^\n]*", r"\1", source)
    if parsed(source):
        return source
    without = re.sub(r"^([ \t]*)(?:[%!?][^\n]*|[^\n#]*\?)$", r"\1pass", source, flags=re.M)
    without = re.sub(r"(=[ \t]*)[%!][^\n]*", r"\1None", without)
    return without if parsed(without) else source


def parsed(text):
    """Return the syntax tree of a text; None where it is not Python."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _statements(cell):
    """Return the Statements of a cell. A cell that is not Python counts as one, if it defines a function."""
    tree, lines = parsed(cell.text), cell.text.split("\n")
    if tree is None:
        defined = re.findall(r"^def (\w+)", cell.text, re.M)
        return [Statement(cell, 1, cell.text, set(defined), set(), ast.parse(f"def {name}(X, post): pass").body[0])
                for name in defined if name in FUNCTIONS | COMMON]
    found = []
    for node in tree.body:
        if isinstance(node, _DEFINITIONS):
            first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
            text = "\n".join(lines[first - 1:node.end_lineno])
            table = symtable.symtable(ast.unparse(node), cell.place, "exec")
            defines = {one.get_name() for one in table.get_symbols() if one.is_assigned() or one.is_imported()}
            found.append(Statement(cell, first, text, defines, _used(table), node))
    return found


def _used(table):
    """Return the global names that a symbol table and those within it refer to."""
    used = {one.get_name() for one in table.get_symbols()
            if one.is_referenced() and (one.is_global() or table.get_type() == "module")}
    return used.union(*map(_used, table.get_children()))


def _by_module(statements):
    """Return {module: {function: number of the Statement}}; of several definitions, the last counts.

    Definitions that follow each other, each of another function, belong together, in one module.
    """
    groups, modules = [], {}
    for number, one in enumerate(statements):
        name = one.node.name if isinstance(one.node, ast.FunctionDef) else None
        last = statements[max(groups[-1].values())].cell.module if groups else None
        if name in COMMON:
            modules.setdefault("common", {})[name] = number
        elif name in FUNCTIONS and (not groups or name in groups[-1] or one.cell.module not in (None, last)):
            groups.append({name: number})
        elif name in FUNCTIONS:
            groups[-1][name] = number
    before = None
    for group in groups:
        cells = [statements[i].cell for i in group.values()]
        named = re.search(rf"(?:^|[^a-z]){_MODULE}\.ipynb$", cells[0].notebook)
        before = next((cell.module for cell in cells if cell.module), None) \
            or _guess([statements[i].node for i in group.values()]) or (named and named[1]) or before
        if before is None:
            raise InputError(f"{cells[0].place}: it cannot be told whether {', '.join(group)} belong to K-means, naive"
                             " EM or em.py; write # kmeans.py, # naive_em.py or # em.py into the cell's first line")
        modules.setdefault(before, {}).update(group)
    return modules


def _guess(functions):
    """Return the module to which functions (nodes) belong; None where they may belong to several."""
    by_name = {one.name: one for one in functions}
    mstep = by_name.get("mstep")
    if "fill_matrix" in by_name or (mstep and len(mstep.args.args) > 2):
        return "em"
    estep_gives, mstep_gives = (_returned(by_name.get(name)) for name in ("estep", "mstep"))
    if estep_gives == 1 or mstep_gives == 2:
        return "kmeans"
    return "naive_em" if mstep and (estep_gives == 2 or mstep_gives == 1) else None


def _returned(function):
    returns = [node for node in ast.walk(function) if isinstance(node, ast.Return)] if function else []
    last = max(returns, key=lambda node: node.lineno).value if returns else None
    return len(last.elts) if isinstance(last, ast.Tuple) else 1 if isinstance(last, ast.Name) else None


def _needed(functions, statements):
    """Return the Statements that functions, {name: number}, need, themselves included, in their order."""
    end = max(functions.values())
    chosen = {i for i, one in enumerate(statements)
              if isinstance(one.node, ast.ImportFrom) and one.node.names[0].name == "*"}
    waiting = list(functions.values())
    while waiting:
        number = waiting.pop()
        if number in chosen:
            continue
        chosen.add(number)
        for name in statements[number].uses - functions.keys():
            defining = [i for i, one in enumerate(statements) if name in one.defines and i != number]
            # What runs at once needs what stands before it; a function finds what was defined last when it is called.
            before, last = ([i for i in defining if i < most] for most in (number, end + 1))
            waiting += {*before[-1:], *last[-1:]} or defining[:1]
    return [statements[i] for i in sorted(chosen)]
