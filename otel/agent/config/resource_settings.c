#include "agent/config/resource_settings.h"

#include "agent/config/options.h"
#include "agent/report.h"

static bool has_detector(const struct settings *settings, enum settings_detector wanted)
{
    for (size_t i = 0; i < settings->detector_count; i++)
        if (settings->detectors[i] == wanted)
            return true;
    return false;
}

static void detector_add(struct settings *out, enum settings_detector detector)
{
    if (!has_detector(out, detector))
        out->detectors[out->detector_count++] = detector;
}

/* Two pools of one service must never be taken for one: service_instance is always there. */
static void detectors_derive(const struct option_value *given, struct settings *out)
{
    const unsigned all = DETECTOR_COUNT;

    detector_add(out, DETECTOR_SERVICE_INSTANCE);
    for (size_t i = 0; i < OPTION_CHOICES_MAX && given->order[i]; i++) {
        unsigned place = given->order[i] - 1u;
        if (place < all)
            detector_add(out, (enum settings_detector)place);
        for (unsigned each = DETECTOR_SERVICE_INSTANCE; place == all && each < all; each++)
            detector_add(out, (enum settings_detector)each);
    }
    detector_add(out, DETECTOR_OTEL);
}

/* Bits of OPTION_STABILITY at odd places ask for old names beside the new. */
static void stability_check(const struct option_value *given)
{
    if (given->bits & 0xaau)
        report_warn("--%s %s: the old names are not sent beside the stable ones",
                    option_name(OPTION_STABILITY), given->text);
}

void resource_settings_derive(const struct options *options, struct settings *out)
{
    detectors_derive(&options->values[OPTION_DETECTORS], out);
    stability_check(&options->values[OPTION_STABILITY]);
    if (options->values[OPTION_EXCEPTION_SIGNAL].integer != 0)
        report_warn("--%s: exceptions are log records alone", option_name(OPTION_EXCEPTION_SIGNAL));
    out->has_distro = options->values[OPTION_DISTRO].integer == 0;
    out->omits_self_metrics = options->values[OPTION_SELF_METRICS].integer == 0;
}
