using System.Collections.Frozen;

namespace Orleans.Kpl.Administration;

/// <summary>The meaning of a record's error code, and the advice for it. One table for explanations and for docs/errors.md.</summary>
/// <param name="Group">The heading that the code stands under.</param>
internal sealed record ErrorAdvice(string Code, string Group, string Meaning, string Advice)
{
    private const string Shards = "Shards and limits";
    private const string Network = "The way to Kinesis";
    private const string Rights = "Rights, keys and credentials";
    private const string Records = "Records";
    private const string Process = "The process";

    /// <summary>The advice for codes without a row.</summary>
    public static ErrorAdvice Other { get; } = new(
        "", "", "Kinesis answered with a code that this version does not know. The record was retried.",
        "Read the message, and Kinesis' documentation for the code. If it lasts, it is a matter for AWS' support.");

    /// <summary>All rows, group by group.</summary>
    public static IReadOnlyList<ErrorAdvice> All { get; } =
    [
        new(RecordErrorCodes.Throttled, Shards, "The shard's limit of 1,000 records or 1 MiB a second was exceeded, by this producer or by others. Without attempts: the shard stayed full, and a tier did not accept the record.",
            "Explain the key: above a utilisation of 0.8 split the shard. With a foreign share, find the other writers or send them through the tier."
            + " If one key is the load, spread that key: no split divides it."),
        new(RecordErrorCodes.Expired, Shards, "The time-to-live (`RecordTtl`) ended before the record was delivered.",
            "Look at the attempts, with `kpl explain`. Throttled: the stream needs more shards. No attempt: the shard was full, the process was out of memory or processor time, or the stream's calls failed, as the message tells."
            + " Failed calls: repair the way to Kinesis; one without an answer may have delivered the record. `AckLevel` Persisted or `HighWaterMode` Spill keep records through outages."),
        new(RecordErrorCodes.Dropped, Shards, "Memory, or the record's shard, was full and `HighWaterMode` is Drop. The record was never accepted.",
            "Put less, add shards, or raise `MaxOutstandingBytes`. `HighWaterMode` Block makes callers wait, Spill uses the backlog."),
        new(RecordErrorCodes.WrongShard, Shards, "A Kinesis record landed in a shard whose consumers would drop it, and was sent again.",
            "Nothing during a reshard: records are sent again until they are right. If it lasts, read the shards again with POST …/refresh."),
        new("LimitExceededException", Shards, "The account makes more calls of this kind than AWS allows.", "Nothing for records: they are retried. If it lasts, see which programs of the account call Kinesis."),
        new("ThrottlingException", Shards, "AWS slows the account's calls down.", "Nothing: calls are retried. If it lasts, see which programs of the account call Kinesis."),
        new("ResourceInUseException", Shards, "The stream is being changed.", "Wait until it is ACTIVE."),
        new(RecordErrorCodes.ResourceNotFound, Shards, "The stream does not exist in this account and region.",
            "Check the stream's name, the region and the account (`kpl check`). Streams are never created here."),

        new(RecordErrorCodes.ConnectionFailed, Network, "No connection could be made; nothing was sent.",
            "Check that something listens at the endpoint (`Kpl:Kinesis:EndpointUrl`), then DNS, security groups, the VPC endpoint and proxies. `kpl check` tries each step."),
        new(RecordErrorCodes.ConnectionLost, Network, "The connection ended before the answer was whole. Kinesis may have the records.",
            "Nothing, where it comes once in a while. If it lasts, look whether the endpoint restarts, and at NAT gateways and proxies that cut idle or long connections."),
        new(RecordErrorCodes.RequestTimeout, Network, "No answer came within `RequestTimeout`. Kinesis may have the records.",
            "Check that the endpoint answers (`kpl check`), then the network's bandwidth and the CPU of this process. Raise `RequestTimeout` on slow links; retries may make duplicates."),
        new(RecordErrorCodes.InvalidAnswer, Network, "The answer is none of Kinesis', or tells nothing of the record. Something between may have made it. Kinesis may have the records.",
            "Find the proxy or the portal on the way: `curl` the endpoint from this machine."),
        new(RecordErrorCodes.RecordCountMismatch, Network, "Kinesis answered for another number of records than were sent. It may have them or not.",
            "Put the records again if duplicates are harmless. Tell AWS' support: the service should never do so."),
        new("InternalFailure", Network, "Kinesis failed by itself. It may have the record.", "Nothing: it is retried. If it lasts, look at the AWS Health Dashboard."),
        new("ServiceUnavailable", Network, "Kinesis does not answer requests now.", "Nothing: it is retried. If it lasts, look at the AWS Health Dashboard."),
        new("HTTP 500", Network, "Something on the way, or Kinesis, failed without a code of its own. Kinesis may have the records.", "If it lasts, look at proxies on the way and at the AWS Health Dashboard."),
        new("HTTP 502", Network, "A proxy or load balancer got no good answer from Kinesis, which may have the records.", "Look at the proxy on the way."),
        new("HTTP 503", Network, "A proxy or load balancer, or Kinesis, is overloaded.", "Look at the proxy on the way and at the AWS Health Dashboard."),
        new("HTTP 504", Network, "A proxy or load balancer waited too long for Kinesis, which may have the records.", "Look at the proxy on the way, and at its time-out."),
        new("HTTP 413", Network, "The request was too large for something on the way.", "Raise the limit of the proxy on the way, or lower `CollectionMaxSize`."),
        new("RequestEntityTooLargeException", Network, "The request was too large for the service.", "Lower `CollectionMaxSize`."),

        new("AccessDeniedException", Rights, "The identity may not put to this stream.",
            "Grant kinesis:PutRecords (PutRecord where `Ordered` is PutRecord), ListShards and DescribeStreamSummary: deploy/aws/policies has them. Records wait meanwhile."),
        new("ExpiredTokenException", Rights, "The session's credentials are over, and no new ones came.", "Renew the session, or mend what refreshes it: role, web identity token, instance metadata."),
        new("UnrecognizedClientException", Rights, "AWS does not know the access key.", "Check the access key, and that it belongs to this partition and region."),
        new("InvalidSignatureException", Rights, "The signature does not match: a wrong secret, or a clock that is off.", "Check the secret key and the clock (NTP). A proxy that rewrites Host breaks signatures too."),
        new(RecordErrorCodes.CredentialsUnavailable, Rights, "There are no credentials to sign with; nothing was sent.", "Give the process a role, or keys in `Kpl:Kinesis` or the environment. `kpl check` shows where it looked."),
        new("KMSThrottlingException", Rights, "KMS slows the account's calls down.", "Nothing for records: they are retried. If it lasts, ask for a higher KMS quota."),
        new("KMSDisabledException", Rights, "The stream's key is disabled.", "Enable the key in KMS. Records wait meanwhile."),
        new("KMSInvalidStateException", Rights, "The stream's key cannot be used in its state, such as pending deletion.", "Cancel the key's deletion, or give the stream another key."),
        new("KMSAccessDeniedException", Rights, "The identity may not use the stream's key.", "Grant kms:GenerateDataKey on the key."),
        new("KMSNotFoundException", Rights, "The stream's key does not exist.", "Give the stream another key."),
        new("KMSOptInRequired", Rights, "The account may not use KMS.", "Subscribe the account to KMS."),

        new(RecordErrorCodes.InvalidPartitionKey, Records, "The partition key is null, empty or longer than 256 UTF-16 code units.", "Mend the caller: a key has 1 to 256 code units."),
        new(RecordErrorCodes.InvalidExplicitHashKey, Records, "The explicit hash key is no number from 0 to 2^128 − 1.", "Mend the caller: a decimal number, or none at all."),
        new(RecordErrorCodes.RecordTooLarge, Records, "Key and data together are larger than the stream's record limit, or than `MaxUserRecordSize`.", "Make the record smaller, or raise the lower of the two limits: the stream's in Kinesis (up to 10 MiB)."),
        new(RecordErrorCodes.InvalidStream, Records, "The stream is no name and no ARN that Kinesis could have.", "Mend the caller: a name of 1 to 128 letters, digits, `_`, `.` or `-`, or an ARN."),
        new("ValidationException", Records, "Kinesis refuses the record itself: its neighbours went on without it.", "Read the message: it names what is wrong. Put the record again when it is mended."),
        new("SerializationException", Records, "Kinesis could not read the request with this record.", "If all records fail so, look for a proxy that changes bodies. Else keep the record and report it as a defect."),
        new("InvalidArgumentException", Records, "Kinesis refuses an argument of the request.", "Read the message: it names what is wrong."),
        new(RecordErrorCodes.NotSupported, Records, "What was asked for is not in this version, or not in this process.", "Read the message: it names the setting or the process that is needed."),

        new(RecordErrorCodes.BacklogFull, Process, "The backlog has no space, and the record was not delivered in time; a call without an answer may have delivered it.", "Raise `BacklogMaxBytes`, free the disk or the table, and find out why the backlog grows."),
        new(RecordErrorCodes.Shutdown, Process, "The producer was stopped before the record was delivered. Unknown where a call, or a write to the backlog, was under way.", "Put it again in the next process; where it is Unknown, that may make a duplicate. A longer `DrainTimeout`, or a backlog, keeps such records."),
        new(RecordErrorCodes.OwnerLost, Process, "A silo that had the record was lost, or did not answer for too long, before it told the outcome. Kinesis may have the record.", "Put it again if duplicates are harmless. Ordered streams carry numbers by which consumers drop them."),
        new(RecordErrorCodes.LeaseLost, Process, "An attempt was not made: the silo could not renew its lease, so another one may own the shard.", "Nothing, where it comes once in a while. If it lasts, look at DynamoDB's throttles and the silo's pauses."),
        new(RecordErrorCodes.Canceled, Process, "The caller stopped waiting for memory while part of its batch was accepted; this record was not.", "Put it again. If it happens often, memory is too small for the load, or shards are full."),
        new(RecordErrorCodes.LeftOut, Process, "No attempt, but a row of them between the first and the latest ones.", "Read the attempts before and after it."),
    ];

    private static readonly FrozenDictionary<string, ErrorAdvice> ByCode = All.ToFrozenDictionary(static a => a.Code, StringComparer.Ordinal);

    /// <summary>Returns the row of a code; <see cref="Other"/> where it has none.</summary>
    public static ErrorAdvice Of(string code) => ByCode.GetValueOrDefault(code, Other);
}
