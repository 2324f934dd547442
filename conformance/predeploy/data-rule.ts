/** The name by which a comment lets pass what is said of rows at a target: see `static/suppressions.ts`. */
export const DATA_RULE = 'data/rows'
