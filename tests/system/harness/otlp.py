"""OTLP JSON taken apart: every span, data point and log record by itself, with its resource and
its scope, attributes as plain dicts. Written from the published protobuf JSON mapping, not from
our encoder."""

from types import SimpleNamespace


def value_of(value):
    """One AnyValue. 64-bit integers are texts in the mapping; a writer may send numbers."""
    (kind, content), = value.items() or ((None, None),)
    if kind == "intValue":
        return int(content)
    if kind == "arrayValue":
        return [value_of(item) for item in content.get("values", [])]
    if kind == "kvlistValue":
        return attributes_of(content.get("values", []))
    return content


def attributes_of(pairs):
    keys = [pair["key"] for pair in pairs or []]
    assert len(keys) == len(set(keys)), f"a key twice: {keys}"
    return {pair["key"]: value_of(pair["value"]) for pair in pairs or []}


def _parts(document, outer, middle, inner):
    """(resource attributes, scope, item) of each item of a document."""
    for resource_part in document.get(outer, []):
        resource = attributes_of(resource_part.get("resource", {}).get("attributes"))
        for scope_part in resource_part.get(middle, []):
            for item in scope_part.get(inner, []):
                yield resource, scope_part.get("scope", {}), item


def spans(document):
    for resource, scope, span in _parts(document, "resourceSpans", "scopeSpans", "spans"):
        yield SimpleNamespace(
            resource=resource, scope=scope.get("name", ""), name=span["name"],
            trace_id=span["traceId"], span_id=span["spanId"],
            parent_id=span.get("parentSpanId", ""), kind=span.get("kind", 0),
            start=int(span["startTimeUnixNano"]), end=int(span["endTimeUnixNano"]),
            status=span.get("status", {}).get("code", 0),
            message=span.get("status", {}).get("message", ""),
            attributes=attributes_of(span.get("attributes")),
            events=[SimpleNamespace(name=event.get("name", ""),
                                    attributes=attributes_of(event.get("attributes")))
                    for event in span.get("events", [])],
            links=span.get("links", []), trace_state=span.get("traceState", ""),
            flags=span.get("flags", 0))


def points(document):
    for resource, scope, metric in _parts(document, "resourceMetrics", "scopeMetrics", "metrics"):
        kind = next(kind for kind in ("sum", "gauge", "histogram", "exponentialHistogram",
                                      "summary") if kind in metric)
        data = metric[kind]
        for point in data.get("dataPoints", []):
            yield SimpleNamespace(
                resource=resource, scope=scope.get("name", ""), name=metric["name"],
                unit=metric.get("unit", ""), description=metric.get("description", ""),
                kind=kind, is_monotonic=data.get("isMonotonic", False),
                temporality=data.get("aggregationTemporality", 0),
                attributes=attributes_of(point.get("attributes")),
                start=int(point.get("startTimeUnixNano", 0)), time=int(point["timeUnixNano"]),
                value=(int(point["asInt"]) if "asInt" in point else point.get("asDouble")),
                count=int(point.get("count", 0)), sum=point.get("sum"),
                min=point.get("min"), max=point.get("max"),
                buckets=[int(count) for count in point.get("bucketCounts", [])],
                bounds=point.get("explicitBounds", []), exemplars=point.get("exemplars", []))


def logs(document):
    for resource, scope, record in _parts(document, "resourceLogs", "scopeLogs", "logRecords"):
        yield SimpleNamespace(
            resource=resource, scope=scope.get("name", ""),
            body=value_of(record["body"]) if record.get("body") else None,
            severity=record.get("severityNumber", 0), text=record.get("severityText", ""),
            event=record.get("eventName", ""), attributes=attributes_of(record.get("attributes")),
            trace_id=record.get("traceId", ""), span_id=record.get("spanId", ""),
            time=int(record.get("timeUnixNano", 0)),
            observed=int(record.get("observedTimeUnixNano", 0)), flags=record.get("flags", 0))


READERS = {"traces": spans, "metrics": points, "logs": logs}
