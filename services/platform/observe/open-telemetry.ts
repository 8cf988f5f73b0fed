/**
 * Starts the OpenTelemetry SDK when an endpoint is configured. The SDK is not among the dependencies (it
 * brings 71 to 218 packages): who wants traces exported installs `@opentelemetry/sdk-node` beside Holdfast.
 *
 * @throws Error if an endpoint is set and the SDK is not installed.
 */
export async function startOpenTelemetry(endpoint: string | undefined, service: string): Promise<void> {
  if (endpoint === undefined) return;
  const packageName = "@opentelemetry/sdk-node";
  const sdk = (await import(packageName).catch((cause: unknown) => {
    throw new Error(
      `OTEL_EXPORTER_OTLP_ENDPOINT is set, but ${packageName} is not installed: npm install ${packageName}`,
      { cause },
    );
  })) as { NodeSDK: new (options: { serviceName: string }) => { start(): void } };
  new sdk.NodeSDK({ serviceName: `holdfast-${service}` }).start();
}
