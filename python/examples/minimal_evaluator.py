"""The smallest complete metric worker: mean brightness of a video."""

from collections.abc import Sequence

from vidbench_worker import EvaluateRequest, Evaluation, Evaluator, Metric, read_npy, serve


class Brightness(Evaluator):
    name = "brightness"
    version = "1.0"

    def metrics(self) -> list[Metric]:
        return [
            Metric(
                id="example/brightness",
                title="Brightness",
                better="higher",
                range=(0.0, 1.0),
                definition="Mean of all pixel values of all frames, divided by 255.",
            )
        ]

    def evaluate(self, request: EvaluateRequest, metrics: Sequence[str]) -> Evaluation:
        return Evaluation(values={"example/brightness": float(read_npy(request.video).mean() / 255.0)})


if __name__ == "__main__":
    serve(Brightness())
