/*
 * How long the answer to /board/{count} takes to make: rows from the file to JSON in memory.
 * Not a test: it prints, and nobody should rely on a clock to pass.
 *   make MODE=release build/release/unit/fcgi_app/view/bench_post_json
 *   build/release/unit/fcgi_app/view/bench_post_json BOARD.DB [COUNT]
 */
#include "base/clock.h"
#include "view/post_json.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 9, CALLS = 2000 };

static bool write_post(void *user, const struct store_post *post)
{
    post_json_write(user, post);
    return true;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    struct store_reader *reader = argc > 1 ? store_reader_create(argv[1]) : NULL;
    int64_t limit = argc > 2 ? strtoll(argv[2], NULL, 10) : 100;
    double round_us[ROUNDS];
    int64_t count = 0;
    struct buf out;

    if (!reader) {
        fprintf(stderr, "usage: bench_post_json BOARD.DB [COUNT]\n");
        return 2;
    }
    buf_init(&out, 1 << 30);
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t start_ns = clock_monotonic_ns();

        for (int i = 0; i < CALLS; i++) {
            struct json json = json_writer(&out);

            buf_clear(&out);
            json_array_begin(&json);
            if (store_posts_each(reader, limit, write_post, &json, &count) != STORE_OK) {
                fprintf(stderr, "%s cannot be read\n", argv[1]);
                return 1;
            }
            json_array_end(&json);
        }
        round_us[round] = (double)(clock_monotonic_ns() - start_ns) / 1e3 / CALLS;
    }
    qsort(round_us, ROUNDS, sizeof round_us[0], compare);
    printf("%lld rows, %zu bytes: best %.1f us, median %.1f us\n", (long long)count, out.length,
           round_us[0], round_us[ROUNDS / 2]);
    buf_release(&out);
    store_reader_destroy(reader);
    return 0;
}
