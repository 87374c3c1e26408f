using Orleans.Kpl.LocalKinesis.Resharding;

namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>Changes of what a stream is set to.</summary>
internal static class SettingsOperations
{
    private const int LeastHours = 24;
    private const int MostHours = 365 * 24;
    private const int MostWarmMiBps = 10_240;
    private const string AllMetrics = "ALL";

    private static readonly string[] Metrics =
    [
        "IncomingBytes", "IncomingRecords", "OutgoingBytes", "OutgoingRecords", "WriteProvisionedThroughputExceeded",
        "ReadProvisionedThroughputExceeded", "IteratorAgeMilliseconds",
    ];

    /// <summary>How large a record of a stream may be, 1 to 10 MiB.</summary>
    public static void UpdateMaxRecordSize(OperationCall call)
    {
        var most = call.Store.Settings.Options.Sizes.MaxRecordBytes;
        if (most == SizeLimits.DefaultRecordBytes)
            throw KinesisErrors.UnknownOperation("UpdateMaxRecordSize is not an operation where records have yesterday's size.");
        var kiB = Constraints.Read(c => c.Range(
            call.Fields.Int("MaxRecordSizeInKiB"), "maxRecordSizeInKiB", SizeLimits.DefaultRecordBytes / 1024, most / 1024, required: true));
        var stream = call.StreamOfArn("StreamARN");
        Reshard.Require(stream);
        stream.MaxRecordBytes = kiB!.Value * 1024;
    }

    /// <summary>
    /// The throughput that an on-demand stream is kept ready for: 10 GiB/s at most, and only in an account with the billing commitment (AWS,
    /// "UpdateStreamWarmThroughput"). AWS does not tell the code of the latter refusal. The stream is UPDATING for a while, and keeps its shards.
    /// </summary>
    public static void UpdateStreamWarmThroughput(OperationCall call)
    {
        var target = Constraints.Read(c => c.Range(call.Fields.Int("WarmThroughputMiBps"), "warmThroughputMiBps", 0, int.MaxValue, required: true));
        var stream = call.Stream();
        lock (stream.Lock)
        {
            Reshard.Require(stream);
            if (stream.Mode != StreamMode.OnDemand)
                throw KinesisErrors.InvalidArgument($"Stream {stream.Name} under account {KinesisErrors.Account} is not ON_DEMAND.");
            if (!call.Store.Settings.Account.At(call.NowTicks).IsEnabled)
                throw KinesisErrors.InvalidArgument($"MinimumThroughputBillingCommitment is not enabled for account {KinesisErrors.Account}.");
            if (target > MostWarmMiBps)
                throw KinesisErrors.LimitExceeded($"WarmThroughputMiBps {target} of stream {stream.Name} is above the limit of {MostWarmMiBps}.");
            stream.WarmThroughputMiBps = target!.Value;
            Reshard.Start(stream, []);
        }
        call.Answer.Field("StreamARN"u8, stream.Arn);
        call.Answer.Field("StreamName"u8, stream.Name);
        DescribeOperations.WriteWarmThroughput(call.Answer, stream);
    }

    /// <summary>The account's billing commitment.</summary>
    public static void DescribeAccountSettings(OperationCall call)
    {
        var commitment = call.Store.Settings.Account.At(call.NowTicks);
        call.Answer.StartObject("MinimumThroughputBillingCommitment"u8);
        call.Answer.Field("Status"u8, commitment.Status);
        if (commitment.StartedAt is { } started) call.Answer.Instant("StartedAt"u8, started);
        if (commitment.EndedAt is { } ended) call.Answer.Instant("EndedAt"u8, ended);
        if (commitment.EarliestEnd is { } earliest) call.Answer.Instant("EarliestAllowedEndAt"u8, earliest);
        call.Answer.EndObject();
    }

    /// <summary>Enables or ends the account's billing commitment.</summary>
    public static void UpdateAccountSettings(OperationCall call)
    {
        var commitment = call.Fields.Object("MinimumThroughputBillingCommitment");
        var constraints = new Constraints();
        constraints.Required("minimumThroughputBillingCommitment", commitment is not null);
        var status = constraints.OneOf(commitment?.String("Status"), "minimumThroughputBillingCommitment.status",
            required: commitment is not null, "ENABLED", "DISABLED");
        constraints.ThrowIfAny();
        call.Store.Settings.Account.Commit(status == "ENABLED", call.NowTicks);
        DescribeAccountSettings(call);
    }

