"""The board as an ordinary Flask and SQLAlchemy application: the service that ours replaces, cut to
the routes whose answers can be compared. It makes its file, and reads and writes ours."""

import secrets
import string
from datetime import datetime

from flask import Flask, jsonify, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.pool import NullPool

LETTERS = string.ascii_letters + string.digits


def make(path, is_autoincrement=False):
    """An application over the file at `path`; the file and its tables are made where missing."""
    app = Flask("flask_board")
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{path}"
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"poolclass": NullPool,
                                               "connect_args": {"timeout": 10}}
    db = SQLAlchemy(app)
    options = {"sqlite_autoincrement": is_autoincrement}

    class Board(db.Model):
        __tablename__ = "board"
        __table_args__ = options
        seq = db.Column(db.Integer, primary_key=True)
        title = db.Column(db.String(30))
        content = db.Column(db.String(2000))
        create_date = db.Column(db.DateTime)
        update_date = db.Column(db.DateTime)

    class LogApi(db.Model):
        __tablename__ = "log_api"
        __table_args__ = options
        seq = db.Column(db.Integer, primary_key=True)
        user_ip = db.Column(db.String(15))
        user_id = db.Column(db.String(30))
        start_time = db.Column(db.DateTime)
        end_time = db.Column(db.DateTime)
        call_url = db.Column(db.String(100))
        call_url_parameter = db.Column(db.String(300))

    def as_dict(row):
        return {column.name: getattr(row, column.name) for column in row.__table__.columns}

    @app.get("/board")
    def board_all():
        return jsonify([as_dict(row) for row in Board.query.order_by(Board.seq)])

    @app.get("/board/<int:count>")
    def board_count(count):
        start = datetime.now()
        rows = [as_dict(row) for row in Board.query.order_by(Board.seq).limit(count)]
        db.session.add(LogApi(
            user_ip=request.remote_addr, start_time=start, end_time=datetime.now(),
            user_id="".join(secrets.choice(LETTERS) for _ in range(30)),
            call_url=request.path, call_url_parameter=str(count)))
        db.session.commit()
        return jsonify(rows)

    @app.get("/log")
    def log_all():
        return jsonify([as_dict(row) for row in LogApi.query.order_by(LogApi.seq)])

    def fill(texts):
        db.session.bulk_insert_mappings(Board, [
            {"title": text[:30], "content": text,
             "create_date": datetime(2024, 2, 29, 12, 0, n % 60, n),
             "update_date": None if n % 7 == 0 else datetime(2024, 6, 1, n % 24, 30)}
            for n, text in enumerate(texts)])
        db.session.commit()

    app.board_fill = fill
    with app.app_context():
        db.create_all()
    return app
