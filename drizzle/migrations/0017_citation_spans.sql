-- Citations that quote several spans, such as a table's header and a row.
ALTER TABLE "citations" ADD COLUMN "spans" jsonb;