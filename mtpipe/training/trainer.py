"""The training loop for Marian models, the same on a CPU and a GPU.

Not here: how a model is evaluated (a callback of the pipeline's) and what is shown of the
progress (another).
"""

import math
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import MarianMTModel

from mtpipe.errors import EngineError, ModelCorrupt, OutOfMemory
from mtpipe.training.allocator import keep_freed_memory
from mtpipe.training.batches import Batch, Mixture
from mtpipe.training.checkpoint import Progress, has_checkpoint, load_checkpoint, save_checkpoint
from mtpipe.training.curve import thinned, write_curve
from mtpipe.training.model import save_model, set_dropout, trainable
from mtpipe.training.objective import cross_entropy, sampled_vocabulary
from mtpipe.training.optimisers import has_bf16, make_optimisers
from mtpipe.training.settings import Schedule
from mtpipe.types.training import Ending, TrainingReport

AVERAGE_EVERY = 4
"""Steps between updates of the average: often enough for a horizon of hundreds."""

EVALUATION_SHARE = 0.1
"""Part of the time, at the most, that evaluations take."""


class Trainer:
    """Trains a Marian model on a mixture and keeps a moving average of its weights.

    Args:
        model: fresh or pretrained; moved to the device and changed in place.
        companions: folder of the files that go along with every export: tokenizer and card.
        mixture: the batches.
        schedule: the optimisation.
        output: folder of the run: ``checkpoint/`` to resume, ``model/`` the averaged model (the
            best one where there is an ``evaluate``, else the last), ``curve.csv``, ``curve.svg``.
        evaluate: scores the model in a folder; its ``"chrf"`` decides which is best.
        development: digest of what it is scored on.
        report: gets the progress.
        device: "cpu" or "cuda".

    Raises:
        ModelCorrupt: vocabulary and model don't fit.
    """

    def __init__(
        self,
        model: MarianMTModel,
        companions: Path,
        mixture: Mixture,
        schedule: Schedule,
        output: Path,
        *,
        evaluate: Callable[[Path], dict[str, float]] | None = None,
        development: str = "",
        report: Callable[[TrainingReport], None] = lambda _: None,
        device: str = "cpu",
    ) -> None:
        if device == "cpu":
            keep_freed_memory()
        self.device = device
        self.model = model.to(device)
        # On a CPU torch's fused attention is slower at sentence lengths.
        self.model.set_attn_implementation("sdpa" if device == "cuda" else "eager")
        set_dropout(self.model, schedule.dropout)
        self.companions = companions
        self.mixture = mixture
        self.schedule = schedule
        self.output = output
        self.evaluate = evaluate
        self.report = report
        self.development = development
        self.progress = Progress(development=development)
        self._pad: int = self.model.config.pad_token_id
        if (
            mixture.vocabulary.pad != self._pad
            or self.model.config.decoder_start_token_id != self._pad
        ):
            raise ModelCorrupt(f"<pad> isn't the same token in config.json and in {companions}")
        self._bf16 = has_bf16(device)
        self._has_bias = bool(self.model.final_logits_bias.any())
        self._parameters = trainable(self.model)
        self.average = {n: p.detach().float().clone() for n, p in self._parameters.items()}
        self.optimisers = make_optimisers(self.model, schedule, device)
        self._peaks = {label: o.param_groups[0]["lr"] for label, o in self.optimisers.items()}
        self._max_steps = schedule.max_steps or math.inf
        if schedule.max_epochs:
            epochs = math.ceil(schedule.max_epochs * mixture.steps_per_epoch())
            self._max_steps = min(self._max_steps, epochs)
        self._loss = torch.zeros((), device=device)  # sum over tokens since the last report
        self._tokens = 0
        self._started = self._last_report = time.monotonic()

    def resume(self) -> bool:
        """Take up the run in the output folder; False if there is none."""
        directory = self.output / "checkpoint"
        if not has_checkpoint(directory):
            return False
        self.progress = load_checkpoint(directory, self.model, self.average, self.optimisers)
        self.progress.measure_on(self.development)
        return True

    def run(
        self,
        *,
        stop: Callable[[], bool] = lambda: False,
        evaluate_first: bool = False,
        report_every_s: float = 10,
        save_every_s: float = 600,
    ) -> Ending:
        """Train until the budget is used up, and save.

        Args:
            stop: asked before every step whether to stop early.
            evaluate_first: measure the model before a run's first step, too.
            report_every_s: seconds between reports.
            save_every_s: seconds between checkpoints.

        Raises:
            EngineError: the loss isn't finite any more; the last checkpoint is untouched.
            OutOfMemory: a batch doesn't fit; the last checkpoint is untouched.
            OSError: a file can't be written.
        """
        try:
            ending = self._loop(stop, evaluate_first, report_every_s, save_every_s)
        except torch.OutOfMemoryError as exc:
            raise OutOfMemory(
                f"a batch doesn't fit in the memory of the device: {exc}",
                hint="lower batch_tokens in the recipe's [schedule]",
            ) from exc
        if ending is Ending.BUDGET and self.evaluate:
            self._evaluate()
        elif not self.evaluate or not (self.output / "model").exists():
            self.export(self.output / "model")
        self.save()
        return ending

    def _loop(
        self,
        stop: Callable[[], bool],
        evaluate_first: bool,
        report_every_s: float,
        save_every_s: float,
    ) -> Ending:
        progress = self.progress
        self._started = self._last_report = last_save = last_evaluation = time.monotonic()
        evaluate_every_s = 60 * self.schedule.evaluate_minutes
        if self.evaluate and evaluate_first and progress.step == 0:
            evaluate_every_s = max(evaluate_every_s, self._evaluate() / EVALUATION_SHARE)
            last_evaluation = time.monotonic()
        self.model.train()
        for pool, number, batch in self.mixture.batches(progress.pool, progress.batch):
            if stop():
                return Ending.STOPPED
            if self._done() >= 1:
                return Ending.BUDGET
            before = time.monotonic()
            self._loss += self._step(batch) * batch.tokens
            self._tokens += batch.tokens
            progress.pool, progress.batch = pool, number + 1
            now = time.monotonic()
            progress.seconds += now - before
            if now - self._last_report >= report_every_s:
                self._report()
            if now - last_save >= save_every_s:
                self.save()
                last_save = time.monotonic()
            if self.evaluate and now - last_evaluation >= evaluate_every_s:
                cost = self._evaluate()
                if self.schedule.patience and progress.waited >= self.schedule.patience:
                    return Ending.PATIENCE
                evaluate_every_s = max(60 * self.schedule.evaluate_minutes, cost / EVALUATION_SHARE)
                last_evaluation = time.monotonic()
        raise AssertionError("a mixture is endless")

    def _done(self) -> float:
        """Share of the budget used, by whichever limit is nearer."""
        minutes = (time.monotonic() - self._started) / 60
        by_time = minutes / self.schedule.max_minutes if self.schedule.max_minutes else 0.0
        return max(self.progress.step / self._max_steps, by_time)

    def _rate(self) -> float:
        """Share of the peak rates: warm-up, plateau, linear decay.

        Warm-up limits the climb from the last rate, so that it comes again where a run goes on
        after its rates have decayed, and not where it was merely interrupted.
        """
        schedule = self.schedule
        climbed = self.progress.rate + 1 / max(1, schedule.warmup_steps)
        cooled = (1 - self._done()) / schedule.decay if schedule.decay else 1.0
        return min(1.0, climbed, cooled)

    def _step(self, batch: Batch) -> Tensor:
        """One optimiser step; returns the loss, still on the device."""
        rate = self._rate()
        for label, optimiser in self.optimisers.items():
            for group in optimiser.param_groups:
                group["lr"] = self._peaks[label] * rate
        source, decoder_input, target = (
            torch.from_numpy(ids).to(self.device)  # [rows x length]
            for ids in (batch.source, batch.decoder_input, batch.target)
        )
        with torch.autocast(self.device, dtype=torch.bfloat16, enabled=self._bf16):
            # The decoder needs no mask of its own: padding only follows what counts.
            hidden = self.model.model(
                input_ids=source,
                attention_mask=source != self._pad,
                decoder_input_ids=decoder_input,
                use_cache=False,
            ).last_hidden_state  # [rows x length x width]
        real = target != self._pad
        loss = self._cross_entropy(hidden[real], target[real])
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._parameters.values(), 1.0)
        for optimiser in self.optimisers.values():
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        self.progress.step += 1
        self.progress.tokens += batch.tokens
        self.progress.rate = rate
        self._update_average()
        return loss.detach()

    def _cross_entropy(self, hidden: Tensor, target: Tensor) -> Tensor:
        """Loss of decoder states, [positions x width], and the ids that should follow them."""
        weight: Tensor = self.model.lm_head.weight
        bias: Tensor = self.model.final_logits_bias[0]
        if self._pad == len(weight) - 1:
            # <pad> is never a target, and what starts the decoder is no output.
            weight, bias = weight[:-1], bias[:-1]
        has_bias = self._has_bias
        if self.schedule.sampled_vocabulary:
            part, constants, target = sampled_vocabulary(
                target, len(weight), self.schedule.sampled_vocabulary
            )
            weight, bias, has_bias = weight[part], bias[part] + constants, True
        dtype = torch.bfloat16 if self._bf16 else torch.float32
        return cross_entropy(
            hidden.to(dtype),
            weight.to(dtype),
            target,
            bias=bias.to(dtype) if has_bias else None,
            smoothing=self.schedule.label_smoothing,
        )

    @torch.no_grad()
    def _update_average(self) -> None:
        step = self.progress.step
        if step % AVERAGE_EVERY:
            return
        # Early on the horizon is a quarter of the run, so that fresh weights don't linger.
        horizon = min(self.schedule.average, step / AVERAGE_EVERY + 1)
        for name, parameter in self._parameters.items():
            self.average[name].lerp_(parameter.float(), min(1.0, AVERAGE_EVERY / horizon))

    def _report(self, scores: dict[str, float] | None = None, *, is_best: bool = False) -> None:
        """Tell of the steps since the last report, and keep them as a point of the curve."""
        progress = self.progress
        now = time.monotonic()
        loss = float(self._loss) / self._tokens if self._tokens else None
        if loss is not None and not math.isfinite(loss):
            raise EngineError(
                f"the loss isn't finite any more at step {progress.step}",
                hint="lower muon_rate and adam_rate in the recipe's [schedule], then --resume",
            )
        speed = self._tokens / max(now - self._last_report, 1e-9)
        self._loss.zero_()
        self._tokens, self._last_report = 0, now
        point = {
            "step": progress.step,
            "tokens": progress.tokens,
            "seconds": round(progress.seconds),
            "loss": None if loss is None else round(loss, 4),
            **{key: round(value, 2) for key, value in (scores or {}).items()},
        }
        progress.curve = thinned([*progress.curve, point])
        self.report(
            TrainingReport(progress.step, loss, speed, min(1.0, self._done()), scores, is_best)
        )

    def _evaluate(self) -> float:
        """Score the average, keep it if it is the best so far; returns the seconds it took."""
        measured = [point["step"] for point in self.progress.curve if "chrf" in point]
        if self.evaluate is None or self.progress.step in measured[-1:]:
            return 0.0
        if self._tokens:
            self._report()
        started = time.monotonic()
        candidate = self.export(self.output / "candidate")
        scores = self.evaluate(candidate)
        progress = self.progress
        is_best = scores["chrf"] > progress.best or not (self.output / "model").exists()
        if is_best:
            progress.best, progress.waited = scores["chrf"], 0
            shutil.rmtree(self.output / "model", ignore_errors=True)
            candidate.rename(self.output / "model")
        else:
            progress.waited += 1
            shutil.rmtree(candidate)
        self._report(scores, is_best=is_best)
        write_curve(progress.curve, self.output)
        self._last_report = time.monotonic()
        return time.monotonic() - started

    def save(self) -> None:
        """Write a checkpoint that :meth:`resume` takes up, and the curve so far."""
        if self._tokens:
            # Refuses weights that aren't finite.
            self._report()
        directory = self.output / "checkpoint"
        save_checkpoint(directory, self.model, self.average, self.optimisers, self.progress)
        write_curve(self.progress.curve, self.output)

    def export(self, directory: Path) -> Path:
        """Write the averaged weights as a stock Hugging Face Marian folder, in float16."""
        scratch = directory.with_name(directory.name + ".new")
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.copytree(self.companions, scratch)
        held = {name: p.detach().clone() for name, p in self._parameters.items()}
        self._set_weights(self.average)
        try:
            save_model(self.model, scratch)
        finally:
            self._set_weights(held)
        shutil.rmtree(directory, ignore_errors=True)
        return scratch.rename(directory)

    @torch.no_grad()
    def _set_weights(self, weights: dict[str, Tensor]) -> None:
        for name, parameter in self._parameters.items():
            parameter.copy_(weights[name])
