"""What the system tests stand on: the service and single pools as they really run, clients,
readers of what arrived, and a scripted receiver. Nothing in here asserts on behaviour."""
