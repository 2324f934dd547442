/** Pieces of SQL that write SQL. */

/** A banner that starts a part of the text. */
export function section(title: string): string {
  const rule = `-- ${'='.repeat(97)}`
  return `\n${rule}\n-- ${title}\n${rule}`
}

/**
 * An expression: the grants on an object, one statement per grantee in a line of its own; NULL when there is none. The
 * owner's are left out: the owner may do everything anyway. `kind` is aclitem's letter of the object, `acl` the column
 * that holds its privileges (NULL stands for Postgres' default), `owner` the column with its owner, `name` an expression.
 */
export function grants(kind: 'n' | 'r' | 'f', acl: string, owner: string, name: string): string {
  return `(
    select string_agg(format('grant %s on %s to %s;', g.privileges, ${name}, g.grantee), e'\\n' order by g.grantee collate "C")
    from (
      select coalesce(r.rolname, 'public') as grantee,
             string_agg(lower(a.privilege_type), ', ' order by a.privilege_type collate "C") as privileges
      from aclexplode(coalesce(${acl}, acldefault('${kind}', ${owner}))) as a
      left join pg_catalog.pg_roles as r on r.oid = a.grantee
      where a.grantee <> ${owner}
      group by 1
    ) as g
  )`
}
