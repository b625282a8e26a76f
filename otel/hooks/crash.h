/*
 * Fatal signals of a process that answers requests.
 */
#ifndef OTEL_HOOKS_CRASH_H
#define OTEL_HOOKS_CRASH_H

/*
 * Called when a request begins on this thread. The first call of the process takes the fatal
 * signals that nobody else handles, the first of a thread gives it a stack for the handler;
 * every other call only reads a flag.
 */
void crash_arm(void);

#endif
