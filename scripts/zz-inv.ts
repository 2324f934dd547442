import { readFileSync, writeFileSync } from 'node:fs'
import { engineNamed } from '../conformance/engines/index.ts'
const engine = await engineNamed(process.argv[2] ?? 'embedded-15').start()
try {
  const db = await engine.open({ holds: 'supabase', pgtap: true })
  const s = await db.connect()
  await s.run(`set search_path = ''`)
  const rows = await s.query(readFileSync('fixtures/platform-inventory.sql', 'utf8'))
  writeFileSync('/tmp/scr/ours.txt', rows.map((r) => `${r['object']}\t${r['is']}`).join('\n') + '\n')
  await s.close()
} finally { await engine.stop() }
