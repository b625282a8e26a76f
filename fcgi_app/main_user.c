/* The pool of /user: always fails. */
#include "app.h"
#include "routes.h"

int main(int argc, char **argv)
{
    return app_main(argc, argv, &POOL_USER);
}
