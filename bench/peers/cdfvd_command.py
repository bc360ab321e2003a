"""The FVD of two folders of videos by cd-fvd 0.1.1's own classes, as its command line computes it: the peer of
`vidbench score --metrics fvd-i3d` in run.py.

Usage: cdfvd_command.py FAKE REAL WEIGHTS

torchvision no longer decodes videos, and what it points to does not load without CUDA's libraries. Its VideoClips is
therefore replaced by one on PyAV, which torchvision used before: time stamps by demuxing, frames by seeking.
"""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/parity"))

import conftest  # noqa: E402, F401, I001  (the references' search path; the operators torchvision asks for)
import av  # noqa: E402
import torch  # noqa: E402
import torchvision.datasets.video_utils as video_utils  # noqa: E402


class VideoClips:
    """What cd-fvd uses of torchvision.datasets.video_utils.VideoClips."""

    def __init__(
        self, files: list[str], length: int, num_workers: int = 0, _precomputed_metadata: object = None
    ) -> None:
        self.files, self.length = files, length
        self.stamps = [self.time_stamps(file) for file in files]
        self.clips = [torch.zeros(max(0, len(stamps) - length + 1)) for stamps in self.stamps]
        self.metadata = {"video_paths": files}

    @staticmethod
    def time_stamps(file: str) -> list[int]:
        with av.open(file) as container:
            packets = container.demux(video=0)
            return sorted(packet.pts for packet in packets if packet.pts is not None)

    def num_videos(self) -> int:
        return len(self.files)

    def num_clips(self) -> int:
        return sum(len(clips) for clips in self.clips)

    def get_clip(self, index: int) -> tuple[torch.Tensor, None, None, int]:
        video, first = self.get_clip_location(index)
        wanted = self.stamps[video][first : first + self.length]
        frames = []
        with av.open(self.files[video]) as container:
            container.seek(wanted[0], stream=container.streams.video[0], backward=True)
            for frame in container.decode(video=0):
                if frame.pts is not None and frame.pts >= wanted[0]:
                    frames.append(torch.from_numpy(frame.to_ndarray(format="rgb24")))
                if len(frames) == self.length:
                    break
        return torch.stack(frames), None, None, video


video_utils.VideoClips = VideoClips
from cdfvd import fvd  # noqa: E402


def main() -> None:
    fake, real, weights = sys.argv[1:]
    torch.set_num_threads(2)
    evaluator = fvd.cdfvd("i3d", ckpt_path=weights, n_fake="full", n_real="full", device="cpu")
    loaders = [evaluator.load_videos(folder, data_type="video_folder", num_workers=0) for folder in (real, fake)]
    evaluator.compute_real_stats(loaders[0])
    evaluator.compute_fake_stats(loaders[1])
    print(evaluator.compute_fvd_from_stats())


if __name__ == "__main__":
    main()
