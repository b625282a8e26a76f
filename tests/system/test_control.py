"""What keeps the service going: keepers, status, restart and stop when parts of it have died."""

import os
import signal
import subprocess
import time

from harness import processes
from harness.load import Clients
from harness.paths import BUILD, CONTROL, POOLS, ROOT, clean_environment
from harness.wait import eventually

STOP_S = 3.0
KEEP = ROOT / "fcgi_app/service/keep"


def pid_of(service, name):
    return int((service.run / f"{name}.pid").read_text())


def row(service, part):
    """(pid, answer) of a line of `control status`."""
    line = next(line for line in service.control("status").output.splitlines()
                if line.startswith(f"{part} "))
    return line.split()[1], line.split()[-1]


# --- run and stop -----------------------------------------------------------------------------

def test_a_stop_from_elsewhere_ends_what_runs_in_the_foreground(services):
    service = services(start=False, rows=50)
    with open(service.output, "ab") as output:
        foreground = subprocess.Popen([CONTROL, "run"], cwd=ROOT, stdin=subprocess.DEVNULL,
                                      stdout=output, stderr=subprocess.STDOUT,
                                      env=clean_environment(**service.settings))
    try:
        eventually(lambda: "Ctrl-C" in service.output.read_text(encoding="utf-8"), 30, "a start")
        assert service.get("/board").status == 200

        assert service.stop().status == 0

        assert foreground.wait(5) == 0
        assert "stopped from elsewhere" in service.output.read_text(encoding="utf-8")
        assert service.processes() == []
    finally:
        if foreground.poll() is None:
            foreground.terminate()
            foreground.wait(10)


def test_a_stop_takes_three_seconds_when_nothing_obeys(services):
    service = services(rows=50)
    for pool in POOLS:
        os.kill(service.launcher(pool), signal.SIGSTOP)
    for name in ("nginx", "collector"):
        os.kill(pid_of(service, name), signal.SIGSTOP)

    done = service.stop()

    assert done.status == 0, done.output
    assert done.seconds < STOP_S
    assert service.processes() == []


def test_a_failed_start_leaves_no_folder(services):
    service = services(start=False, rows=50, PORT=70000)
    service.var.rmdir()

    done = service.control("start")

    assert done.status != 0 and "70000" in done.output
    assert not service.var.exists()

    taken = services(rows=50)
    service.settings["PORT"] = taken.ports.http
    done = service.control("start")

    assert done.status != 0 and str(taken.ports.http) in done.output
    assert not service.var.exists()


def test_make_asks_for_a_collector_in_one_place():
    """Where none can be had, each place would try to download it."""
    done = subprocess.run(["make", "-n", "start", f"BUILD={BUILD}"], cwd=ROOT, check=True,
                          env=clean_environment(), capture_output=True, text=True)

    assert "get_collector" not in done.stdout
    assert "control start" in done.stdout


# --- nginx ------------------------------------------------------------------------------------

def test_a_killed_nginx_is_back_and_serves_on(services):
    service = services(rows=50)
    before = pid_of(service, "nginx")
    workers = processes.descendants(before)
    assert workers

    processes.kill(before)

    after = eventually(lambda: (now := pid_of(service, "nginx")) != before and
                       processes.is_alive(now) and now, 5, "another nginx")
    eventually(lambda: row(service, "nginx") == (str(after), "200"), 5, "an answer of it")
    eventually(lambda: not any(map(processes.is_alive, workers)), 5,
               "the end of the workers that lost their master")
    assert service.get("/board/1").status == 200
    assert service.control("status").status == 0


def test_status_does_not_take_an_orphan_for_nginx(services):
    service = services(rows=50)
    master = pid_of(service, "nginx")

    processes.kill(pid_of(service, "nginx.keeper"))
    processes.kill(master)
    processes.wait_gone(master)

    assert service.control("status").status != 0
    assert row(service, "nginx")[0] == "-"

    assert service.control("restart").status == 0
    eventually(lambda: service.control("status").status == 0, 5, "nginx that is kept again")


# --- restart ----------------------------------------------------------------------------------

