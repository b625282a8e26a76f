#include "agent/view/watch_routes.h"

#include "base/clock.h"
#include "otel/semconv.h"
#include "segment/check.h"
#include "segment/part.h"

#include <string.h>

enum { STATUS_ERROR = 500 };

void watch_routes_init(struct watch_routes *routes, struct segment *segment)
{
    memset(routes, 0, sizeof *routes);
    routes->segment = segment;
    for (size_t i = 0; i < SEGMENT_ROUTE_COUNT; i++) {
        struct segment_route *route = &segment->routes[i];

        part_open(route);
        memset((uint8_t *)route + offsetof(struct segment_route, is_used), 0,
               sizeof *route - offsetof(struct segment_route, is_used));
        part_close(route);
    }
}

static bool text_is(const char *field, const char *text, size_t length)
{
    return memcmp(field, text, length) == 0 && field[length] == '\0';
}

static struct watch_route *route_find(struct watch_routes *routes, const struct record_view *method,
                                      const struct record_view *name)
{
    size_t method_length = method->value_length;
    size_t name_length = name->value_length;
    struct watch_route *route = routes->routes;

    if (method_length >= sizeof route->method)
        method_length = sizeof route->method - 1;
    if (name_length >= sizeof route->route)
        name_length = sizeof route->route - 1;
    for (size_t i = 0; i < SEGMENT_ROUTE_COUNT - 1; i++, route++) {
        if (!route->is_used) {
            route->is_used = true;
            if (method_length > 0)
                memcpy(route->method, method->value, method_length);
            if (name_length > 0)
                memcpy(route->route, name->value, name_length);
            return route;
        }
        if (text_is(route->method, (const char *)method->value, method_length) &&
            text_is(route->route, (const char *)name->value, name_length))
            return route;
    }
    route->is_used = true; /* the last place: all others together */
    memcpy(route->method, "other", sizeof "other");
    return route;
}

static uint64_t duration_of(const struct record_measurement *measurement)
{
    double seconds =
        measurement->is_double ? measurement->value.real : (double)measurement->value.integer;

    if (!(seconds > 0)) /* NaN too: a worker may write anything */
        return 0;
    return seconds < 1e6 ? (uint64_t)(seconds * (double)CLOCK_NS_PER_S)
                         : UINT64_C(1000000) * CLOCK_NS_PER_S;
}

static void route_add(struct watch_route *route, uint64_t duration_ns, bool is_error)
{
    size_t place = latency_place(duration_ns);

    route->is_dirty = true;
    route->count++;
    route->errors += is_error;
    route->duration_ns += duration_ns;
    route->latency[place]++;
    route->now.count++;
    route->now.errors += is_error;
    route->now.latency[place] =
        (uint16_t)(route->now.latency[place] + (route->now.latency[place] < UINT16_MAX));
}

void watch_routes_add(struct watch_routes *routes, const uint8_t *record, size_t size)
{
    static const uint8_t NOTHING[] = "";
    struct record_view method = { .value = NOTHING };
    struct record_view name = { .value = NOTHING };
    struct record_view item;
    size_t offset = 0;
    bool is_error = false;

    (void)size; /* the record's own, which was checked */
    while (record_item_next(record, &offset, &item)) {
        if (item.kind != RECORD_ITEM_ATTRIBUTE)
            continue;
        if (item.key_id == OTEL_HTTP_REQUEST_METHOD.id && item.type == RECORD_VALUE_STRING)
            method = item;
        else if (item.key_id == OTEL_HTTP_ROUTE.id && item.type == RECORD_VALUE_STRING)
            name = item;
        else if (item.key_id == OTEL_ERROR_TYPE.id)
            is_error = true;
        else if (item.key_id == OTEL_HTTP_RESPONSE_STATUS_CODE.id && item.type == RECORD_VALUE_INT)
            is_error |= record_view_int(&item) >= STATUS_ERROR;
    }
    route_add(route_find(routes, &method, &name), duration_of((const void *)record), is_error);
}

static void route_publish(struct watch_route *route, struct segment_route *shared)
{
    part_open(shared);
    shared->is_used = 1;
    shared->count = route->count;
    shared->errors = route->errors;
    shared->duration_ns = route->duration_ns;
    memcpy(shared->latency, route->latency, sizeof shared->latency);
    memcpy(shared->method, route->method, sizeof shared->method);
    memcpy(shared->route, route->route, sizeof shared->route);
    shared->seconds[route->now.second % SEGMENT_SECOND_COUNT] = route->now;
    part_close(shared);
    route->is_dirty = false;
}

void watch_routes_publish(struct watch_routes *routes)
{
    for (size_t i = 0; i < SEGMENT_ROUTE_COUNT; i++)
        if (routes->routes[i].is_dirty)
            route_publish(&routes->routes[i], &routes->segment->routes[i]);
}

void watch_routes_turn(struct watch_routes *routes, uint64_t second)
{
    if (second == routes->second)
        return;
    watch_routes_publish(routes);
    for (size_t i = 0; i < SEGMENT_ROUTE_COUNT; i++)
        routes->routes[i].now = (struct segment_second){ .second = second };
    routes->second = second;
}
