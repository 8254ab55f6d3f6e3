FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json rolldown.config.ts ./
COPY src src
RUN npm ci

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/dist dist
COPY schema/operations schema/operations
USER node
EXPOSE 4000
# node itself, not npm: signals reach it.
# Room for what requests leave behind between two small collections, and nothing of it among what stays: whatever is read for a
# request dies with it. Up to half of the work under load.
CMD ["node", "--max-semi-space-size=32", "--no-allocation-site-pretenuring", "dist/main.js"]
