/* The guard of FastCGI record headers: it decides the same however the bytes are cut. */
#include "fuzz.h"
#include "http/guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size };
    size_t step = 1 + fuzz_number(&input, 1);
    struct http_guard whole = { 0 }, pieces = { 0 };
    bool is_passed = guard_feed(&whole, input.at, input.left);
    bool is_passed_in_pieces = true;

    for (size_t at = 0; at < input.left && is_passed_in_pieces; at += step) {
        size_t length = input.left - at < step ? input.left - at : step;
        is_passed_in_pieces = guard_feed(&pieces, input.at + at, length);
    }
    FUZZ_PROMISE(is_passed == is_passed_in_pieces);
    FUZZ_PROMISE(whole.params_bytes <= GUARD_PARAMS_BYTES_MAX);
    FUZZ_PROMISE(whole.stdin_bytes <= GUARD_STDIN_BYTES_MAX);
    FUZZ_PROMISE(!is_passed || whole.stage == pieces.stage);
    return 0;
}
