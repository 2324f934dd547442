import type { Node } from 'libpg-query'

type KindOf<Each> = Each extends unknown ? keyof Each : never

/** A kind of node of a syntax tree, such as `FuncCall`. */
export type Kind = KindOf<Node>

/** The node of a kind. */
export type NodeOf<K extends Kind> = Extract<Node, Record<K, unknown>>[K]

/** Calls `visit` for each object below `value`, with the key it stands under: the kinds of nodes, and the names of fields. */
export function walk(value: unknown, visit: (key: string, node: object) => void): void {
  if (Array.isArray(value)) for (const item of value) walk(item, visit)
  else if (typeof value === 'object' && value !== null)
    for (const [key, node] of Object.entries(value)) {
      if (typeof node === 'object' && node !== null && !Array.isArray(node)) visit(key, node)
      walk(node, visit)
    }
}

/** Every node of a kind within `tree`, which may be one itself, in the order in which they are written. */
export function nodesOf<K extends Kind>(tree: unknown, kind: K): NodeOf<K>[] {
  const found: NodeOf<K>[] = []
  walk(tree, (key, node) => {
    if (key === kind) found.push(node as NodeOf<K>)
  })
  return found
}

/** The node itself when it is of that kind. */
export function nodeAs<K extends Kind>(node: Node | undefined, kind: K): NodeOf<K> | undefined {
  return node && kind in node ? (node as Extract<Node, Record<K, unknown>>)[kind] : undefined
}
