"""The options that a user of the Python launcher knows are all there under their names."""

import re
import subprocess

from harness.paths import LAUNCHER, clean_environment

# The 84 options of the Python release whose command lines run here unchanged.
PYTHON_OPTIONS = """
attribute_count_limit attribute_value_length_limit blrp_export_timeout
blrp_max_export_batch_size blrp_max_queue_size blrp_schedule_delay bsp_export_timeout
bsp_max_export_batch_size bsp_max_queue_size bsp_schedule_delay configurator context
disabled_instrumentations distro event_attribute_count_limit
experimental_disable_prometheus_unit_normalization experimental_resource_detectors
exporter_jaeger_agent_host exporter_jaeger_agent_port
exporter_jaeger_agent_split_oversized_batches exporter_jaeger_certificate
exporter_jaeger_endpoint exporter_jaeger_grpc_insecure exporter_jaeger_password
exporter_jaeger_timeout exporter_jaeger_user exporter_otlp_certificate exporter_otlp_compression
exporter_otlp_endpoint exporter_otlp_headers exporter_otlp_insecure
exporter_otlp_logs_certificate exporter_otlp_logs_compression exporter_otlp_logs_endpoint
exporter_otlp_logs_headers exporter_otlp_logs_insecure exporter_otlp_logs_protocol
exporter_otlp_logs_timeout exporter_otlp_metrics_certificate
exporter_otlp_metrics_client_certificate exporter_otlp_metrics_client_key
exporter_otlp_metrics_compression exporter_otlp_metrics_default_histogram_aggregation
exporter_otlp_metrics_endpoint exporter_otlp_metrics_headers exporter_otlp_metrics_insecure
exporter_otlp_metrics_protocol exporter_otlp_metrics_temporality_preference
exporter_otlp_metrics_timeout exporter_otlp_protocol exporter_otlp_timeout
exporter_otlp_traces_certificate exporter_otlp_traces_compression exporter_otlp_traces_endpoint
exporter_otlp_traces_headers exporter_otlp_traces_insecure exporter_otlp_traces_protocol
exporter_otlp_traces_timeout exporter_prometheus_host exporter_prometheus_port
exporter_zipkin_endpoint exporter_zipkin_timeout id_generator link_attribute_count_limit
log_level logs_exporter meter_provider metric_export_interval metric_export_timeout
metrics_exemplar_filter metrics_exporter propagators resource_attributes sdk_disabled
service_name span_attribute_count_limit span_attribute_value_length_limit span_event_count_limit
span_link_count_limit tracer_provider traces_exporter traces_sampler traces_sampler_arg version
""".split()


def test_each_option_of_the_python_launcher_is_listed(built):
    told = subprocess.run([LAUNCHER, "--help"], stdout=subprocess.PIPE, text=True, timeout=20,
                          check=True, env=clean_environment()).stdout
    listed = set(re.findall(r"^ +--([a-z0-9_]+)(?![a-z0-9_*])", told, re.MULTILINE))

    assert len(set(PYTHON_OPTIONS)) == 84
    assert [name for name in PYTHON_OPTIONS if name not in listed] == []
