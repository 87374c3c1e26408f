using System.Globalization;

namespace Orleans.Kpl.Aws.Checking;

/// <summary>Concludes what to tell about one stream. Pure: a function of what was observed.</summary>
internal sealed class StreamLines(StreamFindings findings, string? obstacle)
{
    /// <summary>Records that a shard takes in a second (AWS, "Quotas and limits"); 1 MiB/s beside them.</summary>
    private const int RecordsPerShard = 1000;

    private const string CheckAgain = "check again: other callers use the account's or the stream's calls up";

    /// <param name="findings">What was observed.</param>
    /// <param name="obstacle">Why nothing could be asked; null where Kinesis answered.</param>
    public static IEnumerable<KplCheckLine> Of(StreamFindings findings, string? obstacle)
    {
        var lines = new StreamLines(findings, obstacle);
        return
        [
            .. lines.Credentials(), lines.Stream(), lines.Describing(), lines.Listing(), lines.Putting(), lines.Limits(),
        ];
    }

    private IEnumerable<KplCheckLine> Credentials()
    {
        const string name = "credentials";
        if (findings.OwnSource is not { } source)
            yield break;
        if (findings.CredentialError is not { } error)
        {
            yield return findings.Answers.Any()
                ? ProcessLines.Accepted(source, findings.Answers) with { Stream = findings.Stream }
                : Line(name, KplCheckStatus.NotChecked, $"{source}: {obstacle}");
        }
        else if (findings.HasRole)
            yield return Line(name, KplCheckStatus.Failed, $"{source} cannot be assumed: {error}", "allow sts:AssumeRole on it, and let its trust policy name this caller");
        else
            yield return Line(name, KplCheckStatus.Failed, error, "mend what the stream's Credentials are in code, or what they ask");
    }

    private KplCheckLine Stream()
    {
        const string name = "stream";
        if (obstacle is not null)
            return Line(name, KplCheckStatus.NotChecked, obstacle);
        if (findings.IsMissing)
            return Line(name, KplCheckStatus.Failed, "Kinesis does not know it", "create it, or check its name, the region and the account of the credentials");
        if (findings.Summary.Code == RecordErrorCodes.InvalidStream)
            return Line(name, KplCheckStatus.Failed, findings.Summary.Message, "give a stream's name, or an ARN of this region");
        return findings.Description?.Status switch
        {
            "ACTIVE" => Line(name, KplCheckStatus.Passed, "it is ACTIVE"),
            "UPDATING" => Line(name, KplCheckStatus.Passed, "it is UPDATING: its shards are changing, and records are taken"),
            "CREATING" => Line(name, KplCheckStatus.Failed, "it is CREATING: records wait until it is ACTIVE", "check again in a minute"),
            "DELETING" => Line(name, KplCheckStatus.Failed, "it is DELETING: whatever it takes is lost", "create it again when it is gone, or use another one"),
            { } other => Line(name, KplCheckStatus.NotChecked, $"its status is {other}"),
            null when findings.Shards.Kind == CheckAnswerKind.Success => Line(name, KplCheckStatus.Passed, "it is there; its status could not be read"),
            null => Line(name, KplCheckStatus.NotChecked, "neither its summary nor its shards could be read"),
        };
    }

    private KplCheckLine Describing() => Right(
        "kinesis:DescribeStreamSummary", findings.Summary, "without it records of at most 1 MiB are assumed, and a stream that was created anew is noticed later");

    private KplCheckLine Listing() =>
        Right("kinesis:ListShards", findings.Shards, "without it records travel alone, without aggregation");

    private KplCheckLine Putting() =>
        Right(findings.PutsAlone ? "kinesis:PutRecord" : "kinesis:PutRecords", findings.Put, "without it no record is delivered");

    /// <summary>Tells whether the caller may do something. What it was told instead of doing it may tell that too.</summary>
    private KplCheckLine Right(string action, CheckAnswer answer, string without)
    {
        var isPut = action.StartsWith("kinesis:PutRecord", StringComparison.Ordinal);
        if (obstacle is not null)
            return Line(action, KplCheckStatus.NotChecked, obstacle);
        if (isPut && findings.IsMissing)
            return Line(action, KplCheckStatus.NotChecked, "there is no such stream");
        return answer.Kind switch
        {
            CheckAnswerKind.Success when isPut => Line(
                action, KplCheckStatus.NotChecked, "this endpoint took a hash key that Kinesis refuses, so it does not tell; a record with key kpl-check is in the stream"),
            CheckAnswerKind.Success => Line(action, KplCheckStatus.Passed, "allowed"),
            CheckAnswerKind.ArgumentRefused when isPut => Line(action, KplCheckStatus.Passed, "allowed; asked with a record that no shard can take, so nothing was written"),
            CheckAnswerKind.Denied => Line(action, KplCheckStatus.Failed, $"denied: {answer.Message}", $"allow {action} on the stream: {without}"),
            CheckAnswerKind.KeyRefused => Line(
                action, KplCheckStatus.Failed, $"the stream's encryption key cannot be used: {answer.Code}: {answer.Message}",
                "enable the key, and allow kms:GenerateDataKey on it"),
            CheckAnswerKind.StreamMissing => Line(action, KplCheckStatus.NotChecked, "there is no such stream"),
            CheckAnswerKind.SignatureRefused => Line(action, KplCheckStatus.NotChecked, $"the credentials are refused: {answer.Code}"),
            CheckAnswerKind.Throttled => Line(action, KplCheckStatus.NotChecked, $"the question was throttled: {answer.Code}", CheckAgain),
            CheckAnswerKind.NotAsked => Line(action, KplCheckStatus.NotChecked, "it was not asked"),
            CheckAnswerKind.Unreachable => Line(action, KplCheckStatus.NotChecked, $"no answer: {answer.Code}: {answer.Message}", "check again"),
            _ => Line(action, KplCheckStatus.NotChecked, $"answered with {answer.Code}: {answer.Message}"),
        };
    }

    private KplCheckLine Limits()
    {
        const string name = "limits";
        if (obstacle is not null)
            return Line(name, KplCheckStatus.NotChecked, obstacle);
        if (findings.Shards.Kind != CheckAnswerKind.Success)
            return Line(name, KplCheckStatus.NotChecked, "the shards could not be listed");
        if (findings.OpenShards == 0)
            return Line(name, KplCheckStatus.NotChecked, "the stream has no open shard yet");
        var shards = findings.OpenShards == 1 ? "1 shard takes" : string.Create(CultureInfo.InvariantCulture, $"{findings.OpenShards:N0} shards take");
        var rate = string.Create(
            CultureInfo.InvariantCulture, $"{shards} at most {(long)findings.OpenShards * RecordsPerShard:N0} Kinesis records/s and {findings.OpenShards:N0} MiB/s");
        var size = findings.Description is { } summary
            ? string.Create(CultureInfo.InvariantCulture, $", a record at most {summary.MaxRecordSizeInKiB:N0} KiB")
            : "";
        var onDemand = findings.Description is { OnDemand: true } ? "; the stream is on-demand, so Kinesis adds shards while traffic grows" : "";
        return Line(name, KplCheckStatus.Passed, $"{rate}{size}{onDemand}");
    }

    private KplCheckLine Line(string name, KplCheckStatus status, string message, string? advice = null) =>
        ProcessLines.Line(name, status, message, advice) with { Stream = findings.Stream };
}
