import csv
from xml.etree.ElementTree import fromstring

from mtpipe.training.curve import MAX_POINTS, draw_curve, thinned, write_curve

POINTS = [
    {"step": 10, "tokens": 100, "seconds": 1, "loss": 5.0},
    {"step": 20, "tokens": 200, "seconds": 2, "loss": 3.0},
    {"step": 20, "tokens": 200, "seconds": 2, "loss": None, "chrf": 25.0, "bleu": 5.0},
]


def test_csv_has_every_point(tmp_path):
    write_curve(POINTS, tmp_path)
    rows = list(csv.DictReader((tmp_path / "curve.csv").read_text().splitlines()))
    assert [(row["step"], row["loss"], row["chrf"]) for row in rows] == [
        ("10", "5.0", ""),
        ("20", "3.0", ""),
        ("20", "", "25.0"),
    ]


def test_svg_falls_with_the_loss():
    svg = fromstring(draw_curve(POINTS))
    loss, chrf = svg.findall("{*}polyline")
    (x0, y0), (x1, y1) = (map(float, spot.split(",")) for spot in loss.get("points").split())
    assert x0 < x1
    assert y0 < y1  # downwards
    assert len(chrf.get("points").split()) == 1
    texts = [label.text for label in svg.findall("{*}text")]
    assert {"5.00", "3.00", "25.00", "chrF2"} <= set(texts)


def test_no_points_no_files(tmp_path):
    write_curve([], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_thinning_keeps_figures_and_the_last_point():
    points = [{"step": n, "loss": 1.0} for n in range(MAX_POINTS)]
    assert thinned(points) == points
    points += [{"step": MAX_POINTS, "chrf": 1.0}, {"step": MAX_POINTS + 1, "loss": 1.0}]
    kept = thinned(points)
    assert len(kept) <= MAX_POINTS // 2 + 2
    assert kept[-2:] == points[-2:]
