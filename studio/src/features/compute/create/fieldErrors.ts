/** What the API said about each field of the form. */
import { ApiError } from "@/api/errors";
import { type Draft, fieldOf } from "@/features/compute/create/draft";

export type FieldErrors = Partial<Record<keyof Draft, string>>;

/** Sort an error's sentences to the fields they are about; empty where they are about none. */
export function fieldErrors(error: unknown): FieldErrors {
  if (!(error instanceof ApiError)) return {};
  const said: FieldErrors = {};
  for (const each of [error, ...error.details]) {
    const field = fieldOf(each.target);
    if (field) said[field] ??= each.message;
  }
  return said;
}
