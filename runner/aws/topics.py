"""Tell an SNS topic, with the operator's own credentials: a run's role session is limited to the plan."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from runner.aws.clients import client
from runner.model.arn import Arn
from runner.model.session import Credentials


def publish(topic: str, subject: str, message: str, credentials: Credentials) -> str:
    """Publish a message; return AWS's code or the kind of failure when that did not work, else nothing.

    The operator needs ``sns:Publish`` on the topic.
    """
    try:
        client("sns", Arn.parse(topic).region, credentials).publish(TopicArn=topic, Subject=subject, Message=message)
    except ClientError as error:
        return str(error.response.get("Error", {}).get("Code", "ClientError"))
    except BotoCoreError as error:
        return type(error).__name__
    return ""
