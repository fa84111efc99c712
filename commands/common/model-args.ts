import { string } from '@oclif/core/args'

/** A model of the hub. */
export const hubModel = {
  model: string({ required: true, ignoreStdin: true, description: 'org/name[@revision][:variant]' }),
}

/** Any model. */
export const anyModel = {
  model: string({
    required: true,
    ignoreStdin: true,
    description: 'builtin, org/name[@revision][:variant], or a folder',
  }),
}
