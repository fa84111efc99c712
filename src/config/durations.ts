/** Duration settings, with their upper limits. */
import { z } from 'zod'

export const minutes = (least: number) => z.number().min(least).max(525_600)
export const milliseconds = (least: number) => z.int().min(least).max(86_400_000)
