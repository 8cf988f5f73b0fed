import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { smallerContract } from "./build/smaller-contract.ts";

/** Where Admin answers while the dashboard is worked on with Vite's own server. */
const admin = process.env.ADMIN_HTTP_URL ?? "http://127.0.0.1:50057";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [smallerContract(), react()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // The oldest with light-dark(), <dialog> and popovers.
    target: ["chrome123", "edge123", "firefox125", "safari17.5"],
    // Everything is a file of its own: the content policy allows no data in scripts, styles and fonts.
    assetsInlineLimit: 0,
    // Says which files a screen loads; a test adds them up.
    manifest: true,
    modulePreload: { polyfill: false },
    // One file for all libraries but the charts': it compresses better than many, and stays in caches longest.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: "libraries", test: /node_modules\/(?!uplot)/ }] } },
    },
    reportCompressedSize: false,
  },
  server: { port: 50060, proxy: { "/rpc": admin, "/session": admin } },
});
