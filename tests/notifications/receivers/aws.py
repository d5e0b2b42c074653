"""AWS: what stands between boto3 and moto's server, which does the work; it goes wrong when a test wants it to."""

import http.client
from urllib.parse import urlsplit

from .server import Behaviour, Handler, Receiver, refuse


class Aws(Receiver):
    """`taken`: the bodies of the requests that moto carried out."""

    def __init__(self, behind: str) -> None:
        super().__init__()
        self.behind = urlsplit(behind).netloc

    def take(self, request: Handler) -> None:
        """Pass it on, and what is answered back."""
        there = http.client.HTTPConnection(self.behind, timeout=10)
        there.request("POST", request.path, request.body, dict(request.headers.items()))
        answer = there.getresponse()
        said = answer.read()
        there.close()
        if answer.status == 200:
            self.taken.append(request.body)
        request.answer(answer.status, said, Content_Type=answer.headers["Content-Type"])


def refuse_query(status: int, code: str, said: str, **headers: str) -> Behaviour:
    """An error of SNS, which speaks XML."""
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{said}</Message></Error>"
    body = f'<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">{error}</ErrorResponse>'
    return refuse(status, body, Content_Type="text/xml", **headers)


def refuse_json(status: int, code: str, said: str, **headers: str) -> Behaviour:
    """An error of SES v2, which speaks JSON."""
    return refuse(status, {"message": said}, Content_Type="application/json", x_amzn_ErrorType=code, **headers)
