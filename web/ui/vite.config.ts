import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// The API the development server talks to: the mock by default, or a running vedette.
const api = process.env.VEDETTE_API ?? 'http://127.0.0.1:5174';

export default defineConfig({
  base: '/',
  plugins: [react()],
  // The Kusto language service is compiled from C# and expects Node's name for the global object.
  define: { global: 'globalThis' },
  worker: { format: 'es' },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': api, '/signin': api },
  },
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2022',
    // Inlined assets would need data: in more places of the content security policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 9000,
    reportCompressedSize: false,
    manifest: true,
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}'],
  },
});
