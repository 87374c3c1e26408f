using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Rates;

namespace Orleans.Kpl.Pipeline.Load;

/// <summary>
/// The observed load of one shard, in 2 KB that become 8 within an hour of load: minutes, a histogram over its range, and its heaviest keys. One lock
/// is taken once or twice for each Kinesis record and once for each sampled user record. With few samples, no distribution is reported: the key of the
/// first record would seem to carry the whole load.
/// </summary>
/// <param name="passed">How much of the wall clock's minute has passed now, in ticks.</param>
internal sealed class ShardLoad(ShardRange range, LoadSettings settings, long now, long passed = 0)
{
    /// <summary>
    /// Samples needed before the distribution of the load is reported. With this many, a key with three fifths of the load seems to have four fifths
    /// (beyond which no split helps) about once in a thousand times. Their median is within a tenth of the true one nine times out of ten. A full
    /// shard gives them in half a second.
    /// </summary>
    public const int LeastSamples = 64;

    private readonly Lock _lock = new();
    private readonly LoadHistogram _histogram = new(range);
    private readonly HotKeys _hotKeys = new(settings.KeepKeyText);
    private readonly MinuteCounts _minutes = new(now, passed);
    private readonly RecentDeliveries _recent = new();
    private readonly double _fadePerMinute = Math.Pow(0.5, 1 / settings.HalfLifeMinutes);
    private readonly ThrottleCauses _causes = new();
    private double _samples;

    /// <summary>Notes a user record that <see cref="LoadSampler"/> picked.</summary>
    /// <param name="partitionKey">Its key as UTF-8.</param>
    /// <param name="weight">The bytes that it represents.</param>
    /// <param name="now">The time, in ticks of the pipeline's monotonic clock, as everywhere here.</param>
    public void OnSample(UInt128 hashKey, ReadOnlySpan<byte> partitionKey, long weight, long now)
    {
        lock (_lock)
        {
            AdvanceTo(now);
            _histogram.Add(hashKey, weight);
            _hotKeys.Add(hashKey, partitionKey, weight);
            _samples++;
        }
    }

    /// <summary>Notes that a Kinesis record was closed and is to be sent, whether there are tokens or not.</summary>
    public void OnOffered(int userRecords, int bytes, long now)
    {
        lock (_lock)
        {
            AdvanceTo(now);
            ref var minute = ref _minutes.Running;
            minute = minute with
            {
                UserRecords = minute.UserRecords + userRecords,
                OfferedRecords = minute.OfferedRecords + 1,
                OfferedBytes = minute.OfferedBytes + bytes,
                Billed = minute.Billed + BilledLoad.Of(userRecords, bytes),
            };
        }
    }

    /// <summary>Notes that Kinesis accepted a Kinesis record.</summary>
    public void OnDelivered(int userRecords, int bytes, long now)
    {
        lock (_lock)
        {
            AdvanceTo(now);
            ref var minute = ref _minutes.Running;
            minute = minute with
            {
                Delivered = minute.Delivered + 1,
                DeliveredBytes = minute.DeliveredBytes + bytes,
                DeliveredUserRecords = minute.DeliveredUserRecords + userRecords,
            };
            _recent.Add(bytes, now);
        }
    }

    /// <inheritdoc cref="RecentDeliveries.AreNearlyAll"/>
    public bool TookNearlyAll(long now)
    {
        lock (_lock)
            return _recent.AreNearlyAll(now);
    }

    /// <inheritdoc cref="ThrottleCauses.Note"/>
    public (double Sent, bool ShowsOthers) OnThrottled(int count, long bytes, long now)
    {
        lock (_lock)
        {
            AdvanceTo(now);
            ref var minute = ref _minutes.Running;
            minute = minute with { Throttled = minute.Throttled + count };
            return _causes.Note(count, bytes, _recent, now);
        }
    }

    /// <summary>Returns what was offered in the last whole minute, as a share of what a shard takes; null before the first has passed.</summary>
    public double? Utilisation(long now)
    {
        lock (_lock)
        {
            AdvanceTo(now);
            return _minutes.Last?.Utilisation;
        }
    }

    /// <summary>Returns what a look at the shard needs; cheap enough to be asked every second.</summary>
    public ShardActivity Counts(long now)
    {
        lock (_lock)
        {
            AdvanceTo(now);
            return new ShardActivity(_minutes.Running, _minutes.Last, _samples >= LeastSamples ? _hotKeys.Heaviest() : null, _causes.OthersShare);
        }
    }

