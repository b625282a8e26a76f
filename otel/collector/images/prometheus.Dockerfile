# Stands in for prom/prometheus: Debian's program, the official user and paths, no shell. Debian's
# pages lie in files beside the program, and it is linked to libc.
ARG BASE_IMAGE
FROM $BASE_IMAGE AS debian
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends prometheus >/dev/null
RUN mkdir -p /out/bin /out/prometheus /out/etc/prometheus /out/usr/share && \
    cp /usr/bin/prometheus /out/bin/ && cp -rL /usr/share/prometheus /out/usr/share/ && \
    ldd /usr/bin/prometheus | awk '/=> \// { print $3 } $1 ~ /^\// { print $1 }' | xargs -r -I{} cp --parents -L {} /out/ && \
    chown 65534:65534 /out/prometheus

FROM scratch
COPY --from=debian /out/ /
USER 65534
WORKDIR /prometheus
ENTRYPOINT ["/bin/prometheus"]
CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
