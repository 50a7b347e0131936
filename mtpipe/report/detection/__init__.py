"""The report of a detection: a page for people, a record beside it, a row of a batch."""

from mtpipe.report.detection.likelihood import likelihood_in_words
from mtpipe.report.detection.page import detection_page
from mtpipe.report.detection.record import detection_record, detection_row

__all__ = ["detection_page", "detection_record", "detection_row", "likelihood_in_words"]
