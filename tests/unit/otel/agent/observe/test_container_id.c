#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/observe/container_id.h"

#include <string.h>

#define ONE "1111111111111111111111111111111111111111111111111111111111111111"
#define TWO "22222222222222222222222222222222222222222222222222222222222222ab"

static void test_the_id_is_found_in_groups_or_mounts(void **state)
{
    static const struct {
        const char *reason, *cgroup, *mounts, *expected;
    } CASES[] = {
        { "no container", "0::/user.slice/session-3.scope\n", "25 1 8:1 / / rw\n", NULL },
        { "version 1, docker", "12:cpu:/docker/" ONE "\n", "", ONE },
        { "version 1, systemd's slice", "1:name=systemd:/system.slice/docker-" ONE ".scope\n", "",
          ONE },
        { "nested: the last is ours", "1:cpu:/docker/" ONE "/kubepods/pod3/" TWO "\n", "", TWO },
        { "version 2 with a path", "0::/kubepods.slice/cri-containerd-" TWO ".scope\n", "", TWO },
        { "version 2, docker's mounts", "0::/\n",
          "1 2 8:1 /var/lib/docker/containers/" ONE "/hostname /etc/hostname rw\n", ONE },
        { "podman's mounts", "0::/\n",
          "1 2 8:1 /containers/overlay-containers/" TWO "/userdata/hosts /etc/hosts rw\n", TWO },
        { "a pod's sandbox is not the container", "0::/\n",
          "1 2 8:1 /run/containerd/sandboxes/" ONE "/hostname /etc/hostname rw\n", NULL },
        { "an image's layer is not the container", "0::/\n",
          "1 2 8:1 /var/lib/docker/overlay2/" ONE "/merged / rw\n", NULL },
        { "65 digits", "0::/docker/" ONE "1\n", "", NULL },
        { "63 digits",
          "0::/docker/1/"
          "111111111111111111111111111111111111111111111111111111111111111\n",
          "", NULL },
        { "nothing to read", "", "", NULL },
    };
    char id[CONTAINER_ID_LENGTH + 1];

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        bool is_found = container_id_find(CASES[i].cgroup, CASES[i].mounts, id);
        if (is_found != (CASES[i].expected != NULL) ||
            (is_found && strcmp(id, CASES[i].expected) != 0))
            fail_msg("%s", CASES[i].reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_id_is_found_in_groups_or_mounts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
