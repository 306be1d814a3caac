# Two images: `lab` (the default) is JupyterLab with windrow, `cli` is the command alone. docs/containers.md says how to use them.
ARG RUST=1.95
ARG DEBIAN=trixie

FROM docker.io/library/rust:${RUST}-slim-${DEBIAN} AS source
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates fonts-liberation python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY docker/build.txt docker/build.txt
RUN python3 -m venv /opt/build && /opt/build/bin/pip install --no-cache-dir --disable-pip-version-check -r docker/build.txt
ENV PATH=$PATH:/opt/build/bin CARGO_TARGET_DIR=/target
COPY . .

FROM source AS program
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# The same features as those of the package, so that the second build of the two compiles little.
RUN --mount=type=cache,target=/target --mount=type=cache,target=/usr/local/cargo/registry \
    cargo build --release --locked --features png,spark,object-store,sql -p windrow-cli \
    && install -D /target/release/windrow /image/usr/local/bin/windrow
# What the command needs beside itself: the libraries that it is linked to, certificates for Spark over TLS, a font for PNG, a user, and a
# folder.
RUN ldd /image/usr/local/bin/windrow | grep -o '/[^ ]*' | while read -r library; do install -D "$library" "/image$library"; done \
    && install -D /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ca-certificates.crt \
    && install -D -t /image/usr/share/fonts /usr/share/fonts/truetype/liberation/LiberationSans-{Regular,Bold}.ttf \
    && echo 'windrow:x:10001:0::/work:/' > /image/etc/passwd \
    && install -d -m 775 /image/work && install -d -m 1777 /image/tmp

FROM source AS package
RUN --mount=type=cache,target=/target --mount=type=cache,target=/usr/local/cargo/registry \
    maturin build --release --locked --manifest-path crates/windrow-py/Cargo.toml --out /wheels

FROM scratch AS cli
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="windrow" \
    org.opencontainers.image.description="Counts of events per window of time, with every row accounted for." \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
COPY --from=program /image /
WORKDIR /work
USER 10001:0
# A run ends by itself: its exit code is its health.
HEALTHCHECK NONE
ENTRYPOINT ["/usr/local/bin/windrow"]
CMD ["--help"]

FROM docker.io/library/debian:${DEBIAN}-slim AS lab
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="windrow lab" \
    org.opencontainers.image.description="JupyterLab with windrow: counts of events per window of time." \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates fonts-liberation python3 python3-venv tini \
    && rm -rf /var/lib/apt/lists/*
COPY docker/requirements.txt /opt/lab/etc/
RUN python3 -m venv /opt/lab \
    && /opt/lab/bin/pip install --no-cache-dir --disable-pip-version-check -r /opt/lab/etc/requirements.txt \
    && find /opt/lab/lib -type d \( -name tests -o -path '*/pyarrow/include' \) -prune -exec rm -r {} + \
    && find /opt/lab/lib -path '*/pyarrow/*flight*' -delete
# The Python package has the command in it. It is copied, as buildah takes an old layer where a mount alone has changed.
COPY --from=package /wheels /wheels
RUN /opt/lab/bin/pip install --no-cache-dir --no-index --no-deps /wheels/*.whl
COPY docker/healthy.py docker/jupyter_server_config.py /opt/lab/etc/jupyter/
COPY examples /app/examples
COPY notebooks /app/notebooks
# Any user of group 0 may write here, as OpenShift gives each container a user of its own.
RUN install -d -m 775 /home/lab && chmod -R g=u /app
ENV HOME=/home/lab PATH=/opt/lab/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
WORKDIR /app
USER 1000:0
EXPOSE 8888
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python3", "/opt/lab/etc/jupyter/healthy.py"]
# tini hands signals on, and takes in the processes that terminals leave behind.
ENTRYPOINT ["tini", "-g", "--"]
CMD ["jupyter", "lab"]
