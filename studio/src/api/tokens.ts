/** Personal access tokens: what scripts and command lines sign in with. */
import { queryOptions } from "@tanstack/react-query";
import { request, sendJson } from "@/api/client";

export interface Token {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly usedAt: string | null;
}

/** A token just made, with its secret, which is never shown again. */
export interface NewToken extends Token {
  readonly token: string;
}

export const tokensQuery = queryOptions({
  queryKey: ["tokens"],
  queryFn: async ({ signal }): Promise<Token[]> => {
    const served: { value: Token[] } = await (await request("/auth/tokens", { signal })).json();
    return served.value;
  },
});

export async function createToken(name: string, days: number): Promise<NewToken> {
  return (await sendJson("POST", "/auth/tokens", { name, days })).json();
}

export async function revokeToken(id: string): Promise<void> {
  await request(`/auth/tokens/${encodeURIComponent(id)}`, { method: "DELETE" });
}
