CREATE TABLE "token_use" (
	"subject" text NOT NULL,
	"day" date NOT NULL,
	"tokens" bigint NOT NULL,
	CONSTRAINT "token_use_subject_day_pk" PRIMARY KEY("subject","day")
);
