import pytest

from tabiji.messaging.channels.email import replies
from tabiji.messaging.channels.email.replies import Kind, Stage

K = Kind
SOMEONE = "misaki@aoba.example"


def kind_of(code: int, text: str, *, recipient: str = SOMEONE, stage: Stage = Stage.RCPT) -> Kind:
    reply = replies.read_reply(code, [text])
    return replies.classify(
        code=code, enhanced=reply.enhanced, text=reply.text, recipient=recipient, stage=stage
    )


# Answers as mail servers of the field give them.
@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (550, "5.1.1 The email account that you tried to reach does not exist.", K.HARD),
        (
            550,
            "5.1.1 <x@aoba.example>: Recipient address rejected: User unknown in local recipient table",
            K.HARD,
        ),
        (550, "5.4.1 Recipient address rejected: Access denied. AS(201806281)", K.HARD),
        (550, "5.2.1 The email account that you tried to reach is inactive.", K.HARD),
        (554, "delivery error: dd This user doesn't have a yahoo.co.jp account (x@yahoo.co.jp) [0]", K.HARD),
        (550, "5.1.2 Host unknown", K.HARD),
        (556, "5.1.10 Recipient address has null MX", K.HARD),
        (550, "Requested action not taken: mailbox unavailable", K.HARD),
        (551, "User not local", K.HARD),
        (550, "", K.HARD),
        (552, "5.2.2 The email account that you tried to reach is over quota.", K.FULL),
        (452, "4.2.2 The recipient's inbox is out of storage space and full.", K.FULL),
        (552, "Requested mail action aborted: exceeded storage allocation", K.FULL),
        (552, "5.3.4 Message size exceeds fixed limit", K.TOO_LARGE),
        (552, "Error: message size exceeds fixed maximum message size", K.TOO_LARGE),
        (550, "5.7.26 This mail has been blocked because the sender is unauthenticated.", K.BLOCK),
        (554, "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", K.BLOCK),
        (550, "5.7.1 Unable to relay", K.BLOCK),
        (553, "sorry, that domain isn't in my list of allowed rcpthosts", K.BLOCK),
        (554, "Transaction failed", K.BLOCK),
        (451, "4.7.1 Greylisted, see http://postgrey.example/help", K.GREYLISTED),
        (
            450,
            "4.2.0 Recipient address rejected: Graylisting in action, try again in 5 minutes",
            K.GREYLISTED,
        ),
        (421, "4.7.28 Our system has detected an unusual rate of unsolicited mail", K.RATE),
        (421, "Too many connections from your host", K.RATE),
        (450, "4.2.1 Mailbox temporarily unavailable", K.SOFT),
        (451, "Requested action aborted: local error in processing", K.SOFT),
        (452, "4.3.1 Insufficient system storage", K.SOFT),
        (502, "Command not implemented", K.OTHER),
    ],
)
def test_an_answer_to_rcpt_gets_its_kind(code: int, text: str, kind: Kind) -> None:
    assert kind_of(code, text) is kind


@pytest.mark.parametrize("recipient", ["a..b@docomo.ne.jp", "x@ezweb.ne.jp", "x@au.com", "x@softbank.ne.jp"])
def test_550_of_a_carrier_is_unknown_or_refused(recipient: str) -> None:
    assert kind_of(550, "Unknown user", recipient=recipient) is K.UNKNOWN_USER_OR_REFUSED
    assert kind_of(550, "5.1.1 User unknown", recipient=recipient) is K.UNKNOWN_USER_OR_REFUSED
    assert kind_of(550, "", recipient=recipient) is K.UNKNOWN_USER_OR_REFUSED


def test_docomo_says_too_much_mail_data_for_a_full_mailbox() -> None:
    assert kind_of(552, "Too much mail data", recipient="x@docomo.ne.jp") is K.FULL


def test_a_refused_sender_says_nothing_about_the_recipient() -> None:
    assert kind_of(550, "5.1.8 Sender address rejected: Domain not found", stage=Stage.MAIL) is K.SENDER
    assert kind_of(550, "5.1.1 User unknown", stage=Stage.MAIL) is K.SENDER
    assert kind_of(553, "5.1.8 Sender domain must exist", stage=Stage.RCPT) is K.SENDER
    assert kind_of(550, "5.7.1 Your IP is blacklisted", stage=Stage.MAIL) is K.BLOCK


def test_a_refusal_after_the_dot_is_about_the_mail_unless_it_names_the_user() -> None:
    assert kind_of(550, "Requested action not taken", stage=Stage.DOT) is K.BLOCK
    assert kind_of(554, "5.6.0 Message contains invalid header", stage=Stage.DOT) is K.BLOCK
    assert kind_of(550, "5.1.1 User unknown", stage=Stage.DOT) is K.HARD


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Greylisted for 300 seconds", 300),
        ("try again in 5 minutes", 300),
        ("retry in 2 hours", 7200),
        ("come back in 99999 h", 86400),
        ("greylisted", 300),
    ],
)
def test_the_wait_is_what_the_far_side_asked_for(text: str, seconds: int) -> None:
    assert replies.retry_after_s(K.GREYLISTED, text) == seconds


def test_a_reply_of_several_lines_is_one_text_with_its_enhanced_code() -> None:
    reply = replies.read_reply(550, ["5.1.1 The account", "5.1.1 does not exist. ", ""])

    assert (reply.enhanced, reply.text) == ("5.1.1", "The account does not exist.")
