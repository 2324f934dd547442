import { type Engine, engineNamed } from '../engines/index.ts'

/** Does `work` on a server that is there, or on one of the version that Supabase runs, started and stopped for it. */
export async function onServer<T>(on: Engine | undefined, work: (engine: Engine) => Promise<T>): Promise<T> {
  if (on) return work(on)
  const engine = await engineNamed('embedded-17').start()
  try {
    return await work(engine)
  } finally {
    await engine.stop()
  }
}
