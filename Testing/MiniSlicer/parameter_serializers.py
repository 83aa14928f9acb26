"""How a parameter's value lies in a vtkMRMLScriptedModuleNode: names and strings exactly as Slicer writes them.

Follows Slicer's Base/Python/slicer/parameterNodeWrapper/serializers.py. A list `x` is `x.len`, `x.0`, `x.1` ...; the
n-th type of a union is `x.n`; a node is an empty parameter and a node reference of the same name.
"""

import collections.abc
import typing

import slicer

from .parameter_types import IsInstance, NotNone, Validator, isNodeType, splitAnnotations, unionMembers


class Plain:
    """A value that is one string."""

    def __init__(self, kind):
        self.kind = kind
        self.validators = [NotNone(), IsInstance((int, float) if kind is float else kind)]

    def accepts(self, value):
        return type(value) in ((int, float) if self.kind in (int, float) else (self.kind,))

    def default(self):
        return {str: "", bool: False}.get(self.kind, 0)

    def isIn(self, node, name):
        return node.HasParameter(name)

    def write(self, node, name, value):
        node.SetParameter(name, str(value))

    def read(self, node, name):
        text = node.GetParameter(name)
        return text == "True" if self.kind is bool else self.kind(text)

    def remove(self, node, name):
        node.UnsetParameter(name)


class Nothing:
    """The None of a union: something must be there to show that it was written."""

    validators = ()

    def accepts(self, value):
        return value is None

    def default(self):
        return None

    def isIn(self, node, name):
        return node.HasParameter(name)

    def write(self, node, name, value):
        node.SetParameter(name, "True")

    def read(self, node, name):
        return None

    def remove(self, node, name):
        node.UnsetParameter(name)


class Node:
    """A node of a class, or None; None too once the node has left the scene."""

    def __init__(self, kind):
        self.validators = [IsInstance(kind)]

    def accepts(self, value):
        return isinstance(value, slicer.vtkMRMLNode)

    def default(self):
        return None

    def isIn(self, node, name):
        return node.HasParameter(name)

    def write(self, node, name, value):
        # None is a value, hence the parameter that says that one was written.
        node.SetParameter(name, "")
        node.SetNodeReferenceID(name, value.GetID() if value is not None else None)

    def read(self, node, name):
        return node.GetNodeReference(name)

    def remove(self, node, name):
        node.UnsetParameter(name)
        node.RemoveNodeReferenceIDs(name)


class Several:
    """A list of one type; is read as an ObservedList."""

    validators = ()

    def __init__(self, element):
        self.element = element
        self.length = Plain(int)

    def accepts(self, value):
        return isinstance(value, list | ObservedList)

    def default(self):
        return []

    def isIn(self, node, name):
        return self.length.isIn(node, f"{name}.len")

    def write(self, node, name, values):
        values = list(values)
        for value in values:
            validate(self.element, value)
        with slicer.util.NodeModify(node):
            oldLength = self.length.read(node, f"{name}.len") if self.isIn(node, name) else 0
            for index, value in enumerate(values):
                self.element.write(node, f"{name}.{index}", value)
            self.length.write(node, f"{name}.len", len(values))
            for index in range(len(values), oldLength):
                self.element.remove(node, f"{name}.{index}")

    def read(self, node, name):
        length = self.length.read(node, f"{name}.len")
        return ObservedList(node, self, name, [self.element.read(node, f"{name}.{index}") for index in range(length)])

    def remove(self, node, name):
        if self.isIn(node, name):
            self.write(node, name, [])
            self.length.remove(node, f"{name}.len")


class OneOf:
    """A union; the value lies under the name of its type's place in it."""

    validators = ()

    def __init__(self, members):
        self.members = members

    def accepts(self, value):
        return any(member.accepts(value) for member in self.members)

    def default(self):
        isOptional = len(self.members) == 2 and isinstance(self.members[1], Nothing)
        return None if isOptional else self.members[0].default()

    def isIn(self, node, name):
        return any(member.isIn(node, f"{name}.{index}") for index, member in enumerate(self.members))

    def write(self, node, name, value):
        index = self._place(value)
        with slicer.util.NodeModify(node):
            self.remove(node, name)
            self.members[index].write(node, f"{name}.{index}", value)

    def read(self, node, name):
        for index, member in enumerate(self.members):
            if member.isIn(node, f"{name}.{index}"):
                return member.read(node, f"{name}.{index}")
        raise KeyError(f"Unable to find value for name: {name}")

    def remove(self, node, name):
        with slicer.util.NodeModify(node):
            for index, member in enumerate(self.members):
                member.remove(node, f"{name}.{index}")

    def _place(self, value):
        error = TypeError(f"Unable to write value '{value}' of type '{type(value)}'")
        for index, member in enumerate(self.members):
            if member.accepts(value):
                try:
                    validate(member, value)
                except (TypeError, ValueError) as unfit:
                    error = unfit
                else:
                    return index
        raise error


class ObservedList(collections.abc.MutableSequence):
    """A list that writes every change of itself into the parameter node."""

    def __init__(self, node, serializer, name, values):
        self._node, self._serializer, self._name, self._list = node, serializer, name, values

    def _save(self):
        try:
            self._serializer.write(self._node, self._name, self._list)
        finally:
            self._list = self._serializer.read(self._node, self._name)._list

    def __repr__(self):
        return f"ObservedList({self._list})"

    def __eq__(self, other):
        return self._list == (other._list if isinstance(other, ObservedList) else other)

    __hash__ = None

    def __len__(self):
        return len(self._list)

    def __getitem__(self, index):
        return self._list[index]

    def __setitem__(self, index, value):
        self._list[index] = value
        self._save()

    def __delitem__(self, index):
        del self._list[index]
        self._save()

    def insert(self, index, value):
        self._list.insert(index, value)
        self._save()

    def sort(self, *args, **kwargs):
        self._list.sort(*args, **kwargs)
        self._save()


def validate(serializer, value):
    """Raise what the type's own checks and those of its annotations raise."""
    for validator in serializer.validators:
        validator.validate(value)


def createSerializer(possiblyAnnotatedType):
    """The serializer of a type; its annotations that are checks are added to the type's own."""
    bare, annotations = splitAnnotations(possiblyAnnotatedType)
    serializer = _forType(bare)
    serializer.validators = [*serializer.validators, *(a for a in annotations if isinstance(a, Validator))]
    return serializer


def _forType(bare):
    members = unionMembers(bare)
    if len(members) > 1:
        return OneOf([createSerializer(member) for member in members])
    if bare in (int, float, str, bool):
        return Plain(bare)
    if bare is type(None):
        return Nothing()
    if isNodeType(bare):
        return Node(bare)
    if typing.get_origin(bare) is list:
        return Several(createSerializer(typing.get_args(bare)[0]))
    raise TypeError(f"MiniSlicer's parameter node knows no type {bare}")
