FROM node:24-bookworm-slim AS build
WORKDIR /app
# Libraries before sources: they change less often, and this layer is kept.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json rolldown.config.ts licences.ts ./
COPY src src
COPY desk desk
COPY schema schema
RUN npm run build

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="Headgate" org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production HOST=0.0.0.0
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=build /app/dist dist
COPY schema schema
# Where a single instance keeps its write records; mount a volume here, or use Redis.
RUN mkdir .headgate && chown node .headgate
VOLUME /app/.headgate
USER node
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT ?? 4000}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# The gateway finishes what runs within 20 s: `docker stop --time 25`, `stop_grace_period: 25s` in compose.
STOPSIGNAL SIGTERM
# node itself, not npm: signals reach it.
# Room for what requests leave behind between two small collections, and nothing of it among what stays: whatever is read for a
# request dies with it. Up to half of the work under load.
CMD ["node", "--max-semi-space-size=32", "--no-allocation-site-pretenuring", "dist/main.js"]
