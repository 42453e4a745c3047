import { createRoot } from "react-dom/client";
import { App } from "@/app/App";
import { startLanguage } from "@/lib/i18n";
import "@/app/global.css";

const root = document.getElementById("root");
if (root) {
  await startLanguage();
  createRoot(root).render(<App />);
}
