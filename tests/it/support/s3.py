"""A storage that speaks S3 (moto), and an independent look into it (boto3), for one test.

    s3.py [CERTIFICATE KEY]

Prints one line of JSON with its port and keys, then answers each line on standard input with one of JSON. Ends when
its input does, so it never outlives the test. Requests are held against their signatures.
"""

import base64
import json
import os
import sys
import threading

# User, key, policy and bucket are made before anybody is asked who they are.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "4"
os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402
from moto.moto_server.werkzeug_app import (  # noqa: E402
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server  # noqa: E402

BUCKET = "acme-backups"


def main():
    tls = tuple(sys.argv[1:3]) if len(sys.argv) > 2 else None
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server(
        "127.0.0.1", 0, application, True, request_handler=MotoRequestHandler, ssl_context=tls
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    url = f"{'https' if tls else 'http'}://localhost:{port}"

    def client(service, access="none", secret="none"):
        # Large bodies without waiting for a 100.
        return boto3.client(
            service,
            endpoint_url=url,
            aws_access_key_id=access,
            aws_secret_access_key=secret,
            verify=sys.argv[1] if tls else None,
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
        )

    iam = client("iam")
    iam.create_user(UserName="holdfast")
    key = iam.create_access_key(UserName="holdfast")["AccessKey"]
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_user_policy(UserName="holdfast", PolicyName="all", PolicyDocument=json.dumps(everything))
    client("s3").create_bucket(Bucket=BUCKET)
    s3 = client("s3", key["AccessKeyId"], key["SecretAccessKey"])

    def say(value):
        print(json.dumps(value), flush=True)

    say({"port": port, "access_key": key["AccessKeyId"], "secret_key": key["SecretAccessKey"]})
    for line in sys.stdin:
        ask = json.loads(line)
        what, name = ask["what"], ask.get("key", "")
        if what == "all":
            found = {}
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
                for one in page.get("Contents", []):
                    body = s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read()
                    found[one["Key"]] = base64.b64encode(body).decode()
            say(found)
        elif what == "put":
            s3.put_object(Bucket=BUCKET, Key=name, Body=base64.b64decode(ask["body"]))
            say(None)
        elif what == "begin":
            s3.create_multipart_upload(Bucket=BUCKET, Key=name)
            say(None)
        elif what == "uploads":
            say([one["Key"] for one in s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])])
        elif what == "versions":
            s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
            say(None)


main()