    public static void IncreaseRetention(OperationCall call) => ChangeRetention(call, increase: true);

    public static void DecreaseRetention(OperationCall call) => ChangeRetention(call, increase: false);

    public static void StartEncryption(OperationCall call)
    {
        var (type, key) = ReadEncryption(call);
        if (type != "KMS") throw KinesisErrors.InvalidArgument($"EncryptionType {type} cannot be started: it must be KMS.");
        ChangeEncryption(call, key);
    }

    public static void StopEncryption(OperationCall call)
    {
        ReadEncryption(call);
        ChangeEncryption(call, null);
    }

    public static void EnableMonitoring(OperationCall call) => ChangeMonitoring(call, (current, named) => current.Union(named));

    public static void DisableMonitoring(OperationCall call) => ChangeMonitoring(call, (current, named) => current.Except(named));

    /// <summary>IncreaseStreamRetentionPeriod and DecreaseStreamRetentionPeriod, 24 hours to 365 days.</summary>
    private static void ChangeRetention(OperationCall call, bool increase)
    {
        var hours = call.Fields.Int("RetentionPeriodHours");
        var constraints = new Constraints();
        constraints.Required("retentionPeriodHours", hours is not null);
        constraints.ThrowIfAny();
        var stream = call.Stream();
        Reshard.Require(stream);
        if (hours < LeastHours) throw KinesisErrors.InvalidArgument($"Minimum allowed retention period is {LeastHours} hours.");
        if (hours > MostHours) throw KinesisErrors.InvalidArgument($"Maximum allowed retention period is {MostHours} hours.");
        if (increase ? hours < stream.RetentionHours : hours > stream.RetentionHours)
            throw KinesisErrors.InvalidArgument(
                $"Requested retention period ({hours} hours) for stream {stream.Name} can not be {(increase ? "shorter" : "longer")} than " +
                $"existing retention period ({stream.RetentionHours} hours).");
        stream.RetentionHours = hours!.Value;
    }

    private static (string Type, string Key) ReadEncryption(OperationCall call)
    {
        var (type, key) = Constraints.Read(c => (
            c.OneOf(call.Fields.String("EncryptionType"), "encryptionType", required: true, "NONE", "KMS"),
            c.Length(call.Fields.String("KeyId"), "keyId", 1, 2_048, required: true)));
        return (type!, key!);
    }

    /// <summary>
    /// StartStreamEncryption and StopStreamEncryption: what descriptions of the stream say, and nothing else. Keys are not looked up, and no
    /// record is encrypted.
    /// </summary>
    private static void ChangeEncryption(OperationCall call, string? key)
    {
        var stream = call.Stream();
        lock (stream.Lock)
        {
            Reshard.Require(stream);
            stream.KmsKeyId = key;
            Reshard.Start(stream, []);
        }
    }

    /// <summary>
    /// EnableEnhancedMonitoring and DisableEnhancedMonitoring: which shard-level metrics descriptions of the stream name. There is no
    /// CloudWatch here that they would go to.
    /// </summary>
    private static void ChangeMonitoring(OperationCall call, Func<IReadOnlyList<string>, IReadOnlyList<string>, IEnumerable<string>> change)
    {
        var named = call.Fields.Strings("ShardLevelMetrics");
        var constraints = new Constraints();
        constraints.Required("shardLevelMetrics", named is not null);
        if (named is not null) constraints.Count(named, "shardLevelMetrics", 1, Metrics.Length);
        foreach (var metric in named ?? []) constraints.OneOf(metric, "shardLevelMetrics", required: true, [.. Metrics, AllMetrics]);
        constraints.ThrowIfAny();
        var stream = call.Stream();
        IReadOnlyList<string> current, desired;
        lock (stream.Lock)
        {
            if (stream.Status is StreamStatus.Creating or StreamStatus.Deleting) throw KinesisErrors.NotActive(stream.Name, stream.Status);
            current = stream.ShardLevelMetrics;
            var wanted = change(current, named!.Contains(AllMetrics) ? Metrics : named!).ToHashSet();
            stream.ShardLevelMetrics = desired = [.. Metrics.Where(wanted.Contains)];
        }
        call.Answer.Field("StreamName"u8, stream.Name);
        call.Answer.Field("StreamARN"u8, stream.Arn);
        call.Answer.Strings("CurrentShardLevelMetrics"u8, current);
        call.Answer.Strings("DesiredShardLevelMetrics"u8, desired);
    }
}
