-- wrk: one line of JSON at the end. With BENCH_COUNT=1 also how many requests each thread sent.
local threads = {}
local counts = os.getenv("BENCH_COUNT") == "1"

if counts then
    function setup(thread) table.insert(threads, thread) end
    function init() count = 0; line = wrk.format() end
    function request() count = count + 1; return line end
end

function done(summary, latency)
    local errors, per = summary.errors, {}
    for i, thread in ipairs(threads) do per[i] = thread:get("count") end
    io.write(string.format(
        '{"requests": %d, "seconds": %.6f, "bytes": %d, "status": %d, "broken": %d, ' ..
        '"p50_us": %d, "p99_us": %d, "max_us": %d, "per_thread": [%s]}\n',
        summary.requests, summary.duration / 1e6, summary.bytes, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(50), latency:percentile(99), latency.max, table.concat(per, ", ")))
end
