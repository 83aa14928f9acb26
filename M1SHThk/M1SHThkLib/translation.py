"""Texts in the reader's language, for rooms that know nothing of Slicer.

The underscore by which Slicer's script finds what is to be translated is `tr`, `marked` or `Note` here. Outside Slicer
all texts stay English; in Slicer its translator is brought in by `use`.
"""

import os
import sys

_translators = []


def use(translate):
    """Translate by a function of context and text, as slicer.i18n.translate is one."""
    _translators[:] = [translate]


def tr(text):
    """The text in the reader's language; its context is the calling file, named as by slicer.i18n."""
    return translated(context_of(sys._getframe(1).f_code.co_filename), text)


def marked(text):
    """The text itself, to be found by translators; `translated` translates it where it is shown."""
    return text


class Note(str):
    """A remark that files keep in English and readers are told in their own language.

    The string itself is English: `Note(marked("by {depth:.1f} mm"), depth=0.3)`. Where Note itself is the underscore,
    `format` gives the values. A value may be a note. Notes that are added make a note.
    """

    def __new__(cls, text, **values):
        return cls._made(sys._getframe(1).f_code.co_filename, text, values)

    @classmethod
    def _made(cls, path, text, values):
        note = super().__new__(cls, text.format(**values) if values else text)
        note._parts = path, text, values
        return note

    def format(self, **values):
        """The note with its values."""
        path, text, _none = self._parts
        return self._made(path, text, values)

    def value(self, name):
        """What the note was given by this name, '' where it was given nothing."""
        return self._parts[2].get(name, "")

    def __add__(self, more):
        return listed((self, more), "")

    def __radd__(self, before):
        return listed((before, self), "")

    def __reduce__(self):
        return str, (str(self),)  # another process has no reader


def told(note):
    """A note in the reader's language; any other text, such as one that a file keeps, as it is."""
    if not isinstance(note, Note):
        return note
    path, text, values = note._parts
    text = translated(context_of(path), text)
    return text.format(**{name: told(value) for name, value in values.items()}) if values else text


def listed(notes, separator="; "):
    """Notes as one, with what stands between them; empty without any."""
    named = {f"note{number}": note for number, note in enumerate(notes)}
    return Note(separator.join(f"{{{name}}}" for name in named), **named)


def translated(context, text):
    """A text of a context in the reader's language."""
    return _translators[0](context, text) if _translators else text


def context_of(path):
    """A file of this package as Slicer's script names it: 'flags.py' in 'measuring' -> 'measuring.flags'."""
    folder, name = os.path.split(os.path.splitext(path)[0])
    return f"{os.path.basename(folder)}.{name}"
