#include "agent/observe/identity.h"

#include "agent/pool/process.h"
#include "agent/version.h"
#include "otel/semconv.h"

#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

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

/* NAME=value or NAME="value" of os-release; "" when it is not there. */
static void os_release_field(const char *text, const char *name, char *out, size_t size)
{
    size_t length = strlen(name);

    out[0] = '\0';
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, length) == 0 && line[length] == '=') {
            const char *value = line + length + 1;
            bool is_quoted = *value == '"' || *value == '\'';

            (void)snprintf(out, size, "%.*s",
                           (int)strcspn(value + is_quoted, is_quoted ? "\"'\n" : "\n"),
                           value + is_quoted);
            return;
        }
    }
}

static void service_instance_detect(struct identity *identity, const struct settings *settings)
{
    instance_id_make(identity, settings);
    text_add(identity, OTEL_KEY("service.instance.id"), identity->instance_id);
}

static void host_detect(struct identity *identity, const struct settings *settings)
{
    (void)settings;
    text_add(identity, OTEL_KEY("host.name"), identity->host_name);
    text_add(identity, OTEL_KEY("host.id"), identity->host_id);
    text_add(identity, OTEL_KEY("host.arch"), identity->host_arch);
}

static void os_detect(struct identity *identity, const struct settings *settings)
{
    char text[IDENTITY_PATH_BYTES];

    (void)settings;
    text_add(identity, OTEL_KEY("os.type"), "linux");
    if (process_file_read("/etc/os-release", text, sizeof text) < 0 &&
        process_file_read("/usr/lib/os-release", text, sizeof text) < 0)
        return;
    os_release_field(text, "NAME", identity->os_name, sizeof identity->os_name);
    os_release_field(text, "VERSION_ID", identity->os_version, sizeof identity->os_version);
    os_release_field(text, "PRETTY_NAME", identity->os_description,
                     sizeof identity->os_description);
    text_add(identity, OTEL_KEY("os.name"), identity->os_name);
    text_add(identity, OTEL_KEY("os.version"), identity->os_version);
    text_add(identity, OTEL_KEY("os.description"), identity->os_description);
}

/* Where the command lies: as the shell would find it. */
static void executable_find(const char *command, char out[IDENTITY_PATH_BYTES])
{
    const char *folders = strchr(command, '/') ? "" : getenv("PATH");
    char path[IDENTITY_PATH_BYTES], real[PATH_MAX];

    out[0] = '\0';
    for (; folders && !out[0]; folders += *folders == ':') {
        size_t length = strcspn(folders, ":");
        (void)snprintf(path, sizeof path, "%.*s%s%s", (int)length, folders, length ? "/" : "",
                       command);
        if (access(path, X_OK) == 0 && realpath(path, real))
            (void)snprintf(out, IDENTITY_PATH_BYTES, "%s", real);
        folders += length;
        if (!*folders)
            break;
    }
}

/* The arguments may hold what is nobody's business: only the command itself. */
static void process_detect(struct identity *identity, const struct settings *settings)
{
    struct passwd entry, *found = NULL;
    char room[IDENTITY_PATH_BYTES];

    executable_find(settings->command, identity->executable_path);
    if (getpwuid_r(geteuid(), &entry, room, sizeof room, &found) == 0 && found)
        (void)snprintf(identity->owner, sizeof identity->owner, "%s", found->pw_name);
    text_add(identity, OTEL_PROCESS_EXECUTABLE_NAME, settings->program);
    text_add(identity, OTEL_KEY("process.executable.path"), identity->executable_path);
    text_add(identity, OTEL_KEY("process.command"), settings->command);
    text_add(identity, OTEL_KEY("process.owner"), identity->owner);
}

static void container_detect(struct identity *identity, const struct settings *settings)
{
    static char cgroup[IDENTITY_PATH_BYTES], mounts[16 * IDENTITY_PATH_BYTES];

    (void)settings;
    if (process_file_read("/proc/self/cgroup", cgroup, sizeof cgroup) < 0)
        cgroup[0] = '\0';
    if (process_file_read("/proc/self/mountinfo", mounts, sizeof mounts) < 0)
        mounts[0] = '\0';
    if (container_id_find(cgroup, mounts, identity->container_id))
        text_add(identity, OTEL_KEY("container.id"), identity->container_id);
}

void identity_init(struct identity *out, const struct settings *settings)
{
    static void (*const DETECTORS[DETECTOR_COUNT])(struct identity *, const struct settings *) = {
        [DETECTOR_SERVICE_INSTANCE] = service_instance_detect,
        [DETECTOR_HOST] = host_detect,
        [DETECTOR_OS] = os_detect,
        [DETECTOR_PROCESS] = process_detect,
        [DETECTOR_CONTAINER] = container_detect,
    };
    struct utsname system = { 0 };

    memset(out, 0, sizeof *out);
    if (uname(&system) < 0)
        (void)snprintf(system.nodename, sizeof system.nodename, "localhost");
    (void)snprintf(out->host_name, sizeof out->host_name, "%s", system.nodename);
    (void)snprintf(out->host_arch, sizeof out->host_arch, "%s", arch_name(system.machine));
    host_id_read(out->host_id, sizeof out->host_id);
    text_add(out, OTEL_KEY("fcgi.pool"), settings->pool);
    if (settings->has_distro) {
        text_add(out, OTEL_KEY("telemetry.distro.name"), "otel-instrument");
        text_add(out, OTEL_KEY("telemetry.distro.version"), AGENT_VERSION);
    }
    for (size_t i = 0; i < settings->detector_count; i++) {
        if (settings->detectors[i] == DETECTOR_OTEL)
            out->early_count = out->count;
        else
            DETECTORS[settings->detectors[i]](out, settings);
    }
}
