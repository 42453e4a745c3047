import { createBrowserRouter, Navigate } from "react-router";
import { FailedPage } from "@/app/FailedPage";
import { Home } from "@/app/Home";
import { NotFoundPage } from "@/app/NotFoundPage";
import { Shell } from "@/app/Shell";

/** A page of its own file, loaded when it is first opened. */
function page(load: () => Promise<{ Page: React.ComponentType }>) {
  return async () => ({ Component: (await load()).Page });
}

export const router = createBrowserRouter([
  {
    element: <Shell />,
    errorElement: <FailedPage />,
    hydrateFallbackElement: <></>,
    children: [
      { path: "/", element: <Home /> },
      { path: "/welcome", lazy: page(() => import("@/features/welcome/WelcomePage")) },
      { path: "/workspaces", lazy: page(() => import("@/features/workspaces/WorkspacesPage")) },
      { path: "/settings", lazy: page(() => import("@/features/settings/SettingsPage")) },
      {
        path: "/workspaces/:group/:workspace",
        errorElement: <FailedPage />,
        children: [
          { index: true, element: <Navigate to="compute" replace /> },
          {
            path: "notebooks/*",
            lazy: page(() => import("@/features/notebooks/NotebooksPage")),
          },
          { path: "compute", lazy: page(() => import("@/features/compute/list/ComputePage")) },
          {
            path: "compute/new",
            lazy: page(() => import("@/features/compute/create/CreatePage")),
          },
          {
            path: "compute/:compute",
            lazy: page(() => import("@/features/compute/details/DetailsPage")),
          },
          {
            path: "terminal/:compute?",
            lazy: page(() => import("@/features/terminal/TerminalPage")),
          },
          { path: "quota", lazy: page(() => import("@/features/quota/QuotaPage")) },
          { path: "access", lazy: page(() => import("@/features/access/AccessPage")) },
          { path: "activity", lazy: page(() => import("@/features/activity/ActivityPage")) },
        ],
      },
      { path: "*", element: <NotFoundPage /> },
    ],
  },
]);
