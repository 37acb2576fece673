"""Worker: a small process kept warm, which runs each job of an importer in a confined child of its own.

`run_job(worker, job)` yields what the job emits, or raises for how it ended; the next job is not affected.
"""

from tollbook.intake.worker.job import Job
from tollbook.intake.worker.plugin_failed import PluginFailed
from tollbook.intake.worker.plugin_source import PluginSource, load_plugin
from tollbook.intake.worker.stream import run_job
from tollbook.intake.worker.worker import PRELOADED, Worker

__all__ = ["PRELOADED", "Job", "PluginFailed", "PluginSource", "Worker", "load_plugin", "run_job"]
