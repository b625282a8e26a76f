#include "agent/pool/environment.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char first[] = "PATH=/bin";
static char second[] = "LD_PRELOAD=/other.so";
static char third[] = "OTEL_SEGMENT=/old";
static char fourth[] = "LD_PRELOADED=no";

static const char *find(char **environment, const char *name)
{
    size_t length = strlen(name);

    for (; *environment; environment++)
        if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
            return *environment + length + 1;
    return NULL;
}

static void test_library_comes_first_and_others_stay(void **state)
{
    char *inherited[] = { first, second, third, fourth, NULL };
    char **environment = environment_create(inherited, "/lib/hooks.so", "/dev/shm/s");
    size_t count = 0;

    (void)state;
    assert_non_null(environment);
    assert_string_equal(find(environment, "LD_PRELOAD"), "/lib/hooks.so:/other.so");
    assert_string_equal(find(environment, "OTEL_SEGMENT"), "/dev/shm/s");
    assert_string_equal(find(environment, "PATH"), "/bin");
    assert_string_equal(find(environment, "LD_PRELOADED"), "no");
    while (environment[count])
        count++;
    assert_int_equal(count, 4);
    mem_free(environment);
}

static void test_empty_environment_gets_two(void **state)
{
    char *inherited[] = { NULL };
    char **environment = environment_create(inherited, "/lib/hooks.so", "/dev/shm/s");

    (void)state;
    assert_non_null(environment);
    assert_string_equal(find(environment, "LD_PRELOAD"), "/lib/hooks.so");
    assert_string_equal(find(environment, "OTEL_SEGMENT"), "/dev/shm/s");
    assert_null(environment[2]);
    mem_free(environment);
}

static void test_no_memory_is_told(void **state)
{
    char *inherited[] = { first, NULL };

    (void)state;
    mem_fail_at(0);
    assert_null(environment_create(inherited, "/lib/hooks.so", "/dev/shm/s"));
    mem_fail_at(-1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_library_comes_first_and_others_stay),
        cmocka_unit_test(test_empty_environment_gets_two),
        cmocka_unit_test(test_no_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
