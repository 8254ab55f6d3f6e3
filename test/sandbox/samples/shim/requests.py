"""As much of the package `requests` as MyPit's sample program uses, for machines that do not have it."""

import json as text
import urllib.error
import urllib.request


class Response:
    def __init__(self, status, body):
        self.ok = status < 400
        self.body = body

    def json(self):
        return text.loads(self.body)


class Session:
    def __init__(self):
        self.headers = {}

    def get(self, url):
        return self._send(urllib.request.Request(url, headers=self.headers))

    def post(self, url, json=None):
        return self._send(urllib.request.Request(url, text.dumps(json).encode(), self.headers, method="POST"))

    def _send(self, request):
        try:
            with urllib.request.urlopen(request) as answer:
                return Response(answer.status, answer.read())
        except urllib.error.HTTPError as refused:
            return Response(refused.code, refused.read())
