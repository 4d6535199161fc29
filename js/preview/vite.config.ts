import { defineConfig } from "vite";

// A page that may lie anywhere, also below a path of some host.
export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  build: { outDir: "../dist/preview", emptyOutDir: true, target: "es2022", assetsInlineLimit: 0 },
});
