import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The web process serves dist/ itself: the page at / and /graphql, everything else below /explorer/.
export default defineConfig({
  base: "/explorer/",
  plugins: [react()],
  worker: { format: "es" },
  // The editor is one large library that the page always needs; a warning about its size would never be acted on.
  build: { target: "es2022", chunkSizeWarningLimit: 6000, assetsInlineLimit: 0 },
});
