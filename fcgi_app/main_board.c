/* The pool of /board: every post. */
#include "app.h"
#include "routes.h"

int main(int argc, char **argv)
{
    return app_main(argc, argv, &POOL_BOARD);
}
