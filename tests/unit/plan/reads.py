"""Which fields of the program's classes its own source reads: a small inference of types over annotations.

Of an attribute whose owner's class cannot be told nothing is said, so that what is found is surely read.
"""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_ELEMENTS = {
    "tuple", "list", "set", "frozenset", "Sequence", "Iterable", "Iterator", "Collection", "Generator", "AsyncIterator",
}  # fmt: skip
_MAPS = {"dict", "Mapping"}
Function = ast.FunctionDef | ast.AsyncFunctionDef
Type = ast.expr


class Class:
    """What is written down of a class: the types of its attributes, and what its methods return."""

    def __init__(self, node: ast.ClassDef) -> None:
        self.bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
        self.attributes: dict[str, Type] = {}
        self.methods: dict[str, Type] = {}
        for item in node.body:
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                self.attributes[item.target.id] = item.annotation
            elif isinstance(item, Function):
                self._function(item)

    def _function(self, item: Function) -> None:
        if item.returns is not None:
            plain = any(isinstance(d, ast.Name) and "property" in d.id for d in item.decorator_list)
            (self.attributes if plain else self.methods)[item.name] = item.returns
        given = dict(annotated(item.args))
        for statement in ast.walk(item):
            if isinstance(statement, ast.AnnAssign):
                target: ast.expr = statement.target
                type_ = statement.annotation
            elif isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Name | ast.Call):
                named = statement.value.func if isinstance(statement.value, ast.Call) else statement.value
                if not isinstance(named, ast.Name):
                    continue
                target, type_ = statement.targets[0], given.get(named.id, named)
            else:
                continue
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
                self.attributes.setdefault(target.attr, type_)


def annotated(arguments: ast.arguments) -> Iterator[tuple[str, Type]]:
    """The arguments of which the type is written down."""
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if argument.annotation is not None:
            yield argument.arg, argument.annotation


