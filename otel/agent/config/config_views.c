#include "agent/config/config_reader.h"

void config_read_views(struct config_reader *reader, const struct yaml_node *node)
{
    config_problem(reader, node, "\"%s\" cannot be set in this launcher", node->key);
}
