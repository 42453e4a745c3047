/** Accounts of this deployment. Only administrators may list them. */
import { queryOptions } from "@tanstack/react-query";
import { allPages, request, sendJson } from "@/api/client";

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

/** Programs that sign in by a secret; as with people, only administrators may list them. */
export const clientsQuery = queryOptions({
  queryKey: ["people", "clients"],
  queryFn: async ({ signal }): Promise<Person[]> => {
    const answer = await request("/auth/servicePrincipals", { signal });
    const found = await allPages<Person>(await answer.json(), signal);
    return found.toSorted((a, b) => a.displayName.localeCompare(b.displayName));
  },
});

/** A one-time sign-in link for a person, and until when it works. */
export interface SignInLink {
  readonly link: string;
  readonly expiresAt: string;
}

export interface NewClient {
  readonly appId: string;
  readonly tenantId: string;
  readonly clientSecret: string;
  readonly expiresAt: string;
}

async function send<T>(method: "PATCH" | "POST", url: string, body: object): Promise<T> {
  return (await sendJson(method, url, body)).json();
}

export function addPerson(name: string, displayName: string): Promise<Person> {
  return send("POST", "/auth/users", { name, displayName });
}

/** Let a person in no more, or again. */
export function setDisabled(name: string, disabled: boolean): Promise<Person> {
  return send("PATCH", `/auth/users/${encodeURIComponent(name)}`, { disabled });
}

export function makeLink(name: string): Promise<SignInLink> {
  return send("POST", `/auth/users/${encodeURIComponent(name)}/link`, {});
}

/** A service principal, for programs; its secret is in this answer only. */
export function addClient(displayName: string): Promise<NewClient> {
  return send("POST", "/auth/servicePrincipals", { displayName });
}
