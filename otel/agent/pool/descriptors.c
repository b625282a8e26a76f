#include "agent/pool/descriptors.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

void descriptors_note(struct descriptors *descriptors)
{
    memset(descriptors, 0, sizeof *descriptors);
    for (int fd = 0; fd < DESCRIPTORS_MAX; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            descriptors->were_open[fd / 64] |= UINT64_C(1) << fd % 64;
}

void descriptors_seal(const struct descriptors *descriptors)
{
    for (int fd = 0; fd < DESCRIPTORS_MAX; fd++) {
        bool was_open = descriptors->were_open[fd / 64] >> fd % 64 & 1;
        int flags = was_open ? -1 : fcntl(fd, F_GETFD);

        if (flags >= 0)
            (void)fcntl(fd, F_SETFD, flags | FD_CLOEXEC); /* it is open: this cannot fail */
    }
}
