-- The question of another asker, whose answer the cache had. Who it was is not known any more: only what the asker wrote stays.
UPDATE "answers" SET "cached" = "cached" - 'question' WHERE "cached"->>'question' <> "question";
