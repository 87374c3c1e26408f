using System.Text.Json.Serialization;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl;

/// <summary>The policy by which a stream is scaled automatically.</summary>
public sealed record ScalingOptions
{
    /// <summary>Whether the policy is carried out. Default off.</summary>
    public ScalingMode Mode { get; set; } = ScalingMode.Off;

    /// <summary>A shard with more throttled Kinesis records in a minute than this counts as throttled; 1 or more. Default 10.</summary>
    public int ThrottlesPerMinute { get; set; } = 10;

    /// <summary>A shard that is throttled or overloaded for this many minutes in a row is split; 1 to 60. Default 3.</summary>
    public int ConsecutiveMinutes { get; set; } = 3;

    /// <summary>A shard with more demand than this share of its limits is overloaded; above <see cref="TargetUtilisation"/>, at most 1. Default 0.75.</summary>
    public double SplitUtilisation { get; set; } = 0.75;

    /// <summary>
    /// The maximum demand on each part of an overloaded shard after splitting, as a share of a shard's limits; above 0, below
    /// <see cref="SplitUtilisation"/>. Default 0.7.
    /// </summary>
    public double TargetUtilisation { get; set; } = 0.7;

    /// <summary>
    /// Adjacent shards are merged if their combined demand never exceeded this share of a shard's limits. 0 to 0.8 of <see cref="SplitUtilisation"/>: with
    /// closer values, splits and merges would undo each other. 0: shards are never merged. Default 0.6.
    /// </summary>
    public double MergeUtilisation { get; set; } = 0.6;

    /// <summary>
    /// For how many minutes the demand must not have exceeded <see cref="MergeUtilisation"/>, and how long after any change no shards are merged; 5 to 60.
    /// Default 60.
    /// </summary>
    public int MergeMinutes { get; set; } = 60;

    /// <summary>How long after the end of a change no shard is split; 0 to 1 day. Default 1 minute.</summary>
    [JsonPropertyName("cool_down_seconds"), JsonConverter(typeof(SecondsConverter))]
    public TimeSpan CoolDown { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The minimum number of shards; 1 to 100,000. Default 1.</summary>
    public int MinShards { get; set; } = 1;

    /// <summary>
    /// The maximum number of shards; <see cref="MinShards"/> to 100,000. Default 1,000: the AWS quota of an account in most regions, unless raised.
    /// </summary>
    public int MaxShards { get; set; } = 1_000;

    /// <summary>The maximum number of changes in any 24 hours. Each change is one plan, with as many steps as it needs. 0 or more; default 48.</summary>
    public int OperationsPerDay { get; set; } = 48;

    /// <summary>
    /// The maximum number of steps of one change, hottest or coldest shards first; 1 to 1,000. Default 1,000. A merging change stops when a
    /// shard becomes overloaded; a splitting change stops when no shard is overloaded any more.
    /// </summary>
    public int StepsPerOperation { get; set; } = 1_000;

    /// <summary>
    /// How many times the stream's policy had been set when this one was read. A policy with a version replaces only that version, and is otherwise refused
    /// with <see cref="StreamManagerErrorCodes.PolicyChanged"/>; one without a version replaces any. Default null.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Version { get; set; }
}

/// <summary>Whether a stream is scaled automatically.</summary>
public enum ScalingMode
{
    /// <summary>The stream is not scaled. Switching to this mode stops scaling at once: a running change of the policy ends with its current step.</summary>
    [JsonStringEnumMemberName("off")]
    Off,

    /// <summary>Decisions are reported with their plans, but not carried out.</summary>
    [JsonStringEnumMemberName("dry_run")]
    DryRun,

    /// <summary>Decisions are carried out.</summary>
    [JsonStringEnumMemberName("on")]
    On,
}
