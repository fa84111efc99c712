/**
 * Imported by what starts a thread with onnxruntime: its binaries send usage data to their maker unless this is set
 * before they are loaded. It must be set on the main thread: a worker's environment is a copy that native code does not see.
 */
process.env.ORT_DISABLE_TELEMETRY = '1'
