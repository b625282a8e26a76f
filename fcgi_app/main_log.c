/* The pool of /log: the call log. */
#include "app.h"
#include "routes.h"

int main(int argc, char **argv)
{
    return app_main(argc, argv, &POOL_LOG);
}
