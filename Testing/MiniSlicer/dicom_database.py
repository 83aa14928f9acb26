"""Stand-in of the DICOM database, which Slicer's DICOM module keeps as slicer.dicomDatabase."""

from .core_object import CoreObject


class ctkDICOMDatabase(CoreObject):
    """Follows ctkDICOMDatabase (CTK, Libs/DICOM/Core/ctkDICOMDatabase.h); tests put the values into `_values`."""

    def __init__(self):
        super().__init__()
        self._values = {}  # (SOP instance UID, tag such as '0018,0081') -> value

    def instanceValue(self, sopInstanceUID, tag):
        """A tag's value as text; '' where instance or tag are unknown."""
        return self._values.get((sopInstanceUID, tag.upper()), "")
