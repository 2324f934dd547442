/**
 * A runner for specs of what is kept between runs: starts the server that its argument names and prints what it finds, its
 * cluster, its templates with the transactions that made them, and what is in a database of its own, as one JSON object. Before
 * that, as soon as the server is there, a line that says so.
 */
import { engineNamed } from '../engines/index.ts'

const [name = ''] = process.argv.slice(2)
const engine = await engineNamed(name).start()
process.stdout.write('started\n')
try {
  const session = await (await engine.open()).connect()
  const [found] = await session.query(`
    select (select system_identifier from pg_control_system()) as cluster,
           (select string_agg(datname || ' ' || xmin, ',' order by datname) from pg_database where datistemplate) as templates,
           obj_description('copilot_internal'::regnamespace) as comment,
           (select string_agg(rolname, ',' order by rolname) from pg_roles) as roles`)
  process.stdout.write(JSON.stringify(found))
} finally {
  await engine.stop()
}
