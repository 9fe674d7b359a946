"""Tells operators and approvers by mail what happened to a hold."""

from mailguard.notify.worker import NoticeWorker

__all__ = ["NoticeWorker"]
