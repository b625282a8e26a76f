/* GET /user: always fails, so that a failure can be seen from end to end. */
#include "app.h"
#include "handlers/answer.h"
#include "handlers/exception.h"
#include "handlers/handlers.h"

/* Not inlined: the stack shall name the function that raised. */
__attribute__((noinline)) static void get_user(struct exception *raised)
{
    EXCEPTION_RAISE(raised, "Exception", "get_user error");
}

enum handler_end handle_user(struct http_exchange *exchange, struct otel_str parameter,
                             struct app_thread *thread)
{
    struct exception raised = { NULL, NULL };

    (void)parameter;
    get_user(&raised);
    if (raised.type == NULL)
        return HANDLER_ANSWERED;
    telemetry_failure(&thread->app->telemetry, otel_str(raised.type));
    return answer_problem(exchange, HTTP_INTERNAL_SERVER_ERROR,
                          "The application failed; the failure is recorded under the trace id.");
}
