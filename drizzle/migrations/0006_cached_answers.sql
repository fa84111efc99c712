CREATE TABLE "cached_answers" (
	"principal" text NOT NULL,
	"answer_id" text NOT NULL,
	"partition" text NOT NULL,
	"embedding" vector NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"used_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "cached_answers_principal_answer_id_pk" PRIMARY KEY("principal","answer_id")
);
--> statement-breakpoint
ALTER TABLE "collections" ADD COLUMN "cache" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "cached_answers" ADD CONSTRAINT "cached_answers_answer" FOREIGN KEY ("principal","answer_id") REFERENCES "public"."answers"("principal","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "cached_answers_partition" ON "cached_answers" USING btree ("partition");--> statement-breakpoint
CREATE INDEX "cached_answers_used" ON "cached_answers" USING btree ("used_at");