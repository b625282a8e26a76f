"""What must hold of cumulative metric streams, whatever happened to the processes behind them."""


def number(point):
    """What a point counts."""
    return point.count if point.kind == "histogram" else point.value


def identity(point):
    return (point.resource["service.instance.id"], point.scope, point.name,
            tuple(sorted((key, str(value)) for key, value in point.attributes.items())))


# Interfaces and disks of the machine, all of them: those of a container come and go. One that is
# away is not observed, and begins anew when it is back.
COMING_AND_GOING = ("system.network.", "system.disk.")


def assert_continuous(points, may_restart=False):
    """One start, never falling, time going on, for each stream; gives the number of streams.
    may_restart: where the launcher was killed, a stream may begin anew, behind its last point."""
    last = {}
    for point in points:
        if point.kind == "gauge":
            continue
        key = identity(point)
        before = last.get(key)
        if before is not None:
            if (may_restart or point.name.startswith(COMING_AND_GOING)) and point.start >= before.time:
                before = None
        if before is not None:
            assert point.start == before.start, f"{key} began anew"
            assert point.time >= before.time, f"{key} went back in time"
            if point.is_monotonic or point.kind == "histogram":
                assert number(point) >= number(before), f"{key} fell"
        last[key] = point
    return len(last)
