using System.Globalization;

namespace Orleans.Kpl;

/// <summary>A stream and its open shards.</summary>
public sealed record StreamOverview
{
    /// <summary>The stream under the name in the request; in a tier, under the one name that it has there.</summary>
    public required string Stream { get; init; }

    /// <summary>The stream's ARN.</summary>
    public required string Arn { get; init; }

    /// <summary>CREATING, ACTIVE, UPDATING or DELETING.</summary>
    public required string Status { get; init; }

    /// <summary>When the stream was created.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Whether the stream is on-demand: Kinesis then splits and merges its shards itself, and rejects requests to do so.</summary>
    public bool OnDemand { get; init; }

    /// <summary>When the shards were read from Kinesis.</summary>
    public DateTimeOffset ReadAt { get; init; }

    /// <summary>The operation that is changing the shards; null if there is none.</summary>
    public string? OperationId { get; init; }

    /// <summary>The open shards in the order of their hash keys.</summary>
    public required IReadOnlyList<ShardStatus> Shards { get; init; }

    /// <summary>Returns the values as text, with the number of the shards.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"StreamOverview {{ Stream = {Stream}, Arn = {Arn}, Status = {Status}, CreatedAt = {CreatedAt:O}, OnDemand = {OnDemand}, "
        + $"ReadAt = {ReadAt:O}, OperationId = {OperationId}, Shards = {Shards.Count} }}");
}
