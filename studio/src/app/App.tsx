import { FluentProvider } from "@fluentui/react-components";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "react-router";
import { ConnectionBar } from "@/app/ConnectionBar";
import { Dialogs } from "@/app/Dialogs";
import { queryClient } from "@/app/queryClient";
import { router } from "@/app/routes";
import { SignedOut } from "@/app/SignedOut";
import { useTheme } from "@/app/theme";
import { Toasts } from "@/app/toasts";

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
        <SignedOut />
      </QueryClientProvider>
    </FluentProvider>
  );
}
