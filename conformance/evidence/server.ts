import type { Session } from '../engines/index.ts'
import { type Server, ServerSchema } from '../report/index.ts'

/**
 * What a server is, as it says itself: its version, and which default privileges its platform gives. Reads the catalog
 * only.
 */
export async function serverOf(engine: string, session: Session): Promise<Server> {
  const [row] = await session.query(`
    select current_setting('server_version') as version,
           exists (
             select from pg_catalog.pg_default_acl as d, pg_catalog.aclexplode(d.defaclacl) as a
             where d.defaclobjtype = 'f' and d.defaclrole = pg_catalog.to_regrole('postgres')
               and d.defaclnamespace = pg_catalog.to_regnamespace('public')
               and a.grantee = pg_catalog.to_regrole('anon')
           ) as open`)
  return ServerSchema.parse({
    engine,
    version: row?.['version'],
    regime: row?.['open'] === 't' ? 'open' : 'closed',
  })
}
