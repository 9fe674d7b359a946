"""Sends what was approved, and nothing else."""

from mailguard.release.worker import ReleaseWorker

__all__ = ["ReleaseWorker"]
