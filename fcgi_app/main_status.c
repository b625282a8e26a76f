/* The pool of the page, and every unknown path. */
#include "app.h"
#include "routes.h"

int main(int argc, char **argv)
{
    return app_main(argc, argv, &POOL_STATUS);
}
