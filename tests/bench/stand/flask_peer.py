"""The route GET /board/{count} as an ordinary Flask and SQLAlchemy application over the same
database file: BOARD_DB=… gunicorn -w 2 flask_peer:app. For measuring, not a part of the product."""

import os
import secrets
import string
from datetime import datetime

from flask import Flask, jsonify, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.engine import Engine

LETTERS = string.ascii_letters + string.digits

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///" + os.path.abspath(os.environ["BOARD_DB"])
app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"connect_args": {"timeout": 5}}
db = SQLAlchemy(app)


@event.listens_for(Engine, "connect")
def _durable(connection, _record):
    """As ours: no answer before its row is on the disk."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


class Board(db.Model):
    __tablename__ = "board"
    seq = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String(30))
    content = db.Column(db.String(2000))
    create_date = db.Column(db.DateTime)
    update_date = db.Column(db.DateTime)


class LogApi(db.Model):
    __tablename__ = "log_api"
    seq = db.Column(db.Integer, primary_key=True)
    user_ip = db.Column(db.String(15))
    user_id = db.Column(db.String(30))
    start_time = db.Column(db.DateTime)
    end_time = db.Column(db.DateTime)
    call_url = db.Column(db.String(100))
    call_url_parameter = db.Column(db.String(300))


@app.get("/board/<int:count>")
def board_count(count):
    start = datetime.now()
    rows = [{"seq": row.seq, "title": row.title, "content": row.content,
             "create_date": row.create_date, "update_date": row.update_date}
            for row in Board.query.order_by(Board.seq).limit(count)]
    db.session.add(LogApi(
        user_ip=request.remote_addr, start_time=start, end_time=datetime.now(),
        user_id="".join(secrets.choice(LETTERS) for _ in range(30)), call_url=request.path,
        call_url_parameter=str(count)))
    db.session.commit()
    return jsonify(rows)
