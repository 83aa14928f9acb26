"""Texts in the reader's language, for rooms that know nothing of Slicer.

The underscore by which Slicer's script finds what is to be translated is `tr` or `marked` here. Outside Slicer all
texts stay English; in Slicer its translator is brought in by `use`.
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


def translated(context, text):
    """A text of a context in the reader's language."""
    return _translators[0](context, text) if _translators else text


def context_of(path):
    """A file of this package as Slicer's script names it: 'flags.py' in 'measuring' -> 'measuring.flags'."""
    folder, name = os.path.split(os.path.splitext(path)[0])
    return f"{os.path.basename(folder)}.{name}"
