"""Patients, studies, series and instances that storescu invents, to fill archives for tests."""

from __future__ import annotations

import time

from dicomkit.standard.uid import UID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dicomkit.cli.options import Options
    from dicomkit.dataset.dataset import Dataset

__all__ = ["Inventor"]


class Inventor:
    """Gives each object that is sent another identity.

    Args:
        images: after how many there is a new series.
        series: after how many there is a new study.
        studies: after how many there is a new patient.
    """

    def __init__(self, images: int = 100, series: int = 50, studies: int = 25) -> None:
        self._images = images
        self._series = series
        self._studies = studies
        self._count = 0
        self._run = int(time.time())

    @classmethod
    def from_options(cls, options: Options) -> Inventor | None:
        """The one that `--invent-...` asks for, None without."""
        fields = ("invent_instance", "invent_series", "invent_study", "invent_patient")
        if not any(field in options for field in fields):
            return None
        defaults = {"invent_series": 100, "invent_study": 50, "invent_patient": 25}
        return cls(*[options.get(field, default) for field, default in defaults.items()])

    def change(self, dataset: Dataset) -> None:
        """Give an object the next identity."""
        series, image = divmod(self._count, self._images)
        study, series_of_study = divmod(series, self._series)
        patient = study // self._studies
        if image == 0:
            self._series_uid = UID.generate()
            if series_of_study == 0:
                self._study_uid = UID.generate()
        self._count += 1
        dataset.PatientName = f"DICOMKIT^TEST_PN_{self._run}{patient}"
        dataset.PatientID = f"PID_{self._run}{patient}"
        dataset.StudyInstanceUID = self._study_uid
        dataset.StudyID = f"SID_{self._run}{study}"[-16:]
        dataset.SeriesInstanceUID = self._series_uid
        dataset.SeriesNumber = series_of_study
        dataset.SOPInstanceUID = UID.generate()
        dataset.InstanceNumber = image
