#include "agent/encode/record_groups.h"

static uint8_t scope_of(const uint8_t *record)
{
    return ((const struct record_header *)record)->scope;
}

bool record_groups_scope(struct record_groups *groups, uint8_t *scope)
{
    while (groups->first < groups->count &&
           groups->is_done[scope_of(groups->records[groups->first])])
        groups->first++;
    if (groups->first == groups->count)
        return false;
    groups->at = groups->first;
    *scope = groups->scope = scope_of(groups->records[groups->first]);
    groups->is_done[groups->scope] = true;
    return true;
}

const struct limited_record *record_groups_next(struct record_groups *groups)
{
    while (groups->at < groups->count && scope_of(groups->records[groups->at]) != groups->scope)
        groups->at++;
    if (groups->at == groups->count)
        return NULL;
    limits_apply(groups->limits, groups->records[groups->at++], groups->encoder->room);
    return groups->encoder->room;
}
