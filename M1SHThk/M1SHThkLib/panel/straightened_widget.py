"""The widget that shows the straightened cortex in the module's layout; known to Slicer before any scene names it."""

import qt
import slicer
from slicer.i18n import tr as _

TAG = "m1shthkstraightened"
_FACTORY = "M1SHThkStraightenedFactory"  # kept beside Slicer's modules: it outlives a reload of ours
TITLE = _("Straightened cortex")
TITLE_NAME, PICTURE = "straightenedTitle", "straightenedPicture"


def register_view():
    """Make the view known to Slicer's layouts, once; returns its widget, None without a main window."""
    manager = slicer.app.layoutManager()
    if not manager:
        return None
    factory = getattr(slicer.modules, _FACTORY, None)
    if factory is None or factory.widget() is None:
        factory = slicer.qSlicerSingletonViewFactory()
        factory.setTagName(TAG)
        factory.setWidget(_new_widget())
        manager.registerViewFactory(factory)
        setattr(slicer.modules, _FACTORY, factory)
    return factory.widget()


def _new_widget():
    """A title above a picture that fills what the layout gives it."""
    widget = qt.QWidget()
    box = qt.QVBoxLayout(widget)
    box.setContentsMargins(2, 2, 2, 2)
    box.setSpacing(1)
    title, picture = qt.QLabel(TITLE), qt.QLabel()
    title.setObjectName(TITLE_NAME)
    picture.setObjectName(PICTURE)
    # Neither is to widen or heighten the layout.
    title.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Fixed)
    picture.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Ignored)
    picture.setScaledContents(True)
    box.addWidget(title)
    box.addWidget(picture)
    return widget
