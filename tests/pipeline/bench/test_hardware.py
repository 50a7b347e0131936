"""The machine in words."""

from mtpipe.pipeline.bench import hardware


def test_gpus_are_named_where_they_compute(tmp_path, monkeypatch):
    for number in range(2):
        (tmp_path / f"0000:0{number}:00.0").mkdir()
        (tmp_path / f"0000:0{number}:00.0" / "information").write_text(
            "Model: \t\t NVIDIA H100\nIRQ:   \t\t 1\n"
        )
    monkeypatch.setattr(hardware, "_GPUS", tmp_path)
    assert hardware.describe_machine(gpus=True).endswith(", 2 x NVIDIA H100")
    assert "NVIDIA" not in hardware.describe_machine()
    monkeypatch.setattr(hardware, "_GPUS", tmp_path / "none")
    assert hardware.describe_machine(gpus=True) == hardware.describe_machine()


def test_cores_are_those_of_the_machine(monkeypatch):
    before = hardware.describe_machine()
    monkeypatch.setenv("MTPIPE_THREADS", "77")
    assert hardware.describe_machine() == before
