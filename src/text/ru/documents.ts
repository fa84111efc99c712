import type { DocumentConventions } from '../knowledge.ts'
import { legacyEncodings } from './encodings.ts'

export const documents: DocumentConventions = {
  headingKinds: ['глава', 'часть', 'раздел', 'приложение'],
  wroteWords: ['писал(?:а|\\(а\\))?', 'написал(?:а|\\(а\\))?', 'пишет'],
  originalMessage: ['(?:исходное|пересланное|пересылаемое) сообщение'],
  replyPrefixes: ['ответ', 'отв', 'пересл'],
  labelFields: ['название', 'имя', 'заголовок'],
  keepsHyphenBefore: ['то', 'либо', 'нибудь', 'таки', 'ка', 'де', 'с'],
  keepsHyphenAfter: ['кое', 'кой'],
  placeholderTitles: new Set(['без имени', 'презентация powerpoint']),
  generatedDescriptions: ['создано автоматически', 'автоматически созданное'],
  headingStyles: ['заголовок'],
  contentsStyles: ['оглавление'],
  legacyEncodings,
}
