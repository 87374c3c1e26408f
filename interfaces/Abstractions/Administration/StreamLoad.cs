using System.Text.Json.Serialization;

namespace Orleans.Kpl;

/// <summary>A stream's load of the last week, as far as its manager has seen it.</summary>
public sealed record StreamLoad
{
    /// <summary>The stream under the name in the request; in a tier, under the one name that it has there.</summary>
    public required string Stream { get; init; }

    /// <summary>The stream's ARN, which has its region.</summary>
    public required string Arn { get; init; }

    /// <summary>Whether the capacity mode is on-demand.</summary>
    public bool OnDemand { get; init; }

    /// <summary>How many open shards the stream has.</summary>
    public int OpenShards { get; init; }

    /// <summary>The sums by the hour, oldest first; the last is the running hour.</summary>
    public required IReadOnlyList<LoadSum> Hours { get; init; }
}

/// <summary>The load that was offered to a stream in an hour, and what Kinesis bills for it.</summary>
public sealed record LoadSum
{
    /// <summary>When the hour began.</summary>
    public DateTimeOffset From { get; init; }

    /// <summary>How many of its minutes were seen.</summary>
    public int Minutes { get; init; }

    /// <summary>User records.</summary>
    public long UserRecords { get; init; }

    /// <summary>Kinesis records.</summary>
    public long Records { get; init; }

    /// <summary>Their bytes, keys included.</summary>
    public long Bytes { get; init; }

    /// <summary>PUT payload units of 25 KiB.</summary>
    public long PutUnits { get; init; }

    /// <summary>KiB that an on-demand stream is billed for: each record is rounded up.</summary>
    [JsonPropertyName("billed_kib")]
    public long BilledKiB { get; init; }

    /// <summary>PUT payload units, had every user record been a Kinesis record of its own.</summary>
    public long PutUnitsAlone { get; init; }

    /// <summary>Billed KiB, had every user record been a Kinesis record of its own.</summary>
    [JsonPropertyName("billed_kib_alone")]
    public long BilledKiBAlone { get; init; }

    /// <summary>The demand of the busiest minute, in shards.</summary>
    public double PeakShards { get; init; }

    /// <summary>The demand of the busiest minute in shards, had every user record been a Kinesis record of its own.</summary>
    public double PeakShardsAlone { get; init; }
}
