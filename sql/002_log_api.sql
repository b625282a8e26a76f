-- One row a call of /board/{count}. Dates are text in local time, YYYY-MM-DD HH:MM:SS.ffffff.
CREATE TABLE IF NOT EXISTS log_api (
	seq INTEGER NOT NULL,
	user_ip VARCHAR(15),
	user_id VARCHAR(30),
	start_time DATETIME,
	end_time DATETIME,
	call_url VARCHAR(100),
	call_url_parameter VARCHAR(300),
	PRIMARY KEY (seq)
);
