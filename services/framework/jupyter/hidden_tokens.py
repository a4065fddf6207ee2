"""Keeps tokens out of the log, whoever writes it and however the token got into the message."""

from __future__ import annotations

import logging
import re
from typing import Any

_HIDDEN = "[secret]"
_PARAMETER = re.compile(r"([?&]token=)[^&\s'\"]+", re.IGNORECASE)


def hide(token: str) -> None:
    """From now on ``token``, and what an address gives as one, is replaced in every record."""
    make = logging.getLogRecordFactory()

    def without(text: str) -> str:
        return _PARAMETER.sub(rf"\1{_HIDDEN}", text.replace(token, _HIDDEN))

    def make_without(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        record.msg, record.args = without(_message(record)), ()
        if record.exc_info:
            # A formatter takes this text instead of making its own.
            record.exc_text = without(logging.Formatter().formatException(record.exc_info))
        if record.stack_info:
            record.stack_info = without(record.stack_info)
        return record

    logging.setLogRecordFactory(make_without)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # arguments that do not fit, which logging would report
        return f"{record.msg} {record.args}"