    /// <summary>Returns what has been observed until now.</summary>
    public ShardLoadReport Report(long now)
    {
        lock (_lock)
        {
            AdvanceTo(now);
            var isEnough = _samples >= LeastSamples;
            return new ShardLoadReport(range, _minutes.ToArray(), isEnough ? _histogram.ToArray() : _histogram.ToEvenArray(),
                isEnough ? _hotKeys.ToArray() : [])
            {
                Running = _minutes.Running,
                RunningFor = _minutes.RunningFor(now),
                Unseen = _minutes.Unseen,
            };
        }
    }

    private void AdvanceTo(long now)
    {
        var passed = _minutes.AdvanceTo(now);
        if (passed == 0)
            return;
        var factor = Math.Pow(_fadePerMinute, passed);
        _samples *= factor;
        _histogram.Fade(factor);
        _hotKeys.Fade(factor);
        _causes.Fade(passed);
    }
}

/// <summary>The activity that a look at a shard shows.</summary>
/// <param name="Last">The minute before it; null where there was none.</param>
/// <param name="HeaviestKey">The least share of the shard's bytes that its heaviest key carries; null while samples are too few to tell.</param>
/// <param name="OthersShare">The share of the throttles of the last minutes, 0 to 1, that show another writer.</param>
internal readonly record struct ShardActivity(MinuteCount Running, MinuteCount? Last, double? HeaviestKey, double OthersShare);

/// <summary>The load of one shard, as its owner observed it.</summary>
/// <param name="Minutes">Its last complete minutes, newest last.</param>
/// <param name="Histogram">The weight of each equal part of its range, in bytes that decay with time; their sum does not tell the rate.</param>
/// <param name="HotKeys">Its heaviest keys, heaviest first.</param>
internal sealed record ShardLoadReport(ShardRange Range, IReadOnlyList<MinuteCount> Minutes, IReadOnlyList<double> Histogram, IReadOnlyList<HotKey> HotKeys)
{
    /// <summary>Instants that are so near to each other are the same: clocks are set now and then, and those of two silos differ.</summary>
    public const long Same = 5 * TimeSpan.TicksPerSecond;

    /// <summary>The current, incomplete minute.</summary>
    public MinuteCount Running { get; init; }

    /// <summary>How much of the current minute was observed.</summary>
    public TimeSpan RunningFor { get; init; }

    /// <summary>How much of the first of the complete minutes had passed when the shard was first observed.</summary>
    public TimeSpan Unseen { get; init; }

    /// <summary>Returns when the running minute began, in ticks of UTC: at a minute of the clock, which may have been set by little since.</summary>
    public long RunningFrom(DateTimeOffset now)
    {
        var from = now.UtcTicks - RunningFor.Ticks;
        var minute = (from + Same) / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute;
        return Minutes.Count > 0 && Math.Abs(from - minute) < Same ? minute : from;
    }

    /// <summary>The complete minutes that were observed from their beginning: who compares minutes takes these.</summary>
    public IEnumerable<MinuteCount> Whole => Minutes.Skip(Unseen > TimeSpan.Zero ? 1 : 0);
}

/// <summary>The load that a shard's owner observed.</summary>
/// <param name="Owner">The owner's name; null for an embedded producer.</param>
/// <param name="Report">The load report; null where no record was sent for the shard yet.</param>
internal sealed record OwnedLoad(string? Owner, string ShardId, ShardLoadReport? Report);

/// <summary>The loads of a stream's shards.</summary>
/// <param name="Loads">The loads; none of a shard that nobody owns yet.</param>
/// <param name="IsWhole">Whether all owners told theirs: otherwise a shard without a load may be a busy one.</param>
internal sealed record OwnedLoads(IReadOnlyList<OwnedLoad> Loads, bool IsWhole = true);

/// <summary>
/// How a shard's bytes are spread over its range: equal parts, each with its weight. Older weights decay by the minute. Not thread-safe.
/// </summary>
internal sealed class LoadHistogram(ShardRange range)
{
    /// <summary>The number of parts of a shard's range.</summary>
    public const int Buckets = 64;

    private readonly double[] _weights = new double[Buckets];
    private readonly double _bucketsPerKey = Buckets / ((double)(range.EndingHashKey - range.StartingHashKey) + 1);

    public void Add(UInt128 hashKey, double weight) =>
        _weights[Math.Min((int)((double)(hashKey - range.StartingHashKey) * _bucketsPerKey), Buckets - 1)] += weight;

    /// <summary>Multiplies all observed weights.</summary>
    public void Fade(double factor)
    {
        foreach (ref var weight in _weights.AsSpan())
            weight *= factor;
    }

    public double[] ToArray() => [.. _weights];

    /// <summary>Spreads the whole weight evenly over the buckets.</summary>
    public double[] ToEvenArray()
    {
        var even = new double[Buckets];
        Array.Fill(even, _weights.Sum() / Buckets);
        return even;
    }
}
