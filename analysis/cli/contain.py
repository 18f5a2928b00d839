"""
The last resort: whatever ends a command, it ends with one message and an exit code that says what.

2 for input that cannot be (and for a machine that refuses: no memory, no disk), 70 for a fault of
the program, 128 and the signal's number for a signal.
"""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import sys
import tempfile
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from analysis.cli.terminal import brief, message, showable_streams
from analysis.errors import MarketImpactError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

BAD_INPUT = 2
OUR_FAULT = 70
"""``EX_SOFTWARE`` of sysexits.h."""


@contextlib.contextmanager
def contained() -> Iterator[None]:
    """
    Turn whatever is raised into one message and an exit code.

    Raises
    ------
    click.exceptions.Exit
        With the code.
    """
    with showable_streams(), _signals_end_it():
        try:
            yield
        except click.ClickException as error:
            text = error.format_message()
            if brief(text) == text:
                raise
            raise click.UsageError(brief(text), getattr(error, "ctx", None)) from error
        except (click.exceptions.Exit, click.Abort):
            raise
        except MarketImpactError as error:
            _end(error, str(error), BAD_INPUT)
        except BrokenPipeError:
            raise  # whoever read has gone: click ends quietly
        except KeyboardInterrupt as error:
            _end(error, "", 128 + signal.SIGINT)
        except MemoryError as error:
            _end(error, "the memory is not enough for these data; leave out what is not needed",
                 BAD_INPUT)  # fmt: skip
        except OSError as error:
            _end(error, _refused(error), BAD_INPUT)
        except Exception as error:  # noqa: BLE001 - the last resort
            _end(error, _our_fault(error), OUR_FAULT)


def _end(error: BaseException, text: str, code: int) -> NoReturn:
    with contextlib.suppress(OSError):
        if text:
            message("error", text)
    raise click.exceptions.Exit(code) from error


def _refused(error: OSError) -> str:
    """Say which file the system refused, and why; give up a standard output that is full."""
    if error.filename is None:
        _give_up_output()
    named = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    reason = error.strerror or str(error) or type(error).__name__
    return f"{named}{reason}" if named else f"a file or the output cannot be written: {reason}"


def _give_up_output() -> None:
    """Let standard output lead nowhere if it cannot be flushed, so that the end is quiet."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _our_fault(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(last.filename).name}, line {last.lineno}"
    found = f"{type(error).__name__} at {where}: {(str(error).splitlines() or [''])[0][:200]}"
    try:
        path = _keep_traceback(error)
    except OSError:
        return f"a fault of the program, not of the input ({found}); please report it"
    return (
        f"a fault of the program, not of the input ({found}); please report it with the file {path}"
    )


def _keep_traceback(error: Exception) -> str:
    from analysis.export import versions

    handle, path = tempfile.mkstemp(prefix="market-impact-fault-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"{platform.platform()}\n")
        file.writelines(f"{name} {version}\n" for name, version in versions().items())
        file.write(f"arguments: {sys.argv[1:]!r}\n\n")
        traceback.print_exception(error, file=file)
    return path


@contextlib.contextmanager
def _signals_end_it() -> Iterator[None]:
    """
    End a command on SIGTERM and SIGHUP as an exit would: temporaries are swept on the way out.

    A hang-up that the shell says to ignore (``nohup``) stays ignored. The second signal does not
    disturb the sweeping.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    watched = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {number: signal.getsignal(number) for number in watched}

    def end(number: int, _frame: FrameType | None) -> NoReturn:
        for other in watched:
            signal.signal(other, signal.SIG_IGN)
        raise SystemExit(128 + number)

    for number, handler in before.items():
        if handler is signal.SIG_DFL:
            signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)
