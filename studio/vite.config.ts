import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// `npm run dev` shows a running deployment's data: STUDIOLO_URL=http://studiolo.localhost:8480
const deployment = process.env.STUDIOLO_URL ?? "http://studiolo.localhost:8480";
const api = ["/auth", "/subscriptions", "/instances", "/signin", "/link", "/static", "/signout"];

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  build: {
    assetsDir: "assets",
    target: "es2022",
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000,
    // What nearly every page uses goes together: many small files compress worse than one.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: "shared", minShareCount: 9 }] } },
    },
  },
  server: {
    proxy: Object.fromEntries(api.map((path) => [path, { target: deployment }])),
  },
  test: {
    environment: "jsdom",
    setupFiles: ["src/testing/setup.ts"],
    restoreMocks: true,
    // Components of Fluent UI are slow in jsdom on two cores.
    testTimeout: 20_000,
  },
});
