/* What a receiver answers: OTLP in JSON and protobuf, gRPC's trailers. */
#include "agent/pipeline/answer.h"
#include "agent/send/grpc_status.h"
#include "fuzz.h"

static void read_answer(const char *bytes, size_t size, enum send_answer_format format)
{
    struct send_result result = { .answer_format = format, .answer = bytes, .answer_length = size };
    struct answer answer;

    answer_read(&result, &answer);
    FUZZ_PROMISE(memchr(answer.message, '\0', sizeof answer.message) != NULL);
    for (const char *c = answer.message; *c; c++)
        FUZZ_PROMISE((unsigned char)*c >= 0x20 && *c != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = fuzz_bytes(data, size);
    char message[64];
    uint64_t delay_ns = 0;

    if (size <= SEND_ANSWER_BYTES) {
        read_answer(bytes, size, SEND_ANSWER_JSON);
        read_answer(bytes, size, SEND_ANSWER_PROTOBUF);
    }
    (void)grpc_status_read(bytes, size);
    grpc_message_read(bytes, size, message, sizeof message);
    FUZZ_PROMISE(memchr(message, '\0', sizeof message) != NULL);
    (void)grpc_retry_info_read(bytes, size, &delay_ns);
    free(bytes);
    return 0;
}
