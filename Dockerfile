# One image recipe for all five services: docker build --build-arg SERVICE=core .
ARG NODE_VERSION=24.21.0

FROM node:${NODE_VERSION}-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The image has its own Node, so the optional platform binaries stay out.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:${NODE_VERSION}-bookworm-slim AS service
ARG SERVICE
ENV NODE_ENV=production HOST=0.0.0.0 SERVICE=${SERVICE}
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json LICENSE NOTICE ./
COPY gen gen
COPY services/platform services/platform
COPY services/money services/money
COPY services/${SERVICE} services/${SERVICE}
# A volume mounted here belongs to the service's user.
RUN mkdir /data && chown node:node /data
USER node
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=6 \
  CMD ["node", "services/platform/service/container-health.ts"]
CMD ["sh", "-c", "exec node services/$SERVICE/main.ts"]
