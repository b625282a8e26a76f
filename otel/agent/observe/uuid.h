/*
 * UUIDs made of a name (RFC 9562, version 5: SHA-1 of namespace and name).
 */
#ifndef OTEL_AGENT_UUID_H
#define OTEL_AGENT_UUID_H

#include <stddef.h>
#include <stdint.h>

enum { UUID_BYTES = 16, UUID_TEXT_SIZE = 37, SHA1_BYTES = 20 };

void uuid_from_name(const uint8_t name_space[UUID_BYTES], const char *name, size_t length,
                    char out[UUID_TEXT_SIZE]);

/* FIPS 180-4. Not for secrets: here only because version 5 is made of it. */
void uuid_sha1(const uint8_t *bytes, size_t length, uint8_t out[SHA1_BYTES]);

#endif