class _Qualified(ast.NodeTransformer):
    """A module in which everything that it defines or imports has its whole name: names may repeat among modules."""

    def __init__(self, module: ast.Module, name: str, homes: Mapping[str, str]) -> None:
        self.whole: dict[str, str] = {}
        self._homes = homes
        for node in ast.walk(module):
            if isinstance(node, ast.ImportFrom) and node.module:
                self.whole |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
        defined = (node.name for node in module.body if isinstance(node, ast.ClassDef | Function))
        self.whole |= {one: f"{name}.{one}" for one in defined}
        self.whole = {one: homes.get(whole, whole) for one, whole in self.whole.items()}

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.copy_location(ast.Name(self.whole.get(node.id, node.id), node.ctx), node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        of_module = isinstance(node.value, ast.Name) and node.value.id in self.whole
        if of_module and node.attr[:1].isupper() and isinstance(node.value, ast.Name):
            whole = f"{self.whole[node.value.id]}.{node.attr}"
            return ast.copy_location(ast.Name(self._homes.get(whole, whole), node.ctx), node)
        self.generic_visit(node)
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        return node


def _homes(modules: Mapping[str, ast.Module]) -> dict[str, str]:
    """Where a name is defined that a package has by `from ... import *`."""
    found: dict[str, str] = {}
    for name, module in modules.items():
        for node in module.body:
            if isinstance(node, ast.ImportFrom) and node.module and node.names[0].name == "*":
                for one in modules[node.module].body if node.module in modules else ():
                    if isinstance(one, ast.ClassDef | Function):
                        found[f"{name}.{one.name}"] = f"{node.module}.{one.name}"
    return found


def _module(file: Path) -> str:
    return ".".join(file.with_suffix("").parts).removesuffix(".__init__")


class Source:
    """All modules below a package; `reads` gives `module.Class.attribute` of everything that is surely read."""

    def __init__(self, root: Path, package: str) -> None:
        self.modules: dict[str, ast.Module] = {}
        self.classes: dict[str, Class] = {}
        self.functions: dict[str, Type] = {}
        collecting = gc.isenabled()
        gc.disable()
        self._take_in(root, package)
        if collecting:
            gc.enable()

    def _take_in(self, root: Path, package: str) -> None:
        files = [path.relative_to(root) for path in sorted((root / package).rglob("*.py"))]
        parsed = {_module(file): ast.parse((root / file).read_text()) for file in files}
        homes = _homes(parsed)
        for file in files:
            name = _module(file)
            module = parsed[name]
            _Qualified(module, name, homes).visit(module)
            self.modules[str(file)] = module
            for node in module.body:
                if isinstance(node, ast.ClassDef):
                    self.classes[f"{name}.{node.name}"] = Class(node)
                elif isinstance(node, Function) and node.returns is not None:
                    self.functions[f"{name}.{node.name}"] = node.returns

    def attribute(self, owner: str, name: str) -> tuple[str, Type] | None:
        """The class that has it, the owner or one of its bases, and its type."""
        known = self.classes.get(owner)
        if known is None:
            return None
        found = known.attributes.get(name)
        if found is not None:
            return owner, found
        return next((at for base in known.bases if (at := self.attribute(base, name)) is not None), None)

    def reads(self, leave_out: Iterable[str] = ()) -> set[str]:
        """`leave_out`: beginnings of modules' names, and names of functions, that do not count."""
        left = tuple(leave_out)
        found: set[str] = set()
        for name, module in self.modules.items():
            if not name.startswith(left):
                _Reader(self, found, left, _module(Path(name))).visit(module)
        return found | set(self._through_protocols(found))

    def _through_protocols(self, found: set[str]) -> Iterator[str]:
        """What is read of a protocol is read of the classes that have all of it."""
        for name in filter(self._is_protocol, self.classes):
            read = [one for one in self._whole(name) if any(f"{base}.{one}" in found for base in self._line(name))]
            for other, known in self.classes.items():
                if read and set(self._whole(name)) <= known.attributes.keys():
                    yield from (f"{other}.{attribute}" for attribute in read)

    def _line(self, name: str) -> Iterator[str]:
        yield name
        for base in self.classes[name].bases if name in self.classes else ():
            yield from self._line(base)

    def _whole(self, name: str) -> list[str]:
        known = (self.classes[base] for base in self._line(name) if base in self.classes)
        return [attribute for one in known for attribute in one.attributes]

    def _is_protocol(self, name: str) -> bool:
        return any(base == "typing.Protocol" for base in self._line(name))


class _Reader(ast.NodeVisitor):
    def __init__(self, source: Source, found: set[str], left: tuple[str, ...], module: str) -> None:
        self.source, self.found, self.left, self.module = source, found, left, module
        self.known: list[dict[str, Type]] = [{}]
        self.inside: str | None = None

    # What is where

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        before, self.inside = self.inside, f"{self.module}.{node.name}"
        self.generic_visit(node)
        self.inside = before

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def _function(self, node: Function) -> None:
        if node.name.lstrip("_").startswith(tuple(name for name in self.left if "/" not in name)):
            return
        scope = dict(annotated(node.args))
        if self.inside is not None:
            scope["self"] = ast.Name(self.inside)
        self.known.append(scope)
        self.generic_visit(node)
        self.known.pop()

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                for one, value in zip(target.elts, node.value.elts, strict=False):
                    self._bind(one, self.type_of(value))
            else:
                self._bind(target, self.type_of(node.value))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
        self._bind(node.target, node.annotation)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self._bind(node.target, self.type_of(node.value))

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)
        self._bind(node.target, self._element(node.iter))
        for statement in (*node.body, *node.orelse):
            self.visit(statement)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        for generator in node.generators:
            self.visit(generator.iter)
            self._bind(generator.target, self._element(generator.iter))
        self.generic_visit(node)

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _comprehension

    def _bind(self, target: ast.expr, type_: Type | None) -> None:
        if isinstance(target, ast.Name) and type_ is not None:
            self.known[-1][target.id] = type_
        elif isinstance(target, ast.Tuple) and isinstance(type_, ast.Tuple):
            for one, part in zip(target.elts, type_.elts, strict=False):
                self._bind(one, part)
        elif isinstance(target, ast.Tuple) and isinstance(type_, ast.Subscript) and isinstance(type_.slice, ast.Tuple):
            for one, part in zip(target.elts, type_.slice.elts, strict=False):
                self._bind(one, part)

    # What is read

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Load):
            for owner in names(self.type_of(node.value)):
                found = self.source.attribute(owner, node.attr)
                if found is not None:
                    self.found.add(f"{found[0]}.{node.attr}")

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "getattr" and len(node.args) > 1:
            name = node.args[1]
            for owner in names(self.type_of(node.args[0])):
                wanted = name.value if isinstance(name, ast.Constant) else None
                if isinstance(wanted, str) and self.source.attribute(owner, wanted) is not None:
                    self.found.add(f"{owner}.{wanted}")

    # Of what type it is

    def type_of(self, node: ast.expr) -> Type | None:
        match node:
            case ast.Name(id=name):
                return next((scope[name] for scope in reversed(self.known) if name in scope), None)
            case ast.Attribute(value=value, attr=attribute):
                of = (self.source.attribute(owner, attribute) for owner in names(self.type_of(value)))
                return next((one[1] for one in of if one is not None), None)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                if name in ("next", "reversed", "sorted", "list", "tuple", "iter") and arguments:
                    return self._element(arguments[0]) if name == "next" else self.type_of(arguments[0])
                if name == "msgspec.structs.replace" and arguments:
                    return self.type_of(arguments[0])
                if name in self.source.classes:
                    return ast.Name(name)
                return self.source.functions.get(name)
            case ast.Call(func=ast.Attribute(value=value, attr=method), args=arguments):
                if method == "get" and (container := self.type_of(value)) is not None:
                    return _value(container)
                for owner in names(self.type_of(value)):
                    known = self.source.classes.get(owner)
                    if known is not None and method in known.methods:
                        return known.methods[method]
            case ast.Subscript(value=value):
                container = self.type_of(value)
                return None if container is None else _value(container)
            case ast.IfExp(body=body, orelse=other):
                return self.type_of(body) or self.type_of(other)
            case ast.BoolOp(values=values):
                return next((found for value in values if (found := self.type_of(value)) is not None), None)
            case ast.Await(value=value):
                return self.type_of(value)
            case ast.Tuple(elts=items):
                inner = [self.type_of(item) for item in items]
                return next((one for one in inner if one is not None), None)
            case ast.Starred(value=value):
                return self.type_of(value)
        return None

    def _element(self, iterable: ast.expr) -> Type | None:
        if isinstance(iterable, ast.Tuple):
            starred = [self.type_of(item.value) for item in iterable.elts if isinstance(item, ast.Starred)]
            if starred and starred[0] is not None:
                return _inner(starred[0])
            return next((found for item in iterable.elts if (found := self.type_of(item)) is not None), None)
        if isinstance(iterable, ast.Call) and isinstance(iterable.func, ast.Name):
            inner = [self._element(argument) for argument in iterable.args if not isinstance(argument, ast.Starred)]
            if iterable.func.id == "enumerate":
                return ast.Tuple([ast.Name("int"), *(one for one in inner[:1] if one is not None)])
            if iterable.func.id == "zip":
                return ast.Tuple([ast.Name("Any") if one is None else one for one in inner])
        if isinstance(iterable, ast.Call) and isinstance(iterable.func, ast.Attribute) and not iterable.args:
            mapping = self.type_of(iterable.func.value)
            if iterable.func.attr == "items" and isinstance(mapping, ast.Subscript):
                return mapping.slice
            if iterable.func.attr == "values" and mapping is not None:
                return _value(mapping)
        found = self.type_of(iterable)
        if found is None:
            return None
        for owner in names(found):
            known = self.source.classes.get(owner)
            if known is not None and "__iter__" in known.methods:
                return _inner(known.methods["__iter__"])
        return _inner(found)


