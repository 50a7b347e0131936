"""Types of what the public calls return or yield, for annotations and documentation.

What flows through all calls (articles, translations, detections, scores of a verdict) stands in
:mod:`mtpipe.types`.
"""

from mtpipe.archive.table import Listed
from mtpipe.models.cards import InstalledModel
from mtpipe.models.listing import ModelCheck
from mtpipe.pipeline.archive.adding import AddSummary
from mtpipe.pipeline.archive.finding import Original
from mtpipe.pipeline.archive.statistics import ArchiveStatistics
from mtpipe.pipeline.detect.batch import DetectionSummary
from mtpipe.pipeline.translate.articles import ArticlesSummary
from mtpipe.pipeline.translate.lines import LinesSummary
from mtpipe.report.scores import ScoreReport
from mtpipe.types.alignment import AlignedDocuments, AlignmentEvaluation
from mtpipe.types.benchmark import BenchmarkReport, ReportComparison
from mtpipe.types.training import Outcome, TrainingReport

__all__ = [
    "AddSummary",
    "AlignedDocuments",
    "AlignmentEvaluation",
    "ArchiveStatistics",
    "ArticlesSummary",
    "BenchmarkReport",
    "DetectionSummary",
    "InstalledModel",
    "LinesSummary",
    "Listed",
    "ModelCheck",
    "Original",
    "Outcome",
    "ReportComparison",
    "ScoreReport",
    "TrainingReport",
]
