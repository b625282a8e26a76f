-- The posts. Column for column what SQLAlchemy's create_all makes of the model, so that either
-- service opens the other's file. No index: rows are only ever read in the order of their key.
CREATE TABLE IF NOT EXISTS board (
	seq INTEGER NOT NULL,
	title VARCHAR(30),
	content VARCHAR(2000),
	create_date DATETIME,
	update_date DATETIME,
	PRIMARY KEY (seq)
);
