#include "agent/observe/identity.h"

#include "agent/pool/process.h"
#include "otel/semconv.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

/* The namespace that the conventions name for service.instance.id. */
static const uint8_t INSTANCE_NAMESPACE[UUID_BYTES] = { 0x4d, 0x63, 0x00, 0x9a, 0x8d, 0x0f,
                                                        0x11, 0xee, 0xaa, 0xd7, 0x4c, 0x79,
                                                        0x6e, 0xd8, 0xe3, 0x20 };

static void text_add(struct identity *identity, struct otel_key key, const char *text)
{
    if (text[0] != '\0' && identity->count < IDENTITY_ATTRIBUTE_MAX)
        identity->attributes[identity->count++] = otel_attribute_string(key, otel_str(text));
}

/* host.id: what the system's own tools take; no privileged source (resource/host.md). */
static void host_id_read(char *out, size_t size)
{
    static const char *const PLACES[] = { "/etc/machine-id", "/var/lib/dbus/machine-id" };

    out[0] = '\0';
    for (size_t i = 0; i < sizeof PLACES / sizeof PLACES[0] && out[0] == '\0'; i++)
        if (process_file_read(PLACES[i], out, size) < 0)
            out[0] = '\0';
    out[strcspn(out, " \r\n\t")] = '\0';
}

static const char *arch_name(const char *machine)
{
    static const char *const NAMES[][2] = { /* of the kernel, of the conventions */
                                            { "x86_64", "amd64" },
                                            { "aarch64", "arm64" },
                                            { "i686", "x86" },
                                            { "ppc64le", "ppc64" }
    };

    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        if (strcmp(machine, NAMES[i][0]) == 0)
            return NAMES[i][1];
    return strncmp(machine, "arm", 3) == 0 ? "arm32" : machine;
}

/*
 * One host, one pool, one place for its segment: two clones of a service on one host are two
 * instances, and a pool that is started again is the same one.
 */
static void instance_id_make(struct identity *identity, const struct settings *settings)
{
    char name[IDENTITY_TEXT_BYTES * 8];
    int length = snprintf(name, sizeof name, "%s\n%s\n%s\n%s", identity->host_id,
                          identity->host_name, settings->pool, settings->segment_path);

    length = length < (int)sizeof name ? length : (int)sizeof name - 1;
    uuid_from_name(INSTANCE_NAMESPACE, name, (size_t)length, identity->instance_id);
}

void identity_init(struct identity *out, const struct settings *settings)
{
    struct utsname system = { 0 };

    memset(out, 0, sizeof *out);
    if (uname(&system) < 0)
        (void)snprintf(system.nodename, sizeof system.nodename, "localhost");
    (void)snprintf(out->host_name, sizeof out->host_name, "%s", system.nodename);
    (void)snprintf(out->host_arch, sizeof out->host_arch, "%s", arch_name(system.machine));
    host_id_read(out->host_id, sizeof out->host_id);
    instance_id_make(out, settings);
    text_add(out, OTEL_KEY("service.instance.id"), out->instance_id);
    text_add(out, OTEL_KEY("fcgi.pool"), settings->pool);
    text_add(out, OTEL_KEY("host.name"), out->host_name);
    text_add(out, OTEL_KEY("host.id"), out->host_id);
    text_add(out, OTEL_KEY("host.arch"), out->host_arch);
    text_add(out, OTEL_KEY("os.type"), "linux");
    text_add(out, OTEL_PROCESS_EXECUTABLE_NAME, settings->program);
}
