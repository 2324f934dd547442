/** What a verb has to show beside findings: a table, a chart, some lines. Every form shows it in its own way. */
import { z } from 'zod'

const amount = z.string().regex(/^-?\d+(\.\d+)?$/)

export const SectionSchema = z.object({
  title: z.string().min(1),
  lines: z.array(z.string()).exactOptional().describe('What is to be said, a sentence a line.'),
  columns: z
    .array(z.object({ name: z.string(), isNumber: z.boolean().exactOptional() }))
    .exactOptional()
    .describe('The heads of a table.'),
  rows: z.array(z.array(z.string())).exactOptional().describe('As many cells as there are columns.'),
  chart: z
    .object({
      kind: z
        .enum(['bars', 'steps'])
        .describe('`bars`: a bar a name and series; `steps`: values from a moment on.'),
      caption: z.string().min(1),
      unit: z.string().min(1),
      points: z.array(z.object({ series: z.string(), at: z.string(), value: amount })),
    })
    .exactOptional()
    .describe('The same as a picture. Amounts are exact here, and rounded in the picture alone.'),
})

/** A part of a report that is no finding. */
export type Section = Readonly<z.infer<typeof SectionSchema>>
