#include "base/random.h"
#include "base/clock.h"

#include <errno.h>
#include <sys/random.h>
#include <unistd.h>

/* SplitMix64: spreads a poor seed over 64 bits; what xoshiro's authors seed it with. */
static uint64_t splitmix_next(uint64_t *seed)
{
    uint64_t mixed = *seed += UINT64_C(0x9e3779b97f4a7c15);

    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

void random_seed(uint64_t state[4])
{
    int saved_errno = errno;
    const ssize_t wanted = 4 * sizeof state[0];

    /* GRND_NONBLOCK: at early boot ids from the clock are better than a worker that waits. */
    if (getrandom(state, (size_t)wanted, GRND_NONBLOCK) != wanted) {
        uint64_t seed = clock_wall_ns() ^ (clock_monotonic_ns() << 20) ^
                        ((uint64_t)getpid() << 40) ^ (uint64_t)(uintptr_t)state;

        for (int i = 0; i < 4; i++)
            state[i] = splitmix_next(&seed);
    }
    state[0] |= 1; /* the all-zero state would never leave zero */
    errno = saved_errno;
}

static uint64_t rotate_left(uint64_t value, int bits)
{
    return (value << bits) | (value >> (64 - bits));
}

uint64_t random_next(uint64_t state[4])
{
    uint64_t result = rotate_left(state[1] * 5, 7) * 9;
    uint64_t shifted = state[1] << 17;

    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate_left(state[3], 45);
    return result;
}
