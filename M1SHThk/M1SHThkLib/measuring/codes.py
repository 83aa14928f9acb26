"""What regions, tissues and quantities are called in DICOM, and in the terminology of Slicer's segments.

A code is (value, coding scheme, meaning). Where no code was found there is one of a private scheme; none is guessed.
"""

PRIVATE = "99M1SHTHK"

ANATOMICAL_STRUCTURE = ("91723000", "SCT", "Anatomical Structure")
SPLENIUM = ("23347006", "SCT", "Splenium of corpus callosum")
WHITE_MATTER = ("389080008", "SCT", "White matter")
DEEP_LAYERS = ("DEEPLAYERS", PRIVATE, "Deep layers of primary motor cortex")

_PRECENTRAL = ("61894", "FMA", "Precentral gyrus")
_PARACENTRAL = ("0035933", "UBERON", "Paracentral lobule")
SITES = {"hand_knob": _PRECENTRAL, "paracentral_lobule": _PARACENTRAL, "orofacial": _PRECENTRAL}
# Which part of the site.
PARTS = {
    "hand_knob": ("HANDKNOB", PRIVATE, "Hand knob"),
    "paracentral_lobule": ("LEGAREA", PRIVATE, "Leg area"),
    "orofacial": ("OROFACIAL", PRIVATE, "Orofacial area"),
}
SIDES = {"left": ("7771000", "SCT", "Left"), "right": ("24028007", "SCT", "Right")}

METHOD = ("DONATELLI2018", PRIVATE, "Double sigmoid fit, Donatelli 2018")
EDGE_DETECTION = ("123103", "DCM", "Edge Detection")  # the family of algorithms, of those that DICOM lists
MR_BRAIN = ("24590-2", "LN", "MR Brain")
# By the column of the measurements: what it is called, and its unit.
QUANTITIES = {
    "sh": (("SH", PRIVATE, "Signal hypointensity"), ("1", "UCUM", "no units")),
    "thk_mm": (("59089-3", "LN", "Thickness"), ("mm", "UCUM", "mm")),
    "sh_thk_per_mm": (("SHTHK", PRIVATE, "SH/Thk"), ("/mm", "UCUM", "1/mm")),
}
LIMITS = {
    "low": ("CI95LOW", PRIVATE, "Lower limit of 95 % confidence interval"),
    "high": ("CI95HIGH", PRIVATE, "Upper limit of 95 % confidence interval"),
}
FLAG = ("FLAG", PRIVATE, "Flag")
_LONGEST_VALUE = 16
_KINDS_CONTEXT = "Segmentation category and type - 3D Slicer General Anatomy list"
_SITES_CONTEXT = "Anatomic codes - DICOM master list"
QUANTITY = ("246205007", "SCT", "Quantity")
T2_STAR = ("110806", "DCM", "T2* Weighted MR Signal Intensity")
R2_STAR = ("126395", "DCM", "R2*")


def flag_code(flag):
    """The private code of a flag of `flags.FLAGS`."""
    return flag.replace("_", "").upper()[:_LONGEST_VALUE], PRIVATE, flag.replace("_", " ")


def terminology(kind, region=None, hemisphere=None):
    """A segment's terminology entry, as Slicer writes it: what it is and, of a region, where.

    Parameters
    ----------
    kind : code
        SPLENIUM, WHITE_MATTER or DEEP_LAYERS.
    region, hemisphere : str, optional
        One of REGIONS and of HEMISPHERES.
    """
    site = [SITES[region], SIDES[hemisphere]] if region else [None, None]
    what, where = ("~".join(map(_as_slicer_writes, own)) for own in ([ANATOMICAL_STRUCTURE, kind, None], site))
    return f"{_KINDS_CONTEXT}~{what}~{_SITES_CONTEXT}~{where}"


def _as_slicer_writes(code):
    value, scheme, meaning = code or ("", "", "")
    return f"{scheme}^{value}^{meaning}"
