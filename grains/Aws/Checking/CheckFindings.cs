using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Checking;

/// <summary>The observations of a check, before anything is concluded from them.</summary>
internal sealed record CheckFindings
{
    public required KinesisLocation Location { get; init; }

    /// <summary>What names the endpoint, and the settings of AWS's environment that are heeded on the way there; null where none of them counts.</summary>
    public string? Why { get; init; }

    /// <summary>The endpoints that the clients of other services call.</summary>
    public required KplCheckLine Others { get; init; }

    /// <summary>The most similar region that AWS has, where the one in force is none of them; else null.</summary>
    public string? NearestRegion { get; init; }

    /// <summary>The source of the credentials; no secrets.</summary>
    public required string CredentialSource { get; init; }

    /// <summary>Whether the program gives the credentials: <see cref="KinesisOptions.Credentials"/>.</summary>
    public required bool AreFromCode { get; init; }

    /// <summary>Why there are no credentials of the process; null where there are some, or nothing that is asked needs them.</summary>
    public string? CredentialError { get; init; }

    /// <summary>Whether anything answers at the endpoint.</summary>
    public required EndpointAnswer Endpoint { get; init; }

    /// <summary>How far Kinesis' clock is ahead of this machine's; negative: behind; null where no answer told.</summary>
    public TimeSpan? Skew { get; init; }

    /// <summary>The answer to a signed call that needs no stream.</summary>
    public CheckAnswer Account { get; init; }

    public IReadOnlyList<StreamFindings> Streams { get; init; } = [];

    /// <summary>The answers to all signed calls.</summary>
    public IEnumerable<CheckAnswer> Answers =>
        Streams.SelectMany(static s => s.Answers).Append(Account).Where(static a => a.Kind != CheckAnswerKind.NotAsked);

    /// <summary>Whether something is asked with the credentials of the process.</summary>
    public required bool NeedsProcess { get; init; }
}

/// <summary>The observations of a check about one stream.</summary>
/// <param name="Stream">The stream's name or ARN.</param>
internal sealed record StreamFindings(string Stream)
{
    /// <summary>The answer to DescribeStreamSummary.</summary>
    public CheckAnswer Summary { get; init; }

    /// <summary>The summary, where it was answered.</summary>
    public StreamSummary? Description { get; init; }

    /// <summary>The answer to ListShards.</summary>
    public CheckAnswer Shards { get; init; }

    /// <summary>Whether Kinesis does not know the stream.</summary>
    public bool IsMissing => Summary.Kind == CheckAnswerKind.StreamMissing || Shards.Kind == CheckAnswerKind.StreamMissing;

    /// <summary>Whether Kinesis knows the stream.</summary>
    public bool IsFound => Summary.Kind == CheckAnswerKind.Success || Shards.Kind == CheckAnswerKind.Success;

    /// <summary>The open shards, where they were listed.</summary>
    public int OpenShards { get; init; }

    /// <summary>Whether its records go by PutRecord, and not by PutRecords.</summary>
    public bool PutsAlone { get; init; }

    /// <summary>The answer to a put that Kinesis must refuse.</summary>
    public CheckAnswer Put { get; init; }

    /// <summary>The answers to the stream's calls.</summary>
    public IEnumerable<CheckAnswer> Answers => new[] { Summary, Shards, Put }.Where(static a => a.Kind != CheckAnswerKind.NotAsked);

    /// <summary>The source of the credentials that the stream has of its own; null where it has those of the process.</summary>
    public string? OwnSource { get; init; }

    /// <summary>Why those of its own are missing; null where it has none of its own, or they are there.</summary>
    public string? CredentialError { get; init; }

    /// <summary>Whether the stream's calls are made in a role.</summary>
    public bool HasRole { get; init; }

    /// <summary>Whether the process' credentials sign the stream's calls, or assume its role.</summary>
    public bool NeedsProcess { get; init; }
}
