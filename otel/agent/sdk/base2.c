#include "agent/sdk/base2.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

/* How near to a boundary the library's logarithm is not believed, in buckets: at scale 20 its
 * error is below 2^-30. */
#define NEAR 1e-7

__extension__ typedef unsigned __int128 wide;

struct base2 *base2_create(uint32_t size_max, int32_t scale_max)
{
    struct base2 *base2 = mem_zalloc(1, sizeof *base2 + 2 * size_max * sizeof base2->room[0]);

    if (base2 == NULL)
        return NULL;
    base2->size_max = size_max;
    base2->scale = base2->scale_max = scale_max;
    base2->positive.counts = base2->room;
    base2->negative.counts = base2->room + size_max;
    return base2;
}

void base2_clear(struct base2 *base2)
{
    const struct base2 kept = *base2;

    memset(base2, 0, sizeof *base2 + 2 * kept.size_max * sizeof base2->room[0]);
    base2->size_max = kept.size_max;
    base2->scale = base2->scale_max = kept.scale_max;
    base2->positive.counts = kept.positive.counts;
    base2->negative.counts = kept.negative.counts;
}

/* --- mapping ---------------------------------------------------------------------------------- */

/* The upper 128 bits of the square of a number of 1 + 127 bits, as one of 2 + 126. */
static wide square(wide number)
{
    uint64_t high = (uint64_t)(number >> 64), low = (uint64_t)number;
    wide cross = (wide)high * low;
    wide low_square = (wide)low * low;
    wide middle = (cross << 1) + (low_square >> 64); /* its carry is the top bit of cross */

    return (wide)high * high + ((cross >> 127) << 64) +
           ((middle < (cross << 1)) ? (wide)1 << 64 : 0) + (middle >> 64);
}

/* floor(log2(mantissa) * 2^bits) for a mantissa in (1, 2), by squaring: 128 bits leave an error
 * far below the distance of any double from a boundary. */
static int64_t log2_bits(double mantissa, int32_t bits)
{
    wide number = (wide)(uint64_t)ldexp(mantissa, 52) << 75;
    int64_t out = 0;

    for (int32_t i = 0; i < bits; i++) {
        wide squared = square(number);
        bool is_two = (squared >> 127) != 0;

        number = is_two ? squared : squared << 1;
        out = out << 1 | is_two;
    }
    return out;
}

int32_t base2_index(double value, int32_t scale)
{
    int exponent;
    double mantissa = 2 * frexp(value, &exponent); /* exact for subnormals too */
    double place;

    exponent--;
    if (mantissa == 1.0) /* a power of two is the upper end of the bucket before */
        return scale > 0 ? (int32_t)((int64_t)exponent * ((int64_t)1 << scale) - 1)
                         : (exponent - 1) >> -scale;
    if (scale <= 0)
        return exponent >> -scale;
    place = ldexp(log2(mantissa), scale);
    if (fabs(place - nearbyint(place)) < NEAR)
        return (int32_t)((int64_t)exponent * ((int64_t)1 << scale) + log2_bits(mantissa, scale));
    return (int32_t)((int64_t)exponent * ((int64_t)1 << scale) + (int64_t)floor(place));
}

/* --- buckets ---------------------------------------------------------------------------------- */

/* Halves the resolution `by` times: neighbours become one. */
static void buckets_downscale(struct base2_buckets *buckets, int32_t by)
{
    int32_t first = buckets->first >> by;
    uint32_t used = 0;

    for (uint32_t i = 0; i < buckets->used; i++) {
        uint32_t place = (uint32_t)(((buckets->first + (int32_t)i) >> by) - first);
        uint64_t count = buckets->counts[i];

        buckets->counts[i] = 0;
        buckets->counts[place] += count;
        used = place + 1;
    }
    buckets->first = first;
    buckets->used = used;
}

static void downscale(struct base2 *base2, int32_t by)
{
    if (by == 0)
        return;
    buckets_downscale(&base2->positive, by);
    buckets_downscale(&base2->negative, by);
    base2->scale -= by;
}

