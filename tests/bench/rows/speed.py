"""L1 to L4: how fast an answer is, against nginx, Flask and the same pool without the work."""

from stand.build import program
from stand.result import Result, at_least, interval, row
from stand.rounds import Case, Turns


def ratio_result(name, figure, turns, case, bound, **more):
    ratio = turns.ratio(case)
    note = more.pop("note", "")
    if case.failures():
        note = f"{case.failures()} failed; {note}"
    result = Result(name, figure, **at_least(ratio.median, bound),
                    ours=f"{case.median('rate'):.0f}/s", reference=f"{turns.reference.median('rate'):.0f}/s",
                    spread=interval(ratio), control=f"{turns.control().median:.3f}",
                    note=note, details={"cpu_us": case.cpu(), "p99_us": case.median("p99_us"), **more})
    result.is_held = result.is_held and not case.failures()
    return result


def cpu_words(case):
    return "us CPU: " + ", ".join(f"{part} {cost:.0f}" for part, cost in case.cpu().items() if cost)


@row("L1", "/board/100 with its log row and telemetry, against nginx's static file of the same bytes")
def static_file(stage_of):
    with stage_of() as stage:
        ours = stage.board("L1")
        peer = stage.nginx_peer(ours.get("/board/100").body)
        for connections, bound in ((16, 0.20), (64, 0.22)):
            case = Case("ours", ours.url + "/board/100", ours)
            logged = Case("static with access log", peer.url + "/file_logged")
            turns = Turns([Case("static", peer.url + "/file"), case, logged], connections)
            with_log = case.median("rate") / logged.median("rate")
            yield ratio_result("L1", f"/board/100 : static file, c{connections}", turns, case, bound,
                               note=f"{with_log:.3f} of the file with the same log; {cpu_words(case)}")


@row("L1b", "/board/100 with every fsync slowed by 5 ms, against no delay, c64")
def slow_disk(stage_of):
    with stage_of() as stage:
        quick, slow = stage.board("L1b quick"), stage.board("L1b slow", is_slow_disk=True)
        case = Case("slow", slow.url + "/board/100", slow)
        turns = Turns([Case("quick", quick.url + "/board/100", quick), case], 64)
        yield ratio_result("L1b", "fsync + 5 ms : none, c64", turns, case, 0.35)


@row("L2", "/board/100 against Flask under gunicorn -w 2, the same file and durability, c16",
     ("wrk", "nginx", "gunicorn"))
def flask(stage_of):
    with stage_of() as stage:
        ours = stage.board("L2")
        peer = stage.flask(ours.db)
        case = Case("ours", ours.url + "/board/100", ours)
        turns = Turns([Case("flask", peer.url + "/board/100", peer), case], 16)
        yield ratio_result("L2", "/board/100 : Flask, c16", turns, case, 40, note="FULL in both")


@row("L3", "/board/100 against a stored body of the same size through the same pool, c16")
def stored_body(stage_of):
    with stage_of() as stage:
        body = stage.board("L3 body").get("/board/100").body
        path = stage.file(body)
        ours = stage.board("L3", worker=program("worker"), environment={"BENCH_BODY": path})
        if len(ours.get("/board/stored").body) != len(body):
            raise RuntimeError("the stored body is not of the same size")
        case = Case("ours", ours.url + "/board/100", ours)
        turns = Turns([Case("stored", ours.url + "/board/stored", ours), case], 16)
        yield ratio_result("L3", "/board/100 : stored body, c16", turns, case, 0.40)


@row("L4", "the smallest answer through a pool with telemetry, against return 200 with the same log")
def smallest(stage_of):
    with stage_of() as stage:
        ours = stage.board("L4", worker=program("worker"))
        peer = stage.nginx_peer(b"{}")
        case = Case("ours", ours.url + "/board/smallest", ours)
        turns = Turns([Case("return 200", peer.url + "/smallest_logged"), case], 16)
        yield ratio_result("L4", "smallest answer : return 200, c16", turns, case, 0.38,
                           note=cpu_words(case))
