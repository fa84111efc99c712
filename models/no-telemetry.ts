/**
 * Imported before any thread with onnxruntime starts, whose binaries otherwise send usage data to their vendor. It must
 * be set on the main thread, because native code does not see a worker's copy of the environment.
 */
process.env.ORT_DISABLE_TELEMETRY = '1'
