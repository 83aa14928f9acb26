"""SH/Thk of the deep layers of the primary motor cortex, after Donatelli et al. (AJNR 2018;39:63)."""

__version__ = "0.1.0"  # with its changes in Resources/Docs/Changelog.md
HOMEPAGE = "https://github.com/M1SHThk/SlicerM1SHThk"
# Who made the extension, each as "Name (Organisation)". CMakeLists.txt and M1SHThk.s4ext name the same.
CONTRIBUTORS = ("M1SHThk contributors",)
