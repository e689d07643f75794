/** What the engine, or the way to it, answered instead of doing what was asked. */

/** A failed request. Its message is what the user reads. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  /** The HTTP status; 0 if the engine was not reached. */
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }

  static fromBody(status: number, body: string): EngineError {
    return new EngineError(status, `Error response from daemon: ${messageOf(body) || `status ${status}`}`);
  }

  static unreachable(host: string, cause: Error): EngineError {
    const message = `Cannot connect to the Docker daemon at ${host}. Is the docker daemon running?`;
    return new EngineError(0, message, { cause });
  }
}

function messageOf(body: string): string {
  try {
    return String(JSON.parse(body).message ?? '');
  } catch {
    return body.trim();
  }
}
