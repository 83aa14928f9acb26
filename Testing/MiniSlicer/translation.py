"""Stand-in of `slicer.i18n` (Slicer: Base/Python/slicer/i18n.py), in the language of the source code."""

import inspect
import os


def translate(context, text):
    """The text in the application's language."""
    from slicer import app

    return app.translate(context, text)


def getContext(sourceFile):
    """The translation context: file name, with the package's name before it where the file lies in a package."""
    folder, name = os.path.split(os.path.splitext(sourceFile)[0])
    inPackage = os.path.isfile(os.path.join(folder, "__init__.py"))
    return f"{os.path.basename(folder)}.{name}" if inPackage else name


def tr(text):
    """The text in the application's language; the context is the calling file."""
    return translate(getContext(inspect.currentframe().f_back.f_code.co_filename), text)
