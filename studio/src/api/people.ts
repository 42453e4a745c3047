/** Accounts of this deployment. Only administrators may list them. */
import { queryOptions } from "@tanstack/react-query";
import { request } from "@/api/client";

export interface Person {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly displayName: string;
  readonly disabled: boolean;
}

export const peopleQuery = queryOptions({
  queryKey: ["people"],
  queryFn: async ({ signal }): Promise<Person[]> => {
    const served: { value: Person[] } = await (await request("/auth/users", { signal })).json();
    return served.value;
  },
});
