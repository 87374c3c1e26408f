using System.Text.Json.Serialization;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl;

/// <summary>How a stream is scaled by itself.</summary>
public sealed record ScalingOptions
{
    /// <summary>Whether it is followed. Default off.</summary>
    public ScalingMode Mode { get; set; } = ScalingMode.Off;

    /// <summary>A shard with more throttled Kinesis records in a minute than this counts as throttled; 1 or more. Default 10, Darkseid's.</summary>
    public int ThrottlesPerMinute { get; set; } = 10;

    /// <summary>A shard that is throttled or overloaded for that many minutes in a row is split; 1 to 60. Default 3, Darkseid's.</summary>
    public int ConsecutiveMinutes { get; set; } = 3;

    /// <summary>A shard with more demand than this share of its limits is overloaded; above <see cref="TargetUtilisation"/>, at most 1.</summary>
    public double SplitUtilisation { get; set; } = 0.75;

    /// <summary>The demand that each part of an overloaded shard is to have at most, as a share of a shard's limits.</summary>
    public double TargetUtilisation { get; set; } = 0.7;

    /// <summary>
    /// Neighbours are merged where together they never wanted more than this share of a shard's limits. At most 0.8 of
    /// <see cref="SplitUtilisation"/>: nearer to each other the two would undo one another.
    /// </summary>
    public double MergeUtilisation { get; set; } = 0.6;

    /// <summary>For how many minutes that must have been so, and how long after any change nothing is merged; 5 to 60.</summary>
    public int MergeMinutes { get; set; } = 60;

    /// <summary>How long after a change has ended nothing is split; 0 to 1 day.</summary>
    [JsonPropertyName("cool_down_seconds"), JsonConverter(typeof(SecondsConverter))]
    public TimeSpan CoolDown { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Never fewer shards than that; 1 to 100,000. Default 1.</summary>
    public int MinShards { get; set; } = 1;

    /// <summary>Default 1,000: what AWS allows an account in most regions before it is asked for more.</summary>
    public int MaxShards { get; set; } = 1_000;

    /// <summary>Changes in any 24 hours at most; each is one plan, of as many steps as it needs. 0 or more.</summary>
    public int OperationsPerDay { get; set; } = 48;

    /// <summary>
    /// Steps of one change at most, the hottest or coldest shards first; 1 to 1,000. A change of merges is stopped when a shard becomes
    /// overloaded, one of splits when none is any more.
    /// </summary>
    public int StepsPerOperation { get; set; } = 1_000;
}
