import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `npm run dev` finds the API; the built page is served by the API itself. */
const API = "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  server: { proxy: { "/api": API, "/health": API } },
  build: {
    target: "es2022",
    // MapLibre alone is about 1 MB; it loads after the login page, in a chunk of its own.
    chunkSizeWarningLimit: 1200,
  },
});
