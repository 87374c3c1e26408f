using Orleans.Kpl.Lanes.Aiming;
using Orleans.Kpl.Pipeline.Idle;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Simulation.Plans;

/// <summary>What is drawn from a seed before a history begins: how the product is set up, what is put, and what goes wrong.</summary>
internal sealed record Plan
{
    /// <summary>A call takes some 20 ms.</summary>
    private const int RoundTripsASecond = 50;

    /// <summary>What a record adds to its aggregate beside its data, about.</summary>
    private const int BytesBesideTheData = 30;

    public required int Seed { get; init; }

    public required int Shards { get; init; }

    /// <summary>Whether shards count their limits in windows of a second instead of a bucket of a second.</summary>
    public required bool InWindows { get; init; }

    /// <summary>How many processes produce.</summary>
    public required int Producers { get; init; }

    /// <summary>How many silos there are; 0 where each producer is embedded.</summary>
    public required int Silos { get; init; }

    /// <summary>How many processes put records into the cluster from outside.</summary>
    public required int Clients { get; init; }

    /// <summary>When clients aim their records at the silos that serve them.</summary>
    public AimLimits Aim { get; init; } = AimLimits.Default;

    /// <summary>How often a silo tells ranges that were drawn instead of those that it serves.</summary>
    public double RangesWrong { get; init; }

    public required StoreKind Store { get; init; }

    /// <summary>The settings of each producer.</summary>
    public required KplOptions Options { get; init; }

    /// <summary>For how long records are put.</summary>
    public required TimeSpan LoadTime { get; init; }

    /// <summary>For how long nothing is put, in the middle of that time.</summary>
    public TimeSpan Pause { get; init; }

    /// <summary>Whether callers flush, and ask for all that a put can be given: limited waits, identities, Kinesis records of their own.</summary>
    public bool AsksForAll { get; init; }

    /// <summary>Whether calls to a silo that is learnt to be dead end then, as with Orleans. Else they sit out their time-outs: harder.</summary>
    public bool BreaksWithTheDead { get; init; }

    /// <summary>How often the stream is named by its ARN.</summary>
    public double ByArn { get; init; }

    /// <summary>How many calls put records.</summary>
    public required int Puts { get; init; }

    /// <summary>The most records in one call.</summary>
    public required int LargestBatch { get; init; }

    /// <summary>The most bytes in one record.</summary>
    public required int LargestRecord { get; init; }

    /// <summary>How many partition keys there are.</summary>
    public required int Keys { get; init; }

    public required IReadOnlyList<Fault> Faults { get; init; }

    /// <summary>How long a stream is unused before a process closes it.</summary>
    public TimeSpan IdleLimit { get; init; } = StreamIdling.Limit;

    /// <summary>What its settings and faults make together.</summary>
    public Circumstance Circumstance { get; init; }

    /// <summary>When the last fault is over.</summary>
    public TimeSpan HealedAt => Faults.Count == 0 ? TimeSpan.Zero : Faults.Max(static f => f.At + f.For);

    /// <summary>Whether Kinesis is well, and what else happens costs a record less than its time-to-live: answers that are late, or lost once.</summary>
    public bool IsQuiet => Circumstance == Circumstance.ParentLost
        || Faults.All(static f => f.Kind is FaultKind.Reshard or FaultKind.DescribesFail or FaultKind.CallsSlow or FaultKind.EpochAnswerLost);

    /// <summary>Whether more is put than shards take in time.</summary>
    public bool AsksTooMuch => Circumstance is Circumstance.Flood or Circumstance.OneByOne;

    /// <summary>
    /// Whether callers put more than shards take, by the plan's figures: half of what fits is the limit, because puts come in bursts. Few keys go to few
    /// shards. An ordered stream without aggregates takes one Kinesis record in a round trip, and few connections with small calls take little in each.
    /// Silos whose memory one batch fills take less than the shards; the product's limits leave them more. What a silo forwards has no horizon, and
    /// producers beside each other do not know of each other's: there the busiest shard takes what comes for its keys, and not an equal part of all.
    /// </summary>
    public bool IsOverloaded => !AsksTooMuch
        && ((IsOrdered && !Options.AggregationEnabled)
            || (Silos > 0 && LargestBatch * (long)LargestRecord > Options.MaxOutstandingBytes)
            || RecordsPut * (LargestRecord / 2.0) * (Silos > 0 || Producers > 1 ? BusiestShare : 1.0 / Math.Min(Shards, Keys))
                > (1 << 20) * LoadTime.TotalSeconds / 2
            || RecordsPut > RoundTripsASecond * Options.MaxConnections * RecordsOfACall * LoadTime.TotalSeconds / 2);

    /// <summary>The part of the keys that the shard with most of them has, of those at the start.</summary>
    private double BusiestShare => Enumerable.Range(0, Keys)
        .GroupBy(k => StoredMember.HashOf(KeyOf(k)) / (UInt128.MaxValue / (UInt128)Shards)).Max(static g => g.Count()) / (double)Keys;

