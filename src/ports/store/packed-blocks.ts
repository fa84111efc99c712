import { z } from 'zod'
import { BLOCK_KINDS } from '../../domain/block.ts'
import type { PackedBlocks } from '../../domain/packed-blocks.ts'

const offset = z.int().min(0)
const span = z.tuple([offset, offset])

export const packedBlocksSchema: z.ZodType<PackedBlocks> = z.object({
  paths: z.array(z.array(z.string())),
  blocks: z.array(
    z.tuple([z.enum(BLOCK_KINDS), offset, offset, offset, z.int().nullable(), span.nullable()], span),
  ),
  gap: z.string().optional(),
})
