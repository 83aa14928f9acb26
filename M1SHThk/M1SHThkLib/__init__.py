"""SH/Thk of the deep layers of the primary motor cortex, after Donatelli et al. (AJNR 2018;39:63)."""

__version__ = "0.1.0"