def _inner(type_: Type) -> Type | None:
    """What a collection of this type has in it."""
    if isinstance(type_, ast.BinOp):
        return next((found for side in (type_.left, type_.right) if (found := _inner(side)) is not None), None)
    if isinstance(type_, ast.Subscript) and isinstance(type_.value, ast.Name):
        inside = type_.slice.elts if isinstance(type_.slice, ast.Tuple) else [type_.slice]
        if type_.value.id.rpartition(".")[2] in _ELEMENTS | _MAPS:
            return inside[0]
    return None


def _value(type_: Type) -> Type | None:
    """What is had of a collection by its key or place."""
    if isinstance(type_, ast.BinOp):
        return next((found for side in (type_.left, type_.right) if (found := _value(side)) is not None), None)
    if (
        isinstance(type_, ast.Subscript)
        and isinstance(type_.value, ast.Name)
        and type_.value.id.rpartition(".")[2] in _MAPS
    ):
        return type_.slice.elts[1] if isinstance(type_.slice, ast.Tuple) else None
    return _inner(type_)


def names(type_: Type | None) -> tuple[str, ...]:
    """The classes that a type may be; those of a collection are not."""
    match type_:
        case ast.Name(id=name):
            return (name,)
        case ast.Attribute(attr=name):
            return (name,)
        case ast.Constant(value=str(text)):
            return names(ast.parse(text, mode="eval").body)
        case ast.BinOp(left=left, right=right):
            return (*names(left), *names(right))
    return ()