def test_a_restart_takes_over_a_launcher_whose_keeper_died(services):
    service = services(rows=50)
    service.get("/board/1")
    launcher, workers = service.launcher("board_count"), service.wait_workers("board_count")
    processes.kill(pid_of(service, "board_count.keeper"))
    processes.wait_gone(pid_of(service, "board_count.keeper"))

    with Clients(lambda: service.get("/board/1"), count=2, pause_s=0.005) as clients:
        done = service.control("restart", "board_count")
    assert done.status == 0, done.output

    assert set(clients.statuses) == {200}
    assert service.launcher("board_count") == launcher, "and so all that waits in its queue"
    assert not set(workers) & set(service.wait_workers("board_count"))
    processes.kill(launcher)
    eventually(lambda: processes.is_alive(service.launcher("board_count")) and
               service.launcher("board_count") != launcher, 5, "a launcher that is kept again")


def test_a_restart_after_a_launcher_died_is_a_restart(services):
    service = services(rows=50)
    workers = service.wait_workers("user")

    processes.kill(service.launcher("user"))
    done = service.control("restart", "user")

    assert done.status == 0, done.output
    assert len(done.output.strip().splitlines()) == 1, done.output
    assert not set(workers) & set(service.wait_workers("user"))
    assert service.get("/user").status == 500


def test_a_restart_after_launcher_and_manager_died_together_is_a_restart(services):
    service = services(rows=50)
    workers = service.wait_workers("board_count")
    manager = next(pid for pid in service.processes_below("board_count")
                   if processes.executable(pid) == "multiwatch")

    processes.kill(service.launcher("board_count"))
    processes.kill(manager)
    done = service.control("restart", "board_count")

    assert done.status == 0, done.output
    eventually(lambda: not any(map(processes.is_alive, workers)), 5, "the end of the orphans")
    assert not set(workers) & set(service.wait_workers("board_count"))
    assert service.get("/board/1").status == 200


# --- keep -------------------------------------------------------------------------------------

def kept(folder, script, *options):
    """A keeper of a shell script; its words are in the file `said`."""
    with open(folder / "said", "wb") as said:
        return subprocess.Popen([KEEP, *options, folder / "it.pid", "/bin/sh", "-c", script],
                                stdin=subprocess.DEVNULL, stdout=said, stderr=said)


def lines(path):
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def test_what_cannot_run_is_not_tried_again(tmp_path):
    keeper = kept(tmp_path, f"echo . >>{tmp_path}/starts; exit 127")

    assert keeper.wait(5) == 127
    assert len(lines(tmp_path / "starts")) == 1
    assert "cannot run" in lines(tmp_path / "said")[0]


def test_a_status_that_a_program_ended_with_later_is_no_reason_to_give_up(tmp_path):
    keeper = kept(tmp_path, f"echo . >>{tmp_path}/starts; sleep 1.2; exit 2")
    try:
        eventually(lambda: len(lines(tmp_path / "starts")) == 2, 5, "a second start")
    finally:
        keeper.terminate()
        keeper.wait(5)


def test_a_keeper_takes_over_what_lives_and_starts_it_when_it_ends(tmp_path):
    with subprocess.Popen(["sleep", "100"]) as living:
        keeper = kept(tmp_path, f"echo . >>{tmp_path}/starts; exec sleep 100", "-a",
                      str(living.pid))
        try:
            time.sleep(0.3)
            assert lines(tmp_path / "starts") == []
            living.kill()
            living.wait()
            eventually(lambda: lines(tmp_path / "starts"), 5, "a start of its own")
        finally:
            keeper.terminate()
            keeper.wait(5)


# --- doctor -----------------------------------------------------------------------------------

def test_the_doctor_finds_nothing_wrong_with_a_service_that_runs(services):
    service = services(rows=50)

    done = service.control("doctor")

    assert done.status == 0, done.output
    assert "WRONG" not in done.output
    assert "holds together; SQLite" in done.output
    assert "runs, and every part answers" in done.output


def test_the_doctor_names_what_ails(services):
    service = services(start=False, rows=50)
    service.var.mkdir(exist_ok=True)
    (service.var / "board.db").write_bytes(b"this is no database" * 100)

    done = service.control("doctor")

    assert done.status == 1
    ailing = [line for line in done.output.splitlines() if line.startswith("WRONG")]
    assert len(ailing) == 1, done.output
    assert "database" in ailing[0] and "board.db" in ailing[0]
