import { FluentProvider } from "@fluentui/react-components";
import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { RouterProvider } from "react-router";
import { useConnection } from "@/api/connection";
import { ConnectionBar } from "@/app/ConnectionBar";
import { Dialogs } from "@/app/Dialogs";
import { queryClient } from "@/app/queryClient";
import { router } from "@/app/routes";
import { useTheme } from "@/app/theme";
import { Toasts } from "@/app/toasts";

const SignedOut = lazy(() => import("@/app/SignedOut"));

function SessionEnd() {
  const { signedOut } = useConnection();
  return (
    signedOut && (
      <Suspense>
        <SignedOut />
      </Suspense>
    )
  );
}

export function App() {
  return (
    <FluentProvider theme={useTheme()} style={{ height: "100%" }}>
      <QueryClientProvider client={queryClient}>
        <ConnectionBar />
        <Toasts>
          <Dialogs>
            <RouterProvider router={router} />
          </Dialogs>
        </Toasts>
        <SessionEnd />
      </QueryClientProvider>
    </FluentProvider>
  );
}