    /// <summary>How many records are put, more or less.</summary>
    public double RecordsPut => Puts * (LargestBatch / 2.0);

    /// <summary>How many records one call has at least, where enough are there. Without linger, few are in one aggregate.</summary>
    private double RecordsOfACall => Options.CollectionMaxCount
        * (Options is { AggregationEnabled: true, RecordMaxBufferedTime.Ticks: > 0 }
            ? Math.Max(1, Options.AggregationMaxSize / (LargestRecord / 2.0 + BytesBesideTheData)) : 1);

    /// <summary>The partition key of a number below <see cref="Keys"/>.</summary>
    public static string KeyOf(int number) => string.Create(CultureInfo.InvariantCulture, $"key-{number}");

    public bool IsOrdered => Options.Ordered != OrderedMode.Off;

    public bool Has(params FaultKind[] kinds) => Faults.Any(f => kinds.Contains(f.Kind));

    /// <summary>Lists the plan for a trace.</summary>
    public IEnumerable<string> Describe()
    {
        var o = Options;
        var hosts = Silos > 0 ? $"{Silos} silos and {Clients} clients" : $"{Producers} producers";
        yield return $"plan of seed {Seed}: {hosts}, {Shards} shards, {(InWindows ? "windows" : "bucket")}, backlog {Store}{(Circumstance == Circumstance.None ? "" : $", {Circumstance}")}";
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"  {Puts} puts of up to {LargestBatch} records of up to {LargestRecord} bytes, {Keys} keys, in {LoadTime.TotalSeconds:F1} s");
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"  ordered {o.Ordered}, acknowledged when {o.AckLevel}, memory {o.MaxOutstandingBytes} bytes, {o.HighWaterMode}, time-to-live {o.RecordTtl.TotalSeconds} s, linger {o.RecordMaxBufferedTime.TotalMilliseconds} ms");
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"  aggregation {o.AggregationEnabled} up to {o.AggregationMaxSize}, {o.MaxConnections} connections, request {o.RequestTimeout.TotalSeconds} s, drain {o.DrainTimeout.TotalSeconds} s, attempts {o.MaxAttempts}, fail if throttled {o.FailIfThrottled}");
        if (Aim != AimLimits.Default)
            yield return string.Create(CultureInfo.InvariantCulture, $"  clients aim above {Aim.From} records a silo; of what silos tell, {RangesWrong:F2} is wrong");
        if (AsksForAll)
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"  callers flush and ask for all; {o.MaxOutstandingRecords} records in memory, {o.BacklogMaxBytes} bytes in the backlog, adaptive {o.AdaptiveRate}, burst {o.BurstTime.TotalMilliseconds} ms, backoff {o.Backoff} {o.BackoffInitial.TotalMilliseconds} ms, container {o.ContainerKey}, numbers {o.ProducerNumbers}, at most {o.AggregationMaxCount} an aggregate, {o.CollectionMaxSize} a call");
        if (Pause > TimeSpan.Zero)
            yield return string.Create(CultureInfo.InvariantCulture, $"  nothing is put for {Pause.TotalSeconds:F0} s in between");
        if (ByArn > 0)
            yield return string.Create(CultureInfo.InvariantCulture, $"  the stream is named by its ARN in {ByArn:F2} of the puts");
        if (IdleLimit != StreamIdling.Limit)
            yield return string.Create(CultureInfo.InvariantCulture, $"  streams close when they were unused for {IdleLimit.TotalMilliseconds:F0} ms");
        foreach (var fault in Faults)
            yield return $"  {fault}";
    }
}

/// <summary>Where a process keeps its backlog.</summary>
internal enum StoreKind
{
    None,
    Folder,
    Table,
}

/// <summary>A defect that is put into a history on purpose, to see that it is found.</summary>
internal enum PlantedDefect
{
    None,

    /// <summary>Records are answered as stored, and are not.</summary>
    LosesRecords,

    /// <summary>Outcomes come twice.</summary>
    DoublesOutcomes,

    /// <summary>Consumers see the members of an aggregate in the opposite order.</summary>
    Reorders,

    /// <summary>Calls are never answered, and nobody gives up.</summary>
    Hangs,

    /// <summary>The producer gets twice the memory that it should have.</summary>
    TakesTooMuchMemory,

    /// <summary>Records that were answered are stored once more.</summary>
    StoresTwice,

    /// <summary>What is delivered is not counted by the metrics.</summary>
    LosesMetrics,

    /// <summary>Clients give a batch that they send again another number.</summary>
    SendsAgainAsNew,

    /// <summary>Flushes end at once.</summary>
    EndsFlushes,

    /// <summary>Handlers are not told of failures.</summary>
    LosesFailures,
}
