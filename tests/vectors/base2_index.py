#!/usr/bin/python3
"""Prints the vectors of the base-2 exponential histogram's mapping: value scale index. Exact, and
slow: logarithms with 60 digits; powers of two, the only doubles that are a boundary, by integers.

    tests/vectors/base2_index.py > tests/vectors/base2_index.txt
"""

import math
import random
from decimal import Decimal, ROUND_FLOOR, getcontext

getcontext().prec = 60
LN2 = Decimal(2).ln()
SCALES = (-11, -10, -3, -1, 0, 1, 2, 3, 7, 12, 19, 20)


def index_of(value, scale):
    numerator, denominator = value.as_integer_ratio()
    if numerator & (numerator - 1) == 0:  # a power of two: its bucket is the one that it ends
        exponent = numerator.bit_length() - denominator.bit_length()
        if scale >= 0:
            return exponent * 2 ** scale - 1
        return -(-exponent // 2 ** -scale) - 1
    place = (Decimal(numerator) / Decimal(denominator)).ln() / LN2 * Decimal(2) ** scale
    return int(place.to_integral_value(rounding=ROUND_FLOOR))


def near_boundaries(chance):
    """The doubles on both sides of boundaries, where a plain logarithm goes wrong."""
    for scale in (1, 3, 12, 20):
        for _ in range(40):
            index = chance.randrange(1, 2 ** scale)
            boundary = float((Decimal(index) / Decimal(2 ** scale) * LN2).exp())
            for value in (math.nextafter(boundary, 0), boundary, math.nextafter(boundary, 4)):
                yield value, scale
                yield math.ldexp(value, chance.randrange(-1000, 1000)), scale


def main():
    chance = random.Random(1)
    values = [5e-324, 1e-323, math.nextafter(2.0 ** -1022, 0), 2.0 ** -1022, 1.7976931348623157e308,
              1.0, math.nextafter(1.0, 0), math.nextafter(1.0, 2), 0.1, 10.0, 3.0]
    values += [2.0 ** exponent for exponent in range(-1074, 1024, 61)]
    values += [math.nextafter(2.0 ** exponent, math.inf) for exponent in range(-1022, 1023, 97)]
    values += [math.nextafter(2.0 ** exponent, 0) for exponent in range(-1022, 1023, 97)]
    values += [math.ldexp(1 + chance.random(), chance.randrange(-1074, 1023)) for _ in range(250)]
    cases = [(value, scale) for value in values for scale in SCALES]
    cases += list(near_boundaries(chance))
    for value, scale in cases:
        print(value.hex(), scale, index_of(value, scale))


if __name__ == "__main__":
    main()
