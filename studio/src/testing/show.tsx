/** Draws a part of a page as the application does: in English, at an address, for somebody. */
import { FluentProvider, webLightTheme } from "@fluentui/react-components";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import { type ReactNode, Suspense } from "react";
import { createMemoryRouter, RouterProvider } from "react-router";
import { type Me, meQuery } from "@/api/me";
import { Dialogs } from "@/app/Dialogs";
import { Toasts } from "@/app/toasts";
import { startLanguage } from "@/lib/i18n";

export const ME: Me = {
  id: "me",
  name: "ana",
  displayName: "Ana",
  tenantId: "t1",
  subscriptionId: "s1",
  alias: "ana",
};

interface Where {
  readonly path?: string;
  readonly at?: string;
  /** Other pages: where each is, and its text. */
  readonly others?: Readonly<Record<string, string>>;
}

/** Draw `page`; by default inside the workspace `team/main`. */
export async function show(page: ReactNode, where: Where = {}) {
  await startLanguage("en");
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  client.setQueryData(meQuery.queryKey, ME);
  const others = Object.entries(where.others ?? {}).map(([path, element]) => ({ path, element }));
  const own = { path: where.path ?? "/workspaces/:group/:workspace", element: page };
  const router = createMemoryRouter([own, ...others], {
    initialEntries: [where.at ?? "/workspaces/team/main"],
  });
  const drawn = render(
    <FluentProvider theme={webLightTheme}>
      <QueryClientProvider client={client}>
        <Toasts>
          <Dialogs>
            <Suspense>
              <RouterProvider router={router} />
            </Suspense>
          </Dialogs>
        </Toasts>
      </QueryClientProvider>
    </FluentProvider>,
  );
  return { ...drawn, client, router };
}
