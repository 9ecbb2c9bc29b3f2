# Lodgate: the gateway with the portal and GraphiQL. Build: `docker build -t lodgate .`
# Run: `docker run -p 8080:8080 -v lodgate:/data lodgate`, with options as in .env.example.

FROM node:22-trixie-slim AS graphiql
RUN apt-get update && apt-get install --yes --no-install-recommends brotli && rm -rf /var/lib/apt/lists/*
WORKDIR /src/graphiql
COPY graphiql/package.json graphiql/package-lock.json graphiql/.npmrc ./
RUN npm ci --no-audit --no-fund --ignore-scripts
COPY graphiql ./
# GraphiQL uses the portal's font and colours, and its examples are checked against the schema.
COPY portal/style.css portal/schema.graphql ../portal/
COPY portal/fonts ../portal/fonts
# The gateway serves compressed files as they are. It changes the page in every response.
RUN node build.mjs && find dist -type f -size +1k ! -name '*.html' ! -name '*.woff2' -exec brotli --best {} +

FROM rust:1.95-trixie AS lodgate
RUN apt-get update && apt-get install --yes --no-install-recommends brotli && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# Caches keep the crates, the compiled dependencies and trunk between builds; the results are copied out of them.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/root/.cache/lodgate \
    --mount=type=cache,target=/src/target \
    cargo xtask portal \
    && cargo build --release --locked --package lodgate-gateway \
    && cp target/release/lodgate /usr/local/bin/

FROM debian:trixie-slim
# Certificates for the keys of other token issuers.
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --user-group lodgate && install --directory --owner=lodgate --group=lodgate /data
COPY --from=lodgate /usr/local/bin/lodgate /usr/local/bin/lodgate
COPY --from=lodgate /src/portal/dist /usr/share/lodgate/portal
COPY --from=graphiql /src/graphiql/dist /usr/share/lodgate/graphiql
ENV LISTEN_ADDR=0.0.0.0:8080 \
    DATA_DIR=/data \
    PORTAL_DIR=/usr/share/lodgate/portal \
    GRAPHIQL_DIR=/usr/share/lodgate/graphiql
USER 10001:10001
VOLUME /data
EXPOSE 8080
# The image has no curl; bash opens the connection.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["bash", "-c", "\
    exec 3<>/dev/tcp/127.0.0.1/${LISTEN_ADDR##*:} \
    && printf 'GET /livez HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 \
    && head --lines=1 <&3 | grep --quiet ' 200 '"]
# A stopping node drains its connections for DRAIN_GRACE and DRAIN_SECONDS: `docker stop --time 40`.
ENTRYPOINT ["lodgate"]
CMD ["serve"]
