#include "agent/config/config_reader.h"

#include <stdlib.h>
#include <string.h>

/*
 * The recorder decides by one rule for each case of the parent. A tree of samplers becomes that:
 * parent_based asks, in each case, the branch of the case, whatever it is.
 */
static const char *const BRANCHES[PARENT_COUNT] = {
    [PARENT_NONE] = "root",
    [PARENT_REMOTE_SAMPLED] = "remote_parent_sampled",
    [PARENT_REMOTE_NOT_SAMPLED] = "remote_parent_not_sampled",
    [PARENT_LOCAL_SAMPLED] = "local_parent_sampled",
    [PARENT_LOCAL_NOT_SAMPLED] = "local_parent_not_sampled",
};

static bool branch_is_known(const char *key)
{
    for (int parent = 0; parent < PARENT_COUNT; parent++)
        if (strcmp(key, BRANCHES[parent]) == 0)
            return true;
    return false;
}

/* Once for each sampler of the tree: what is wrong must not be told for each case. */
static void sampler_check(struct config_reader *reader, const struct yaml_node *node);

static void ratio_check(struct config_reader *reader, const struct yaml_node *sampler)
{
    static const char *const ALLOWED = "ratio";
    const struct yaml_node *ratio = yaml_tree_get(sampler, "ratio");

    if (sampler->kind == YAML_NULL || !config_is(reader, sampler, YAML_MAPPING))
        return;
    for (size_t i = 0; i < sampler->count; i++)
        if (strcmp(sampler->children[i].key, ALLOWED) != 0)
            config_problem(reader, &sampler->children[i], "there is no \"%s\" here, but %s",
                           sampler->children[i].key, ALLOWED);
    if (ratio && config_is(reader, ratio, YAML_FLOAT)) {
        double value = strtod(ratio->text, NULL);
        if (!(value >= 0 && value <= 1))
            config_problem(reader, ratio, "\"ratio\" is %s, and must be from 0 to 1", ratio->text);
    }
}

static void branches_check(struct config_reader *reader, const struct yaml_node *sampler)
{
    if (sampler->kind == YAML_NULL || !config_is(reader, sampler, YAML_MAPPING))
        return;
    for (size_t i = 0; i < sampler->count; i++)
        if (branch_is_known(sampler->children[i].key))
            sampler_check(reader, &sampler->children[i]);
        else
            config_problem(reader, &sampler->children[i],
                           "there is no \"%s\" here, but root, remote_parent_sampled, "
                           "remote_parent_not_sampled, local_parent_sampled, "
                           "local_parent_not_sampled",
                           sampler->children[i].key);
}

static bool is_ratio(const char *name)
{
    return strcmp(name, "trace_id_ratio_based") == 0 ||
           strcmp(name, "probability/development") == 0;
}

static void sampler_check(struct config_reader *reader, const struct yaml_node *node)
{
    const struct yaml_node *sampler;

    if (!config_is(reader, node, YAML_MAPPING))
        return;
    if (node->count != 1) {
        config_problem(reader, node,
                       "a sampler is one of always_on, always_off, "
                       "trace_id_ratio_based, parent_based");
        return;
    }
    sampler = &node->children[0];
    if (is_ratio(sampler->key))
        ratio_check(reader, sampler);
    else if (strcmp(sampler->key, "parent_based") == 0)
        branches_check(reader, sampler);
    else if (strcmp(sampler->key, "always_on") != 0 && strcmp(sampler->key, "always_off") != 0)
        config_problem(reader, sampler,
                       "the recorder has no sampler \"%s\", but always_on, always_off, "
                       "trace_id_ratio_based, probability/development and parent_based",
                       sampler->key);
}

/* What the tree says in one case of the parent; without a sampler: what parent_based does. */
static struct settings_sampler_rule rule_of(const struct yaml_node *node,
                                            enum settings_parent parent)
{
    const struct settings_sampler_rule off = { .sampler = SAMPLER_ALWAYS_OFF, .ratio = 1 };
    const struct settings_sampler_rule on = { .sampler = SAMPLER_ALWAYS_ON, .ratio = 1 };
    bool is_off = parent == PARENT_REMOTE_NOT_SAMPLED || parent == PARENT_LOCAL_NOT_SAMPLED;
    const struct yaml_node *sampler, *ratio;

    if (!node || node->kind != YAML_MAPPING || node->count != 1)
        return is_off ? off : on;
    sampler = &node->children[0];
    if (strcmp(sampler->key, "parent_based") == 0)
        return rule_of(yaml_tree_get(sampler, BRANCHES[parent]), parent);
    if (strcmp(sampler->key, "always_off") == 0)
        return off;
    if (!is_ratio(sampler->key))
        return on;
    ratio = yaml_tree_get(sampler, "ratio");
    return (struct settings_sampler_rule){
        .sampler = SAMPLER_RATIO,
        .ratio = ratio && ratio->kind != YAML_NULL ? strtod(ratio->text, NULL) : 1,
    };
}

void config_read_sampler(struct config_reader *reader, const struct yaml_node *node)
{
    struct config_extras *extras = &reader->file->extras;

    sampler_check(reader, node);
    if (node->kind != YAML_MAPPING)
        return;
    extras->has_samplers = true;
    for (int parent = 0; parent < PARENT_COUNT; parent++)
        extras->samplers[parent] = rule_of(node, (enum settings_parent)parent);
}
