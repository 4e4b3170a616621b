"""What the word at the head of a log record means, in the languages that servers of 14 to 18 have catalogues in.

The server translates it in the stderr and csvlog formats, session by session, and writes it in the session's encoding.
A word that is not known here says nothing: then only the SQLSTATE does.
"""

from __future__ import annotations

from functools import cache
from typing import Final, Literal

from tui.postgres.logs.record import decoded, spelled_out

Meaning = Literal["message", "warning", "error", "panic", "part"]
"""`message`: LOG, INFO, NOTICE, DEBUG; `error`: ERROR and FATAL; `part`: DETAIL and what else follows a record."""

_WORDS: Final[dict[Meaning, str]] = {
    "message": (
        "LOG ჟურნალი 로그 СООБЩЕНИЕ LOGG ЗАПИСУВАННЯ 日志 DZIENNIK "
        "INFO ინფორმაცია 정보 ИНФОРМАЦИЯ ІНФОРМАЦІЯ 信息 INFORMACJA BİLGİ "
        "NOTICE HINWEIS NOTIFICA გაფრთხილება 알림 ЗАМЕЧАНИЕ NOTIS ПОВІДОМЛЕННЯ 注意 NOTA UWAGA "
        "DEBUG DEBUG1 DEBUG2 DEBUG3 DEBUG4 DEBUG5 გამართვა 디버그 ОТЛАДКА НАЛАГОДЖЕННЯ 调试 DEPURAÇÃO"
    ),
    "warning": (
        "WARNING WARNUNG ATTENTION ATTENZIONE 경고 ПРЕДУПРЕЖДЕНИЕ VARNING ПОПЕРЕДЖЕННЯ 警告 OSTRZEŻENIE AVISO UYARI"
    ),
    "error": (
        "ERROR FEHLER ERREUR ERRORE შეცდომა 오류 ОШИБКА FEL ПОМИЛКА 错误 BŁĄD ERRO HATA "
        "FATAL FATALE ფატალური 치명적오류 ВАЖНО FATALT ФАТАЛЬНО 致命错误 KATASTROFALNY ÖLÜMCÜL"
    ),
    "panic": "PANIC PANIK PANICO პანიკა 손상 ПАНИКА ПАНІКА 比致命错误还过分的错误 PANIKA PÂNICO",
    "part": (
        "DETAIL DETALLE DÉTAIL DETTAGLI 詳細 დეტალები 상세정보 ПОДРОБНОСТИ DETALJ ВІДОМОСТІ 详细信息 "
        "HINT TIPP ASTUCE SUGGERIMENTO ヒント მინიშნება 힌트 ПОДСКАЗКА TIPS УКАЗІВКА 提示 "
        "QUERY ANFRAGE CONSULTA REQUÊTE 問い合わせ მოთხოვნა ЗАПРОС FRÅGA ЗАПИТ 查询 "
        "CONTEXT ZUSAMMENHANG CONTEXTO CONTEXTE CONTESTO 文脈 კონტექსტი 내용 КОНТЕКСТ KONTEXT 上下文 "
        "LOCATION BACKTRACE バックトレース სტეკი 역추적 СТЕК ВІДСТЕЖУВАТИ "
        "STATEMENT ANWEISUNG SENTENCIA INSTRUCTION ISTRUZIONE 文 ოპერატორი ОПЕРАТОР SATS ІНСТРУКЦІЯ 语句 COMANDO"
    ),
}
_ENCODINGS: Final = (
    "utf-8", "latin-1", "iso8859-2", "iso8859-5", "iso8859-9", "cp1250", "cp1251", "cp1252", "cp1254", "cp866",
    "koi8-r", "koi8-u", "euc_jp", "euc_kr", "gb2312",
)  # fmt: skip
"""Of those that a database can have, the ones in which some word above can be written."""


@cache
def _known() -> dict[str, Meaning]:
    found: dict[str, Meaning] = {}
    for meaning, words in _WORDS.items():
        for word in words.split():
            for encoding in _ENCODINGS:
                try:
                    found[spelled_out(decoded(word.encode(encoding)))] = meaning
                except UnicodeEncodeError:
                    continue
    return found


def words_of(*meanings: Meaning) -> list[str]:
    """All words of these meanings as a log may have them."""
    return [word for word, found in _known().items() if found in meanings]


def meaning(word: str) -> Meaning | None:
    """What a record's severity means, as the log has it; None for one that no catalogue has."""
    # French puts a blank before the colon, which in some encodings is no text.
    return _known().get(word.removesuffix("\\xa0"))
