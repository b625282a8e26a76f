/* The file of declarative configuration: any bytes are taken, or refused with a line and column. */
#include "agent/config/options.h"
#include "agent/config/settings.h"
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char program[] = "otel-instrument", end[] = "--", command[] = "true";
    char option[64];
    char *arguments[] = { program, option, end, command, NULL };
    struct options options = { 0 };
    struct settings settings = { 0 };
    int fd = memfd_create("config", MFD_CLOEXEC);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    (void)snprintf(option, sizeof option, "--config_file=/proc/self/fd/%d", fd);
    if (options_parse(4, arguments, &options) == OPTIONS_RUN) {
        (void)settings_derive(&options, &settings);
        settings_release(&settings);
    }
    options_release(&options);
    (void)close(fd);
    return 0;
}
