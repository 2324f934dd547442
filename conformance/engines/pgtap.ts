/** What makes pgTAP in a database what it is on Supabase, however it got there. */

/**
 * Gives extension `pgtap` and all that belongs to it to `postgres`, who there may move and drop it. It is run by the
 * superuser who made it: what `postgres` makes itself has the default privileges of `postgres`, and pgTAP is for everybody.
 */
export const givePgtapToPostgres = `
  do $$
  declare
    member record;
  begin
    update pg_extension set extowner = 'postgres'::regrole where extname = 'pgtap';
    for member in
      select object.type, object.identity
      from pg_depend, pg_identify_object(classid, objid, objsubid) as object
      where deptype = 'e' and refobjid = (select oid from pg_extension where extname = 'pgtap')
        -- Row types of views and arrays of types go with what they are of.
        and (classid <> 'pg_type'::regclass or objid in (select reltype from pg_class where relkind = 'c'))
    loop
      execute format('alter %s %s owner to postgres', member.type, member.identity);
    end loop;
  end
  $$;`
