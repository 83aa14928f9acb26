"""Annotations of a parameter's type: default, checks, and what a widget shows of it.

Follows Slicer's Base/Python/slicer/parameterNodeWrapper/default.py, validators.py, guiConnectors.py and util.py.
"""

import types
import typing

import slicer

__all__ = [
    "Choice",
    "Decimals",
    "Default",
    "IsInstance",
    "Maximum",
    "Minimum",
    "NotNone",
    "SingleStep",
    "Validator",
    "WithinRange",
    "findFirstAnnotation",
    "getNodeTypes",
    "isNodeOrUnionOfNodes",
    "splitAnnotations",
    "unannotatedType",
]


class Default:
    """The parameter's default: a value, or a function that makes it."""

    def __init__(self, value=None, *, generator=None):
        self._value = value
        self._generator = generator

    @property
    def value(self):
        return self._generator() if self._generator else self._value


class Decimals:
    def __init__(self, value):
        self.value = value


class SingleStep:
    def __init__(self, value):
        self.value = value


class Validator:
    """A check of every value that is written; `validate` raises."""

    def validate(self, value):
        raise NotImplementedError


class NotNone(Validator):
    def validate(self, value):
        if value is None:
            raise ValueError("Value must not be None")


class IsInstance(Validator):
    def __init__(self, classtype):
        self.classtype = classtype

    def validate(self, value):
        if value is not None and not isinstance(value, self.classtype):
            raise TypeError(f"Value must be of type '{self.classtype}', is type '{type(value)}' value '{value}'")


class WithinRange(Validator):
    def __init__(self, minimum, maximum):
        self.minimum = minimum
        self.maximum = maximum

    def validate(self, value):
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"Value must be within range [{self.minimum}, {self.maximum}], is {value}")


class Minimum(Validator):
    def __init__(self, minimum):
        self.minimum = minimum

    def validate(self, value):
        if value < self.minimum:
            raise ValueError(f"Value must be greater than {self.minimum}, is {value}")


class Maximum(Validator):
    def __init__(self, maximum):
        self.maximum = maximum

    def validate(self, value):
        if value > self.maximum:
            raise ValueError(f"Value must be less than {self.maximum}, is {value}")


class Choice(Validator):
    def __init__(self, choices):
        self.choices = choices

    def validate(self, value):
        if value not in self.choices:
            raise ValueError(f"Value is {value}, but must be in one of the following: {self.choices}")


def splitAnnotations(possiblyAnnotatedType):
    """The bare type, and its annotations."""
    if typing.get_origin(possiblyAnnotatedType) is typing.Annotated:
        bare, *annotations = typing.get_args(possiblyAnnotatedType)
        return bare, tuple(annotations)
    return possiblyAnnotatedType, ()


def unannotatedType(possiblyAnnotatedType):
    return splitAnnotations(possiblyAnnotatedType)[0]


def findFirstAnnotation(annotations, annotationType):
    return next((annotation for annotation in annotations if isinstance(annotation, annotationType)), None)


def unionMembers(bareType):
    """The types of `A | B`, Union[A, B] or Optional[A]; a single type is its own only member."""
    isUnion = typing.get_origin(bareType) is typing.Union or isinstance(bareType, types.UnionType)
    return typing.get_args(bareType) if isUnion else (bareType,)


def isNodeType(bareType):
    return isinstance(bareType, type) and issubclass(bareType, slicer.vtkMRMLNode)


def isNodeOrUnionOfNodes(datatype):
    members = [unannotatedType(member) for member in unionMembers(unannotatedType(datatype))]
    return all(isNodeType(member) or member is type(None) for member in members)


def getNodeTypes(datatype):
    """The MRML class names among the type's members."""
    members = [unannotatedType(member) for member in unionMembers(unannotatedType(datatype))]
    return tuple(member().GetClassName() for member in members if isNodeType(member))
