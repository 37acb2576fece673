"""Frames: what was written is read, however the pipe cuts it, and no length is believed beyond the limit."""

import os
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.intake.worker.frame import FrameTooLarge, FrameWriter, OutputFlood, decode, pack, read_frames, write_frame

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def _through_a_pipe(chunks: list[bytes], frame_bytes: int = 1 << 20, output_bytes: int | None = None) -> list[Any]:
    reading, writing = os.pipe()

    def write() -> None:
        try:
            for chunk in chunks:
                os.write(writing, chunk)
        except BrokenPipeError:
            return
        finally:
            os.close(writing)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        return [decode(body) for body in read_frames(reading, frame_bytes, output_bytes)]
    finally:
        os.close(reading)
        writer.join()


@given(written=st.lists(values), cut=st.integers(min_value=1, max_value=50))
def test_frames_come_as_they_were_written(written: list[Any], cut: int) -> None:
    stream = b"".join(map(pack, written))
    assert _through_a_pipe([stream[at : at + cut] for at in range(0, len(stream), cut)]) == written


@given(written=values, lost=st.integers(min_value=1, max_value=4))
def test_a_frame_that_was_cut_short_is_left_out(written: Any, lost: int) -> None:
    assert _through_a_pipe([pack("whole"), pack(written)[:-lost]]) == ["whole"]


def test_a_length_beyond_the_limit_is_refused_before_its_content_comes() -> None:
    with pytest.raises(FrameTooLarge):
        _through_a_pipe([b"\xff\xff\xff\xff"], frame_bytes=1000)


def test_all_bytes_count_towards_the_output() -> None:
    frame = pack("x" * 96)
    assert len(_through_a_pipe([frame] * 10, output_bytes=10 * len(frame))) == 10
    with pytest.raises(OutputFlood):
        _through_a_pipe([frame] * 10, output_bytes=10 * len(frame) - 1)


def test_small_frames_are_kept_back_until_flushed_and_single_ones_are_not() -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    writer = FrameWriter(writing)
    writer.write(1)
    with pytest.raises(BlockingIOError):
        os.read(reading, 100)
    writer.flush()
    write_frame(writing, 2)
    assert os.read(reading, 100) == pack(1) + pack(2)
    os.close(reading)
    os.close(writing)
