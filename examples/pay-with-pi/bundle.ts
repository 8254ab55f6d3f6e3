import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/** The page's program with React in it, as one script. */
export async function bundlePage(): Promise<string> {
  const bundle = await rolldown({
    input: fileURLToPath(new URL('./page/main.tsx', import.meta.url)),
    platform: 'browser',
    tsconfig: fileURLToPath(new URL('./page/tsconfig.json', import.meta.url)),
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
  });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  await bundle.close();
  return output[0].code;
}
