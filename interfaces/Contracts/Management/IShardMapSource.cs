using System.Collections.Immutable;

namespace Orleans.Kpl.Management;

/// <summary>
/// The silos' interface to the manager of a stream, which alone in the cluster calls ListShards for it. It is the same grain as
/// <see cref="IStreamManager"/>, under the stream's one name in the tier.
/// </summary>
/// <remarks>Kinesis' answers are data here, including errors: a silo's pipeline judges them as if it had called Kinesis itself.</remarks>
[Alias("Orleans.Kpl.IShardMapSource")]
internal interface IShardMapSource : IGrainWithStringKey
{
    /// <summary>Reads the open shards, after this call; concurrent calls share the reading.</summary>
    /// <param name="known">Not used; methods keep their parameters.</param>
    [Alias("ListShards"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<ShardListing> ListShards(MapVersion? known);

    /// <summary>Reads the closed shards that still hold records; concurrent calls share the reading.</summary>
    [Alias("ListClosedShards"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<ShardListing> ListClosedShards();

    /// <summary>Reads the status, record limit and creation time of the stream; concurrent calls share the reading.</summary>
    [Alias("DescribeStream"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StreamDescription> DescribeStream();

    /// <summary>Adds failures to the stream's list.</summary>
    [Alias("ReportFailures"), ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task ReportFailures(FailureReport report);

    /// <summary>Resumes the operation and the policy that are stored for the stream.</summary>
    [Alias("Wake"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task Wake();

    /// <summary>Sets records aside as dead letters. They are stored durably when this call returns.</summary>
    [Alias("SetAside"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task SetAside(DeadLetterReport report);
}

/// <summary>A listing of shards, or the error of the attempt to read it.</summary>
[GenerateSerializer, Immutable, Alias("Orleans.Kpl.ShardListing")]
internal sealed record ShardListing
{
    /// <summary>Not used.</summary>
    [Id(0)] public MapVersion Version { get; init; }

    /// <summary>The shards in the order of their hash keys; empty if there is an error.</summary>
    [Id(1)] public ImmutableArray<StreamShard> Shards { get; init; } = [];

    /// <summary>The error; null on success.</summary>
    [Id(2)] public KinesisError? Error { get; init; }
}

/// <summary>The result of DescribeStreamSummary for a stream, or the error of that call.</summary>
[GenerateSerializer, Immutable, Alias("Orleans.Kpl.StreamDescription")]
internal sealed record StreamDescription
{
    [Id(0)] public string StreamArn { get; init; } = "";

    /// <summary>CREATING, ACTIVE, UPDATING or DELETING.</summary>
    [Id(1)] public string Status { get; init; } = "";

    [Id(2)] public DateTimeOffset CreationTime { get; init; }

    [Id(3)] public int MaxRecordSizeInKiB { get; init; }

    /// <summary>Whether the stream is on-demand, so that the service reshards it.</summary>
    [Id(4)] public bool OnDemand { get; init; }

    /// <summary>The error; null on success.</summary>
    [Id(5)] public KinesisError? Error { get; init; }
}

/// <summary>The failure of a whole call to Kinesis, as the silo that made the call saw it.</summary>
[GenerateSerializer, Immutable, Alias("Orleans.Kpl.KinesisError")]
internal sealed record KinesisError
{
    /// <summary>The kind of failure: 0 Kinesis rejected the call, 1 nothing was sent, 2 the call may have been applied.</summary>
    [Id(0)] public int Kind { get; init; }

    /// <summary>Kinesis' error code, or one of <see cref="RecordErrorCodes"/>.</summary>
    [Id(1)] public required string Code { get; init; }

    [Id(2)] public required string Message { get; init; }

    /// <summary>The HTTP status of the answer; 0 if there was no answer.</summary>
    [Id(3)] public int HttpStatus { get; init; }
}

/// <summary>Failures sent from a silo to the stream's manager, which numbers them.</summary>
[GenerateSerializer, OmitDefaultMemberValues, Immutable, Alias("Orleans.Kpl.FailureReport")]
internal sealed record FailureReport
{
    /// <summary>The failures in the order in which they occurred; their numbers are 0.</summary>
    [Id(0)] public required ImmutableArray<StreamFailure> Failures { get; init; }

    /// <summary>The number of failures since the previous report that were too many to be reported.</summary>
    [Id(1)] public long LeftOut { get; init; }

    /// <summary>The producer numbers of those failures that have one; null where none has.</summary>
    [Id(2)] public DeadLetterNumber[]? Numbers { get; init; }
}

/// <summary>Dead letters sent from a silo's backlog to the stream's manager, which stores and numbers them.</summary>
[GenerateSerializer, OmitDefaultMemberValues, Immutable, Alias("Orleans.Kpl.DeadLetterReport")]
internal sealed record DeadLetterReport
{
    /// <summary>Identifies the report: a silo sends it until it is answered, and the manager must not store it twice.</summary>
    [Id(0)] public required Guid ReportId { get; init; }

    /// <summary>The records with their reasons, in their original order; their numbers are 0.</summary>
    [Id(1)] public required ImmutableArray<DeadLetter> Letters { get; init; }

    /// <summary>The silo that set the records aside, as Orleans writes its address.</summary>
    [Id(2)] public required string Silo { get; init; }

    /// <summary>The producer numbers of those letters that have one; null where none has.</summary>
    [Id(3)] public DeadLetterNumber[]? Numbers { get; init; }

    /// <summary>Whether each of the records is a Kinesis record of its own.</summary>
    [Id(4)] public bool Alone { get; init; }
}

/// <summary>The producer number of one letter of a <see cref="DeadLetterReport"/>, or of one failure of a <see cref="FailureReport"/>.</summary>
[GenerateSerializer, Immutable, Alias("Orleans.Kpl.DeadLetterNumber")]
internal sealed record DeadLetterNumber
{
    /// <summary>Its place in the report, from 0.</summary>
    [Id(0)] public int Letter { get; init; }

    /// <summary>The producer.</summary>
    [Id(1)] public ulong Producer { get; init; }

    /// <summary>Its line; never 0.</summary>
    [Id(2)] public int Line { get; init; }

    /// <summary>The number in that line.</summary>
    [Id(3)] public long Number { get; init; }
}
