/* Six bits give a letter; the two values of 64 that have none are thrown away: no bias. */
#include "store/user_id.h"

#include <errno.h>
#include <sys/random.h>
#include <unistd.h>

static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

enum { LETTER_COUNT = sizeof LETTERS - 1, SIX_BITS = 63 };

static bool random_fetch(struct store__random *random)
{
    ssize_t got;

    do
        got = getrandom(random->bytes, sizeof random->bytes, 0);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return false;
    random->left = (size_t)got;
    random->pid = getpid();
    return true;
}

bool store__user_id(struct store__random *random, char out[STORE_USER_ID_LENGTH])
{
    size_t length = 0;

    if (random->pid != getpid())
        random->left = 0;
    while (length < STORE_USER_ID_LENGTH) {
        unsigned bits;

        if (random->left == 0 && !random_fetch(random))
            return false;
        bits = random->bytes[--random->left] & SIX_BITS;
        if (bits < LETTER_COUNT)
            out[length++] = LETTERS[bits];
    }
    return true;
}
