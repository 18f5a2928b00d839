"""Several processes at one store, full disks, read-only stores: clear errors, nothing lost."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import subprocess
import sys
import threading

import pandas as pd
import pytest

from analysis.errors import StoreError
from analysis.prices.store import PriceStore
from analysis.prices.store.lock import alone_at
from tests.loopback.listings import day, listing
from tests.loopback.server import HANG

SYMBOLS = tuple(f"P{i}" for i in range(6))
QUICK = ("--rate", "1000", "--backoff", "0.01", "--retries", "1", "--timeout", "60")


@pytest.mark.slow
def test_a_second_refresh_waits_for_the_first(command, vendor):
    vendor.add(*(listing(symbol) for symbol in SYMBOLS))
    vendor.gate = threading.Event()
    arguments = ("refresh", "--symbols", ",".join(SYMBOLS), "--now", "2025-03-31", *QUICK)
    with command.start(*arguments) as first:
        assert vendor.asked.wait(HANG)
        with command.start(*arguments, "--wait", str(HANG)) as second:
            line = second.stderr.readline()
            vendor.gate.set()
            answers = [process.communicate() for process in (first, second)]
    assert line == f"waiting for another refresh (process {first.pid})\n"
    assert (first.returncode, second.returncode) == (0, 0)
    heads = [out.partition(";")[0] for out, _ in answers]
    assert heads == ["6 read or fresh: 6 updated", "6 read or fresh: 6 unchanged"]


@pytest.mark.slow
def test_a_second_refresh_that_may_not_wait_says_who_holds_the_store(command, vendor, tmp_path):
    database = tmp_path / "prices.duckdb"
    with alone_at(database, wait=0):
        done = command("refresh", "--symbols", "NVDA", "--wait", "0", "--now", "2025-03-31", *QUICK)
    assert done.returncode == 2
    assert re.fullmatch(
        rf"error: another refresh \(process {os.getpid()}\) holds .*prices\.duckdb\.lock; "
        r"let it finish, or wait longer with --wait SECONDS\n",
        done.stderr,
    )


def test_the_lock_passes_on_when_it_is_let_go(tmp_path):
    order = []
    waits = threading.Event()

    def second() -> None:
        with alone_at(tmp_path / "db", HANG, lambda holder: (order.append(holder), waits.set())):
            order.append("second")

    with alone_at(tmp_path / "db", wait=0):
        waiting = threading.Thread(target=second)
        waiting.start()
        assert waits.wait(HANG)
        order.append("first")
    waiting.join()
    assert order == [f"process {os.getpid()}", "first", "second"]


def test_the_lock_is_let_go_when_its_holder_fails(tmp_path):
    def fail() -> None:
        with alone_at(tmp_path / "db", wait=0):
            raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            fail()


def test_a_lock_that_cannot_be_written_is_said_so(tmp_path):
    (tmp_path / "db.lock").mkdir()
    with (
        pytest.raises(StoreError, match=r"db\.lock cannot be written"),
        alone_at(tmp_path / "db", 0),
    ):
        pass


def _limited_to(size: int):
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def _refresh_with(command, limit=None, **variables):
    return subprocess.run(
        [sys.executable, "-m", "analysis", "refresh", "--now", "2025-03-31", *QUICK],
        cwd=command.root,
        env={**command.environment, **variables},
        preexec_fn=limit,
        capture_output=True,
        text=True,
        timeout=10 * HANG,
        check=False,
    )


@pytest.mark.slow
def test_a_quota_that_is_used_up_loses_nothing(command, vendor, night, tmp_path):
    vendor.add(
        *(listing(s, first="2015-01-02", dividends={day("2025-03-31"): 1.0}) for s in SYMBOLS)
    )
    night("2025-03-27", *SYMBOLS)
    before = {symbol: night.read(lambda r, s=symbol: r.bars(s)) for symbol in SYMBOLS}
    vendor.show_until(day("2025-03-31"))
    done = _refresh_with(command, _limited_to(64 * 1024))
    assert done.returncode == 2, done.stderr
    assert "the disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    for symbol, bars in before.items():
        pd.testing.assert_frame_equal(night.read(lambda r, s=symbol: r.bars(s)), bars)
    assert _refresh_with(command).returncode == 0  # with room again it goes on


@contextlib.contextmanager
def _tmpfs(folder, *options: str):
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("may not mount a tmpfs here; the quota test covers a full disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.slow
def test_a_full_disk_loses_nothing(command, vendor, night, tmp_path):
    vendor.add(
        *(listing(s, first="2010-01-04", dividends={day("2025-03-31"): 1.0}) for s in SYMBOLS)
    )
    with _tmpfs(tmp_path / "small", "size=5m") as folder:
        night.store = PriceStore(folder / "prices.duckdb")
        night("2025-03-27", *SYMBOLS)
        before = {symbol: night.read(lambda r, s=symbol: r.bars(s)) for symbol in SYMBOLS}
        room = os.statvfs(folder)
        (folder / "ballast").write_bytes(b"x" * (room.f_bavail * room.f_frsize - 100_000))
        vendor.show_until(day("2025-03-31"))
        done = _refresh_with(command, MARKET_IMPACT_DB=str(night.store.path))
        assert done.returncode == 2, done.stderr
        assert "disk is full" in done.stderr
        assert "Traceback" not in done.stderr
        for symbol, bars in before.items():
            held = night.read(lambda r, s=symbol: r.bars(s))
            assert held.equals(bars) or held.index[-1] == day("2025-03-31")
        (folder / "ballast").unlink()
        subprocess.run(["mount", "-o", "remount,size=60m", str(folder)], check=True)
        assert _refresh_with(command, MARKET_IMPACT_DB=str(night.store.path)).returncode == 0


@contextlib.contextmanager
def _read_only(night, tmp_path):
    """A store that this user cannot write: by permissions, or for root by a read-only mount."""
    if os.geteuid() != 0:
        night("2025-03-27", "NVDA")
        folder = night.store.path.parent
        night.store.path.chmod(0o444)
        folder.chmod(0o555)
        yield
        folder.chmod(0o755)
        return
    with _tmpfs(tmp_path / "fixed", "size=20m") as folder:
        night.store = PriceStore(folder / "prices.duckdb")
        night("2025-03-27", "NVDA")
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        yield


@pytest.mark.slow
def test_a_read_only_store_can_be_read_and_says_so_when_written(command, vendor, night, tmp_path):
    vendor.add(listing("NVDA"))
    with _read_only(night, tmp_path):
        database = str(night.store.path)
        done = command("refresh", "--now", "2025-03-31", "--db", database, *QUICK)
        assert done.returncode == 2
        assert done.stderr.startswith("error: ")
        assert "cannot be written" in done.stderr
        assert "Traceback" not in done.stderr
        status = command("status", "--db", database, "--now", "2025-03-31")
        assert status.returncode == 0, status.stderr
        assert "2025-03-27" in status.stdout


def test_what_is_no_database_is_said_to_be_none(tmp_path):
    path = tmp_path / "prices.duckdb"
    path.write_text("not a database")
    with pytest.raises(StoreError, match=re.escape(str(path))), PriceStore(path).reading():
        pass
    assert path.read_text() == "not a database"
