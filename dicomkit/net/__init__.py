"""DICOM networks: upper layer, DIMSE, associations, services (PS3.7, PS3.8, PS3.4)."""
