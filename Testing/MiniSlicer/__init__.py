"""A miniature Slicer for tests: real MRML from the slicer-core wheel, real Qt from PySide6, and stand-ins between them.

    import MiniSlicer                        # Testing/ is on sys.path
    MiniSlicer.start(window=False)           # at the top, before `import slicer` or `import qt`; again: nothing happens
    import slicer, qt

    module = MiniSlicer.loadModule(".../M1SHThk/M1SHThk.py")   # as Slicer's factory does; fires startupCompleted
    panel = module.widgetRepresentation()    # makes the panel: setup(); panel.self() is the script's M1SHThkWidget
    panel.enter(); panel.exit()              # what the module selector calls
    slicer.util.reloadScriptedModule("M1SHThk")
    MiniSlicer.runSelfTest("M1SHThk")        # M1SHThkTest().runTest(), as Slicer calls it
    MiniSlicer.closeScene()                  # StartClose ... EndClose
    MiniSlicer.start(window=True)            # main window, slice, plot and table views; off-screen if need be
    slicer.util.selectModule("M1SHThk")      # the panel to the left; enter() and exit() of the modules
    MiniSlicer.click("Red", (10, 20, 5))     # by position in world RAS, mm; also move, doubleClick, clickFast,
    MiniSlicer.drag("Red", fromRAS, toRAS)   # real mouse events; a placed point is a real markups point
    MiniSlicer.keyPress("Red", "Return")     # or keyPress(widget, "z", "ctrl"): QShortcuts answer
    MiniSlicer.wait(0.5)                     # seconds in which timers fire
    MiniSlicer.screenshot("window.png")
    MiniSlicer.raiseErrors()                 # what Qt and VTK caught in callbacks, or wrote as an error themselves

One process is one application. Tests run as Slicer with --testing: messages do not wait for a click, and windows are
off-screen (unless QT_QPA_PLATFORM says otherwise).

Each stand-in names the Slicer class and source file that it follows and offers nothing that Slicer lacks; where Slicer
lets a mistake pass in silence (an unknown signal, property or widget class, an exception in setup()) MiniSlicer raises.
"""

from .startup import closeScene, errors, loadModule, raiseErrors, runSelfTest, start

_POINTER = ("click", "clickFast", "doubleClick", "drag", "keyPress", "move", "screenshot", "wait")
__all__ = ["closeScene", "errors", "loadModule", "raiseErrors", "runSelfTest", "start", *_POINTER]


def __getattr__(name):
    # The views behind these need the application, which `start` makes.
    if name in _POINTER:
        from . import pointer

        return getattr(pointer, name)
    raise AttributeError(name)
