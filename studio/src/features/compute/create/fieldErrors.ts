/** What the API said about each field of the form. */
import { ApiError } from "@/api/errors";
import { type Draft, fieldOf } from "@/features/compute/create/draft";

export type FieldErrors = Partial<Record<keyof Draft, string>>;

/** Sort an error's sentences to the fields they are about; empty where they are about none. */
export function fieldErrors(error: unknown): FieldErrors {
  if (!(error instanceof ApiError)) return {};
  const said: FieldErrors = {};
  for (const each of [error, ...error.details]) {
    const field = fieldAt(each);
    if (field) said[field] ??= each.message;
  }
  return said;
}

/** A used-up quota names its family, and a name that another was quicker with names nothing. */
function fieldAt(error: ApiError): keyof Draft | null {
  if (error.code === "QuotaExceeded") return "size";
  return error.status === 412 ? "name" : fieldOf(error.target);
}
