using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Scaling.Planning;

namespace Orleans.Kpl.Scaling.Tests.Simulated;

/// <summary>
/// A stream under a traffic, in steps of ten seconds. What is beyond a shard's limits is throttled and lost, so that nothing hides how late a
/// change comes. Reshards take their time and their boundaries come and go one by one.
/// </summary>
internal sealed class SimulatedStream
{
    private const double Seconds = 10;

    private readonly ITraffic _traffic;
    private readonly Random _random;
    private readonly double _noise;
    private readonly List<double> _wobble = [];
    private Queue<(double AtMinute, UInt128 Boundary, bool Comes)> _changes = new();
    private double _endsAt;
    private int _nextId;

    /// <param name="noise">How much each shard's demand varies from minute to minute, as a fraction to either side.</param>
    /// <param name="seed">Of the noise.</param>
    public SimulatedStream(ITraffic traffic, int shards, double noise = 0, int seed = 1)
    {
        (_traffic, _noise, _random) = (traffic, noise, new Random(seed));
        for (var i = 0; i < shards; i++)
            Shards.Add(NewShard(EvenRanges.Start(i, shards), i + 1 < shards ? EvenRanges.Start(i + 1, shards) - 1 : UInt128.MaxValue));
    }

    public static DateTimeOffset Start { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public List<SimulatedShard> Shards { get; } = [];

    public double Minute { get; private set; }

    public DateTimeOffset Now => Start.AddMinutes(Minute);

    public bool IsUpdating { get; private set; }

    /// <summary>What is running, or ran last.</summary>
    public ShardPlan? Running { get; private set; }

    /// <summary>When changes were begun.</summary>
    public List<double> ChangesAt { get; } = [];

    public double OfferedBytes { get; private set; }

    public double ThrottledBytes { get; private set; }

    public double ShardHours { get; private set; }

    /// <summary>Shard-hours with all shards always full and none more than needed, whatever the ranges.</summary>
    public double IdealShardHours { get; private set; }

    public int MostShards { get; private set; }

    public void Run(double minutes, IScaler scaler)
    {
        for (var end = Minute + minutes; Minute < end - 1e-9;)
        {
            RunMinute(scaler);
            if (!IsUpdating && scaler.Decide(this) is { } plan)
                Begin(plan);
            else if (IsUpdating)
                _ = scaler.Decide(this);
        }
    }

    /// <summary>The step that is running is the last one.</summary>
    public void StopRunning()
    {
        _changes = new(_changes.Take(1));
        _endsAt = _changes.TryPeek(out var last) ? last.AtMinute : Minute;
    }

    /// <summary>What an engine would have observed of a shard.</summary>
    public ShardLoadReport? LoadOf(ShardRange range)
    {
        var shard = Shards.Find(s => s.Range == range)!;
        var histogram = new double[LoadHistogram.Buckets];
        var width = (shard.To - shard.From) / histogram.Length;
        for (var i = 0; i < histogram.Length; i++)
            histogram[i] = _traffic.Between(shard.From + (i * width), shard.From + ((i + 1) * width), Minute);
        var heavy = range.Contains(_traffic.HeavyKey) ? _traffic.HeavyRate(Minute) : 0;
        if (heavy == 0)
            return new ShardLoadReport(range, shard.Minutes, histogram, []);
        histogram[Math.Min((int)(
            (double)(_traffic.HeavyKey - range.StartingHashKey) / ((double)(range.EndingHashKey - range.StartingHashKey) + 1) * histogram.Length),
            histogram.Length - 1)] += heavy;
        return new ShardLoadReport(range, shard.Minutes, histogram, [new HotKey(_traffic.HeavyKey, heavy / histogram.Sum(), null)]);
    }

    private void RunMinute(IScaler scaler)
    {
        _wobble.Clear();
        for (var step = 0; step < 60 / Seconds; step++)
        {
            Change(scaler);
            var heavy = _traffic.HeavyRate(Minute);
            for (var i = 0; i < Shards.Count; i++)
            {
                if (i == _wobble.Count)
                    _wobble.Add(1 + (_noise * ((2 * _random.NextDouble()) - 1)));
                var shard = Shards[i];
                var demand = _traffic.Between(shard.From, shard.To, Minute) * _wobble[i];
                if (heavy > 0 && shard.Range.Contains(_traffic.HeavyKey))
                    demand += heavy;
                OfferedBytes += demand * Seconds;
                ThrottledBytes += shard.Take(demand, Seconds) / (1 << 20);
            }

            ShardHours += Shards.Count * Seconds / 3600;
            IdealShardHours += Math.Max(1, Math.Ceiling(_traffic.Between(0, 1, Minute) + Math.Min(1, heavy))) * Seconds / 3600;
            MostShards = Math.Max(MostShards, Shards.Count);
            Minute += Seconds / 60;
        }

        Minute = Math.Round(Minute);
        foreach (var shard in Shards)
            shard.EndMinute();
    }

    private void Begin(ShardPlan plan)
    {
        IsUpdating = true;
        Running = plan;
        ChangesAt.Add(Minute);
        _changes = new(plan.Method == ReshardMethod.Plan
            ? plan.Steps.Select((s, i) => (Minute + ((i + 1) * ReshardTimes.Step.TotalMinutes), s.At!.Value, s.Kind == ReshardStepKind.Split))
            : Uniform(plan));
        _endsAt = Minute + plan.Duration.TotalMinutes;
    }

    private IEnumerable<(double AtMinute, UInt128 Boundary, bool Comes)> Uniform(ShardPlan plan)
    {
        List<UInt128> now = [.. Shards.Skip(1).Select(s => s.Range.StartingHashKey)], then = [.. plan.Result.Skip(1).Select(r => r.StartingHashKey)];
        var (coming, going) = (then.Except(now), now.Except(then));
        List<(UInt128 Boundary, bool Comes)> all = [.. coming.Select(b => (b, true)), .. going.Select(b => (b, false))];
        // From the lowest hash key upwards, so that short-lived shards are few.
        return all.OrderBy(c => c.Boundary)
            .Select((c, i) => (Minute + ReshardTimes.UpdateShardCount.TotalMinutes + ((i + 1) * ReshardTimes.UpdateShardCountPerBoundary.TotalMinutes),
            c.Boundary, c.Comes));
    }

    private void Change(IScaler scaler)
    {
        while (_changes.TryPeek(out var change) && change.AtMinute <= Minute + 1e-9)
        {
            _changes.Dequeue();
            if (change.Comes)
                Split(change.Boundary);
            else
                Merge(change.Boundary);
        }

        if (!IsUpdating || _changes.Count > 0 || Minute + 1e-9 < _endsAt)
            return;
        IsUpdating = false;
        scaler.Ended(this);
    }

    private void Split(UInt128 at)
    {
        var i = Find(at);
        var shard = Shards[i].Range;
        Shards[i] = NewShard(shard.StartingHashKey, at - 1);
        Shards.Insert(i + 1, NewShard(at, shard.EndingHashKey));
        if (i < _wobble.Count)
            _wobble.Insert(i + 1, _wobble[i]);
    }

    private void Merge(UInt128 at)
    {
        var i = Find(at);
        Shards[i - 1] = NewShard(Shards[i - 1].Range.StartingHashKey, Shards[i].Range.EndingHashKey);
        Shards.RemoveAt(i);
        if (i < _wobble.Count)
            _wobble.RemoveAt(i);
    }

    private int Find(UInt128 hashKey)
    {
        var (low, high) = (0, Shards.Count - 1);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (Shards[middle].Range.EndingHashKey < hashKey)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private SimulatedShard NewShard(UInt128 start, UInt128 end) => new(new ShardRange($"shardId-{_nextId++:D12}", start, end));
}

/// <summary>A shard and its minutes.</summary>
internal sealed class SimulatedShard(ShardRange range)
{
    /// <summary>Bytes of a Kinesis record: KPL's aggregates.</summary>
    private const double RecordBytes = 51_200;

    private const double All = 340282366920938463463374607431768211456.0;

    private readonly List<MinuteCount> _minutes = [];
    private double _offered;
    private double _throttled;

    public ShardRange Range => range;

    public double From { get; } = (double)range.StartingHashKey / All;

    public double To { get; } = ((double)range.EndingHashKey + 1) / All;

    public IReadOnlyList<MinuteCount> Minutes => _minutes;

    /// <summary>That much was wanted for so long; what is too much for a shard is throttled. Returns the throttled bytes.</summary>
    public double Take(double demand, double seconds)
    {
        var bytes = demand * seconds * ShardLimits.BytesPerSecond;
        var throttled = Math.Max(0, demand - 1) * seconds * ShardLimits.BytesPerSecond;
        _offered += bytes;
        _throttled += throttled;
        return throttled;
    }

    public void EndMinute()
    {
        if (_minutes.Count == MinuteCounts.Kept)
            _minutes.RemoveAt(0);
        var delivered = _offered - _throttled;
        _minutes.Add(new MinuteCount(0, (long)(_offered / RecordBytes), (long)_offered, (long)(delivered / RecordBytes), (long)delivered,
            (long)(_throttled / RecordBytes)));
        (_offered, _throttled) = (0, 0);
    }
}