/* How often the range from low to high must be halved to fit. */
static int32_t halvings(int32_t low, int32_t high, uint32_t size_max)
{
    int32_t by = 0;

    while ((int64_t)(high >> by) - (low >> by) + 1 > (int64_t)size_max)
        by++;
    return by;
}

static int32_t smaller(int32_t left, int32_t right)
{
    return left < right ? left : right;
}

static int32_t larger(int32_t left, int32_t right)
{
    return left > right ? left : right;
}

/* Halvings that make room for what lies from low to high, beside what is there. */
static int32_t halvings_for(const struct base2 *base2, const struct base2_buckets *buckets,
                            int32_t low, int32_t high)
{
    if (buckets->used > 0) {
        low = smaller(low, buckets->first);
        high = larger(high, buckets->first + (int32_t)buckets->used - 1);
    }
    return halvings(low, high, base2->size_max);
}

/* The index fits: whoever calls has made room. */
static void buckets_add(struct base2_buckets *buckets, int32_t index, uint64_t count)
{
    uint32_t place;

    if (buckets->used == 0)
        buckets->first = index;
    if (index < buckets->first) {
        uint32_t shift = (uint32_t)(buckets->first - index);

        memmove(buckets->counts + shift, buckets->counts,
                buckets->used * sizeof buckets->counts[0]);
        memset(buckets->counts, 0,
               (shift < buckets->used ? shift : buckets->used) * sizeof buckets->counts[0]);
        buckets->first = index;
        buckets->used += shift;
    }
    place = (uint32_t)(index - buckets->first);
    if (place >= buckets->used)
        buckets->used = place + 1;
    buckets->counts[place] += count;
}

bool base2_record(struct base2 *base2, double value)
{
    struct base2_buckets *buckets = value < 0 ? &base2->negative : &base2->positive;

    if (!isfinite(value))
        return false;
    if (base2->count == 0 || value < base2->min)
        base2->min = value;
    if (base2->count == 0 || value > base2->max)
        base2->max = value;
    base2->has_negative |= value < 0;
    base2->count++;
    base2->sum += value;
    if (value == 0) {
        base2->zero_count++;
    } else {
        int32_t index = base2_index(fabs(value), base2->scale);
        int32_t by = halvings_for(base2, buckets, index, index);

        downscale(base2, by);
        buckets_add(buckets, index >> by, 1);
    }
    return true;
}

static void buckets_merge(struct base2_buckets *buckets, const struct base2_buckets *other,
                          int32_t by)
{
    for (uint32_t i = 0; i < other->used; i++) {
        if (other->counts[i] > 0)
            buckets_add(buckets, (other->first + (int32_t)i) >> by, other->counts[i]);
    }
}

/* Makes room for the other's buckets of one sign, both at the scale that is reached. */
static void room_for(struct base2 *base2, struct base2_buckets *buckets,
                     const struct base2_buckets *other, int32_t other_scale)
{
    if (other->used > 0) {
        int32_t by = other_scale - base2->scale;

        downscale(base2, halvings_for(base2, buckets, other->first >> by,
                                      (other->first + (int32_t)other->used - 1) >> by));
    }
}

void base2_merge(struct base2 *base2, const struct base2 *other)
{
    if (other->count == 0)
        return;
    downscale(base2, larger(base2->scale - other->scale, 0));
    room_for(base2, &base2->positive, &other->positive, other->scale);
    room_for(base2, &base2->negative, &other->negative, other->scale);
    buckets_merge(&base2->positive, &other->positive, other->scale - base2->scale);
    buckets_merge(&base2->negative, &other->negative, other->scale - base2->scale);
    base2->min = base2->count == 0 ? other->min : fmin(base2->min, other->min);
    base2->max = base2->count == 0 ? other->max : fmax(base2->max, other->max);
    base2->has_negative |= other->has_negative;
    base2->zero_count += other->zero_count;
    base2->sum += other->sum;
    base2->count += other->count;
}
