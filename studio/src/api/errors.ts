/** What can go wrong with a request, as the API tells it. */

/** The API refused: its code, its sentence, and the field that it is about, if any. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly target?: string,
    readonly details: readonly ApiError[] = [],
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** No answer came: the network, the gateway or the control plane is away. */
export class ConnectionLost extends Error {
  constructor() {
    super("No answer from Studiolo.");
    this.name = "ConnectionLost";
  }
}

interface Body {
  error?: {
    code?: string;
    message?: string;
    target?: string | null;
    details?: Body["error"][] | null;
  };
}

/** The error in an answer that is not a success, whatever its body is. */
export function errorOf(status: number, body: unknown): ApiError {
  const said = typeof body === "object" && body !== null ? (body as Body).error : undefined;
  return toError(status, said);
}

function toError(status: number, said: Body["error"]): ApiError {
  return new ApiError(
    status,
    said?.code ?? `HTTP${status}`,
    said?.message ?? `The server answered with status ${status}.`,
    said?.target ?? undefined,
    (said?.details ?? []).map((each) => toError(status, each)),
  );
}

/** Whether the error is the API's, with this status. */
export function hasStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status;
}
